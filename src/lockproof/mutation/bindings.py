"""The values that names and attributes of a module are bound to."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from types import FunctionType
from typing import Final

from lockproof.mutation.source import Source
from lockproof.mutation.syntax import arguments
from lockproof.mutation.tree import Function

type Scope = Function | None
"""The function that a name belongs to, None for a global name."""


@dataclass(frozen=True)
class Binding:
    """A value that a name may have.

    `element`: the name is bound to an element of `value`. `store`: the name is a container, and `value` one of its
    elements.
    """

    value: ast.expr | None = None
    annotation: ast.expr | None = None
    element: bool = False
    store: bool = False


class Bindings:
    """All bindings of a module. Attributes of the same name are not distinguished by object."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.names: Final[defaultdict[tuple[Scope, str], list[Binding]]] = defaultdict(list)
        self.attributes: Final[defaultdict[str, list[Binding]]] = defaultdict(list)
        self.imports: Final[dict[str, str]] = {}
        self._globals: Final = {
            (source.function(node), name)
            for node in source.nodes
            if isinstance(node, ast.Global)
            for name in node.names
        }
        for node in source.nodes:
            self._collect(node)

    def scope(self, node: ast.AST, name: str) -> Scope:
        """Return the function to which a name used at a node belongs, None if it is global or unknown."""
        for function in self._source.enclosing(node):
            if (function, name) in self.names:
                return function
        return None

    def of_name(self, node: ast.AST, name: str) -> list[Binding]:
        """Return the bindings of a name that is used at a node."""
        return self.names.get((self.scope(node, name), name), [])

    def of(self, expression: ast.expr) -> tuple[str, list[Binding]] | None:
        """Return a name or an attribute with its bindings; None for any other expression."""
        match expression:
            case ast.Name(id=name):
                return name, self.of_name(expression, name)
            case ast.Attribute(attr=name):
                return name, self.attributes.get(name, [])
        return None

    def dotted(self, expression: ast.expr) -> str:
        """Return the full name of an imported or global object, "" for any other expression."""
        match expression:
            case ast.Name(id=name):
                if self.scope(expression, name) is not None:
                    return ""
                return self.imports.get(name, f"{self._source.module}.{name}")
            case ast.Attribute(value=value, attr=name):
                before = self.dotted(value)
                return f"{before}.{name}" if before else ""
        return ""

    def _collect(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for each in names:
                    self._import(each)
            case ast.ImportFrom(names=names) if names[0].name != "*":
                base = self._base(node)
                for each in names:
                    self._import(each, base)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, annotation=annotation, value=assigned):
                self._assign(target, assigned, annotation)
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._assign(node.target, node.iter, element=True)
            case ast.arguments():
                self._parameters(node)
            case ast.withitem(optional_vars=ast.Name(id=name)):
                self._bind(node, name, Binding())
            case ast.Call():
                self._call(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if any(
                self._source.code(each).rpartition(".")[2] in ("property", "cached_property")
                for each in node.decorator_list
            ):
                self.attributes[node.name] += [Binding(value) for value in self.returns(node)]

    def _parameters(self, given: ast.arguments) -> None:
        function = next(self._source.enclosing(given), None)
        plain = [*given.posonlyargs, *given.args]
        defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(given.defaults)), *given.defaults]
        others = [each for each in (given.vararg, given.kwarg) if each is not None]
        for each, default in [
            *zip(plain, defaults, strict=True),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
            *((other, None) for other in others),
        ]:
            self.names[function, each.arg].append(Binding(default, each.annotation))

    def returns(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
        """Yield the expressions that a function returns."""
        for node in self._source.walk_here(function.body):
            if isinstance(node, ast.Return) and node.value is not None:
                yield node.value

    def _call(self, node: ast.Call) -> None:
        values = [each.value for each in arguments(node)]
        match self._source.code(node.func).rpartition(".")[2], node.func, values:
            case (("setattr" | "__setattr__"), _, [*_, ast.Constant(value=str(name)), value]):
                self.attributes[name].append(Binding(value))
            case "setdefault", ast.Attribute(value=container), [_, value]:
                self._store(container, value)
            case (("append" | "add" | "appendleft"), ast.Attribute(value=container), [value]):
                self._store(container, value)

    def _import(self, alias: ast.alias, base: str = "") -> None:
        if base:
            self.imports[alias.asname or alias.name] = _home(base, alias.name)
        elif alias.asname is not None:
            self.imports[alias.asname] = alias.name
        else:
            first = alias.name.partition(".")[0]
            self.imports[first] = first

    def _base(self, node: ast.ImportFrom) -> str:
        named = node.module or ""
        if not node.level:
            return named
        parts = self._source.module.split(".")
        up = node.level - (PurePath(self._source.file).name == "__init__.py")
        return ".".join([*parts[: len(parts) - up], *([named] if named else [])])

    def _assign(
        self, target: ast.expr, value: ast.expr | None, annotation: ast.expr | None = None, element: bool = False
    ) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(target, name, Binding(value, annotation, element))
            case ast.Attribute(attr=name):
                self.attributes[name].append(Binding(value, annotation, element))
            case ast.Subscript(value=container) if value is not None and not element:
                self._store(container, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                match value:
                    case ast.Tuple(elts=values) if not element and len(values) == len(targets):
                        for inner, each in zip(targets, values, strict=True):
                            self._assign(_unstarred(inner), _unstarred(each))
                    case _:
                        for inner in targets:
                            self._assign(_unstarred(inner), value, element=True)

    def _store(self, container: ast.expr, value: ast.expr) -> None:
        match container:
            case ast.Name(id=name):
                scope = self.scope(container, name) or self._scope_of(container, name)
                self.names[scope, name].append(Binding(value, store=True))
            case ast.Attribute(attr=name):
                self.attributes[name].append(Binding(value, store=True))

    def _bind(self, node: ast.AST, name: str, binding: Binding) -> None:
        if self._source.class_of(node) is not None:
            self.attributes[name].append(binding)
        else:
            self.names[self._scope_of(node, name), name].append(binding)

    def _scope_of(self, node: ast.AST, name: str) -> Scope:
        function = self._source.function(node)
        return None if (function, name) in self._globals else function


def _home(module: str, name: str) -> str:
    """Return the full name of an imported object: where it was defined, if the module only passes it on."""
    found = vars(sys.modules[module]).get(name) if module in sys.modules else None
    if isinstance(found, (FunctionType, type)) and found.__module__ in sys.modules:
        own = found.__name__
        if vars(sys.modules[found.__module__]).get(own) is found:
            return f"{found.__module__}.{own}"
    return f"{module}.{name}"


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node
