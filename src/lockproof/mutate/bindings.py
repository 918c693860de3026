"""Where the names and attributes of a module get their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import libcst as cst

from lockproof.mutate.source import Function, Source

type Scope = Function | None
"""The function that a name belongs to, None for a name of the module."""


@dataclass(frozen=True)
class Binding:
    """A value that a name may have.

    `element`: it is one of the elements of `value`; `store`: the name is a container, and `value` one of its elements.
    """

    value: cst.BaseExpression | None = None
    annotation: cst.BaseExpression | None = None
    element: bool = False
    store: bool = False


class Bindings:
    """All bindings of a module. Attributes count by their name alone, whatever object they belong to."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.names: Final[defaultdict[tuple[Scope, str], list[Binding]]] = defaultdict(list)
        self.attributes: Final[defaultdict[str, list[Binding]]] = defaultdict(list)
        self.imports: Final[dict[str, str]] = {}
        self._globals: Final = {
            (source.function(node), each.name.value)
            for node in source.nodes
            if isinstance(node, cst.Global)
            for each in node.names
        }
        for node in source.nodes:
            self._collect(node)

    def scope(self, node: cst.CSTNode, name: str) -> Scope:
        """Return the function that a name belongs to which is used at a node, None for a global or an unknown one."""
        for function in self._source.enclosing(node):
            if (function, name) in self.names:
                return function
        return None

    def of_name(self, node: cst.CSTNode, name: str) -> list[Binding]:
        """Return the bindings of a name that is used at a node."""
        return self.names.get((self.scope(node, name), name), [])

    def dotted(self, expression: cst.BaseExpression) -> str:
        """Return the full name of what is imported, or defined in the module, "" for anything else."""
        match expression:
            case cst.Name(value=name):
                if self.scope(expression, name) is not None:
                    return ""
                return self.imports.get(name, f"{self._source.module}.{name}")
            case cst.Attribute(value=value, attr=cst.Name(value=name)):
                before = self.dotted(value)
                return f"{before}.{name}" if before else ""
        return ""

    def _collect(self, node: cst.CSTNode) -> None:
        match node:
            case cst.Import(names=names):
                for each in names:
                    self._import(each)
            case cst.ImportFrom(names=names) if not isinstance(names, cst.ImportStar):
                base = self._base(node)
                for each in names:
                    self._import(each, base)
            case cst.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target.target, value)
            case cst.AnnAssign(target=target, annotation=annotation, value=value):
                self._assign(target, value, annotation.annotation)
            case cst.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case cst.For(target=target, iter=value) | cst.CompFor(target=target, iter=value):
                self._assign(target, value, element=True)
            case cst.Param(name=name, annotation=given, default=default):
                function = next(self._source.enclosing(node), None)
                binding = Binding(default, given.annotation if given else None)
                self.names[function, name.value].append(binding)
            case cst.WithItem(asname=cst.AsName(name=cst.Name(value=name))):
                self._bind(node, name, Binding())
            case cst.Call():
                self._call(node)
            case cst.FunctionDef(decorators=decorators) if any(
                self._source.code(each.decorator).rpartition(".")[2] in ("property", "cached_property")
                for each in decorators
            ):
                self.attributes[node.name.value] += [Binding(value) for value in self.returns(node)]

    def returns(self, function: cst.FunctionDef) -> Iterator[cst.BaseExpression]:
        """Yield what a function returns."""
        for node in self._source.walk_here(function.body):
            if isinstance(node, cst.Return) and node.value is not None:
                yield node.value

    def _call(self, node: cst.Call) -> None:
        values = [each.value for each in node.args]
        match self._source.code(node.func).rpartition(".")[2], node.func, values:
            case (("setattr" | "__setattr__"), _, [*_, cst.SimpleString() as name, value]):
                self.attributes[str(name.evaluated_value)].append(Binding(value))
            case "setdefault", cst.Attribute(value=container), [_, value]:
                self._store(container, value)
            case (("append" | "add" | "appendleft"), cst.Attribute(value=container), [value]):
                self._store(container, value)

    def _import(self, alias: cst.ImportAlias, base: str = "") -> None:
        full = self._source.code(alias.name).replace(" ", "")
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            self.imports[alias.asname.name.value] = f"{base}.{full}" if base else full
        elif base:
            self.imports[full] = f"{base}.{full}"
        else:
            self.imports[full.partition(".")[0]] = full.partition(".")[0]

    def _base(self, node: cst.ImportFrom) -> str:
        named = self._source.code(node.module) if node.module else ""
        if not node.relative:
            return named
        parts = self._source.module.split(".")
        up = len(node.relative) - (PurePath(self._source.file).name == "__init__.py")
        return ".".join([*parts[: len(parts) - up], *([named] if named else [])])

    def _assign(
        self,
        target: cst.BaseExpression,
        value: cst.BaseExpression | None,
        annotation: cst.BaseExpression | None = None,
        element: bool = False,
    ) -> None:
        match target:
            case cst.Name(value=name):
                self._bind(target, name, Binding(value, annotation, element))
            case cst.Attribute(attr=cst.Name(value=name)):
                self.attributes[name].append(Binding(value, annotation, element))
            case cst.Subscript(value=container) if value is not None and not element:
                self._store(container, value)
            case cst.Tuple(elements=targets) | cst.List(elements=targets):
                match value:
                    case cst.Tuple(elements=values) if not element and len(values) == len(targets):
                        for inner, each in zip(targets, values, strict=True):
                            self._assign(inner.value, each.value)
                    case _:
                        for inner in targets:
                            self._assign(inner.value, value, element=True)

    def _store(self, container: cst.BaseExpression, value: cst.BaseExpression) -> None:
        match container:
            case cst.Name(value=name):
                scope = self.scope(container, name) or self._scope_of(container, name)
                self.names[scope, name].append(Binding(value, store=True))
            case cst.Attribute(attr=cst.Name(value=name)):
                self.attributes[name].append(Binding(value, store=True))

    def _bind(self, node: cst.CSTNode, name: str, binding: Binding) -> None:
        if self._source.class_of(node) is not None:
            self.attributes[name].append(binding)
        else:
            self.names[self._scope_of(node, name), name].append(binding)

    def _scope_of(self, node: cst.CSTNode, name: str) -> Scope:
        function = self._source.function(node)
        return None if (function, name) in self._globals else function
