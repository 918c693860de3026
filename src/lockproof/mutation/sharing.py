"""Shared data: which statements of a critical section touch data that other threads may see.

If a moved statement touches only data of its own call, the mutant is equivalent, and each equivalent mutant costs a
person's time. `Sharing.touches` is false only for what is plainly local: literals, local names, arithmetic and pure
built-in functions on them, collections that the call itself has made. In doubt it is true. So each mutant that it
prevents is equivalent, and some that it allows are equivalent too.
"""

from __future__ import annotations

import ast
from typing import Final

from lockproof.mutation.lock_kinds import HELD
from lockproof.mutation.synchronization import Synchronization
from lockproof.mutation.syntax import arguments, is_number, is_text
from lockproof.mutation.tree import DEFINITIONS, NewStatement

_PURE: Final = frozenset(
    ("len", "int", "str", "bool", "float", "min", "max", "sum", "abs", "id", "isinstance", "issubclass", "type", "repr",
     "list", "tuple", "set", "frozenset", "dict", "sorted", "range", "round", "divmod", "object", "hash", "zip",
     "enumerate", "reversed", "any", "all", "iter", "print", "callable")
)  # fmt: skip
_BUILTIN_TYPES: Final = frozenset(("set", "frozenset", "dict", "list", "object", "str", "bytes", "tuple", "int"))
_SIGNALS: Final = ("wait", "wait_for", "notify", "notify_all", "notifyAll")
_FRESH: Final = (
    ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Tuple, ast.Compare,
)  # fmt: skip


class Sharing:
    """Tells which nodes of a module touch shared data."""

    def __init__(self, found: Synchronization) -> None:
        self._found: Final = found
        self._source: Final = found.source
        self._signalling: Final[dict[str, bool]] = {}
        self._fresh: Final[dict[tuple[ast.AST | None, str], bool]] = {}
        names = found.bindings.names
        self._functions: Final = {
            each.name for each in self._source.nodes if isinstance(each, (*DEFINITIONS, ast.ClassDef))
        }
        changed = {each for node in self._source.nodes if isinstance(node, ast.Global) for each in node.names}
        self._variables: Final = changed | {
            name
            for (scope, name), values in names.items()
            if scope is None and any(each.store or not self._is_constant(each.value) for each in values)
        }

    def touches(self, *nodes: ast.AST | NewStatement) -> bool:
        """Tell whether the nodes may read or write data that other threads see."""
        return any(self._touches(each) for each in self._source.walk(*nodes))

    def signals(self, *nodes: ast.AST | NewStatement) -> bool:
        """Tell whether the nodes wait for a condition or notify it, which raises RuntimeError without its lock."""
        for node in self._source.walk(*nodes):
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                    if name in _SIGNALS and self._found.kind(owner) in HELD:
                        return True
                    if isinstance(owner, ast.Name) and owner.id in ("self", "cls") and self._signals_inside(name):
                        return True
        return False

    def _signals_inside(self, name: str) -> bool:
        """Tell whether a method of the module waits or notifies under a lock that its caller holds."""
        if name not in self._signalling:
            self._signalling[name] = False
            methods = (n for n in self._source.nodes if isinstance(n, DEFINITIONS) and n.name == name)
            self._signalling[name] = any(not self._found.takes(each) and self.signals(*each.body) for each in methods)
        return self._signalling[name]

    def _touches(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute():
                return self._is_shared_attribute(node)
            case ast.Name(id="super"):
                return True
            case ast.Name(id=name):
                return self._is_shared_name(node, name)
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                return True
            case ast.Call(func=ast.Name(id=name)):
                if self._found.bindings.scope(node.func, name) is not None:
                    return True
                raising = isinstance(self._source.parent(node), ast.Raise)
                return name in self._functions and not raising
            case ast.Call(func=ast.Attribute(value=ast.Name(id=kind))) if kind in _BUILTIN_TYPES and (
                given := arguments(node)
            ):
                first = given[0].value
                return isinstance(first, ast.Name) and not self._is_fresh(first)
            case ast.Subscript(value=ast.Name() as base) | ast.comprehension(iter=ast.Name() as base):
                return self._is_alias(base)
            case ast.For(iter=ast.Name() as base) | ast.AsyncFor(iter=ast.Name() as base):
                return self._is_alias(base)
        return False

    def _is_shared_name(self, node: ast.Name, name: str) -> bool:
        parent = self._source.parent(node)
        if name in ("self", "cls"):
            compared = isinstance(parent, ast.Compare) and node is not parent.left
            return not compared and not isinstance(parent, (ast.Return, ast.Attribute))
        return name in self._variables and self._found.bindings.scope(node, name) is None

    def _is_shared_attribute(self, node: ast.Attribute) -> bool:
        root: ast.expr = node
        while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        if not isinstance(root, ast.Name):
            return False
        name = root.id
        if self._found.bindings.scope(root, name) is not None:
            return not self._is_fresh(root)
        if name in self._found.bindings.imports:
            package = self._source.module.partition(".")[0]
            return self._found.bindings.imports[name].partition(".")[0] == package
        return name not in _BUILTIN_TYPES and name not in _PURE

    def _is_alias(self, base: ast.Name) -> bool:
        """Tell whether a local name may refer to a shared object."""
        return self._found.bindings.scope(base, base.id) is not None and not self._is_fresh(base)

    def _is_fresh(self, node: ast.Name) -> bool:
        """Tell whether a local name refers only to objects that the call itself has made."""
        scope = self._found.bindings.scope(node, node.id)
        key = scope, node.id
        if key not in self._fresh:
            self._fresh[key] = False
            values = [each for each in self._found.bindings.names.get(key, ()) if not each.store]
            self._fresh[key] = bool(values) and all(
                not each.element and self._makes_fresh(each.value) for each in values
            )
        return self._fresh[key]

    def _makes_fresh(self, value: ast.expr | None) -> bool:
        match value:
            case ast.Call(func=ast.Name(id=name)):
                return name in _PURE - {"iter", "min", "max", "reversed", "zip", "enumerate"}
        return isinstance(value, _FRESH) or is_number(value) or is_text(value)

    def _is_constant(self, value: ast.expr | None) -> bool:
        plain = (ast.Constant, ast.JoinedStr, ast.Name, ast.Attribute, ast.Lambda, ast.Tuple)
        if value is None or isinstance(value, plain):
            return True
        return isinstance(value, ast.Call) and (self._found.kind(value) is not None or self._is_marker(value))

    @staticmethod
    def _is_marker(value: ast.Call) -> bool:
        return isinstance(value.func, ast.Name) and value.func.id in (
            "object",
            "TypeVar",
            "getattr",
            "namedtuple",
            "type",
        )
