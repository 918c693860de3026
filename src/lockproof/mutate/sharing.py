"""What may be seen by other threads: which statements of a critical section have a reason to be in it.

An operator that moves a statement which touches only what its own call can see makes a mutant that does the same, and
each such mutant costs a person's time. `Sharing.touches` is false only for what is plainly local: literals, names of
the call, arithmetic and pure functions of the language on them, collections that the call has made itself. It is true
wherever there is doubt, so what it leaves out is equivalent, and what it does not leave out may be.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from lockproof.mutate.kinds import HELD
from lockproof.mutate.synchronization import Synchronization

_PURE: Final = frozenset(
    ("len", "int", "str", "bool", "float", "min", "max", "sum", "abs", "id", "isinstance", "issubclass", "type", "repr",
     "list", "tuple", "set", "frozenset", "dict", "sorted", "range", "round", "divmod", "object", "hash", "zip",
     "enumerate", "reversed", "any", "all", "iter", "print", "callable")
)  # fmt: skip
_BUILTIN_TYPES: Final = frozenset(("set", "frozenset", "dict", "list", "object", "str", "bytes", "tuple", "int"))
_SIGNALS: Final = ("wait", "wait_for", "notify", "notify_all", "notifyAll")
_FRESH: Final = (
    cst.List, cst.Dict, cst.Set, cst.ListComp, cst.DictComp, cst.SetComp, cst.Tuple, cst.BaseNumber, cst.BaseString,
    cst.Comparison,
)  # fmt: skip


class Sharing:
    """What the statements of a module touch."""

    def __init__(self, found: Synchronization) -> None:
        self._found: Final = found
        self._source: Final = found.source
        self._signalling: Final[dict[str, bool]] = {}
        self._fresh: Final[dict[tuple[cst.CSTNode | None, str], bool]] = {}
        names = found.bindings.names
        self._functions: Final = {
            each.name.value for each in self._source.nodes if isinstance(each, (cst.FunctionDef, cst.ClassDef))
        }
        changed = {
            each.name.value for node in self._source.nodes if isinstance(node, cst.Global) for each in node.names
        }
        self._variables: Final = changed | {
            name
            for (scope, name), values in names.items()
            if scope is None and any(each.store or not self._is_constant(each.value) for each in values)
        }

    def touches(self, *nodes: cst.CSTNode) -> bool:
        """Tell whether anything in the nodes may be seen by other threads, or may see what they do."""
        return any(self._touches(each) for each in self._source.walk(*nodes))

    def signals(self, *nodes: cst.CSTNode) -> bool:
        """Tell whether the nodes wait for a condition or notify it: without its lock that raises RuntimeError."""
        for node in self._source.walk(*nodes):
            match node:
                case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name))):
                    if name in _SIGNALS and self._found.kind(owner) in HELD:
                        return True
                    if isinstance(owner, cst.Name) and owner.value in ("self", "cls") and self._signals_inside(name):
                        return True
        return False

    def _signals_inside(self, name: str) -> bool:
        """Tell whether a method of the module waits or notifies, and leaves the lock to its caller."""
        if name not in self._signalling:
            self._signalling[name] = False
            methods = (n for n in self._source.nodes if isinstance(n, cst.FunctionDef) and n.name.value == name)
            self._signalling[name] = any(
                not self._found.takes(each) and self.signals(*each.body.body) for each in methods
            )
        return self._signalling[name]

    def _touches(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Attribute():
                return self._is_shared_attribute(node)
            case cst.Name(value="super"):
                return True
            case cst.Name(value=name):
                return self._is_shared_name(node, name)
            case cst.Yield() | cst.Await():
                return True
            case cst.Call(func=cst.Name(value=name)):
                if self._found.bindings.scope(node.func, name) is not None:
                    return True
                raising = isinstance(self._source.parent(node), cst.Raise)
                return name in self._functions and not raising
            case cst.Call(func=cst.Attribute(value=cst.Name(value=kind)), args=[first, *_]) if kind in _BUILTIN_TYPES:
                return isinstance(first.value, cst.Name) and not self._is_fresh(first.value)
            case cst.Subscript(value=cst.Name() as base) | cst.For(iter=cst.Name() as base):
                return self._is_alias(base)
            case cst.CompFor(iter=cst.Name() as base):
                return self._is_alias(base)
        return False

    def _is_shared_name(self, node: cst.Name, name: str) -> bool:
        parent = self._source.parent(node)
        if isinstance(parent, (cst.Attribute, cst.Arg)) and node is getattr(
            parent, "attr", getattr(parent, "keyword", None)
        ):
            return False
        if name in ("self", "cls"):
            return not isinstance(parent, (cst.Return, cst.Attribute, cst.ComparisonTarget))
        return name in self._variables and self._found.bindings.scope(node, name) is None

    def _is_shared_attribute(self, node: cst.Attribute) -> bool:
        root: cst.BaseExpression = node
        while isinstance(root, (cst.Attribute, cst.Call, cst.Subscript)):
            root = root.func if isinstance(root, cst.Call) else root.value
        if not isinstance(root, cst.Name):
            return False
        name = root.value
        if self._found.bindings.scope(root, name) is not None:
            return not self._is_fresh(root)
        if name in self._found.bindings.imports:
            package = self._source.module.partition(".")[0]
            return self._found.bindings.imports[name].partition(".")[0] == package
        return name not in _BUILTIN_TYPES and name not in _PURE

    def _is_alias(self, base: cst.Name) -> bool:
        """Tell whether a name may stand for something that others know."""
        return self._found.bindings.scope(base, base.value) is not None and not self._is_fresh(base)

    def _is_fresh(self, node: cst.Name) -> bool:
        """Tell whether a name of the call stands for nothing but what the call has made itself."""
        scope = self._found.bindings.scope(node, node.value)
        key = scope, node.value
        if key not in self._fresh:
            self._fresh[key] = False
            values = [each for each in self._found.bindings.names.get(key, ()) if not each.store]
            self._fresh[key] = bool(values) and all(
                not each.element and self._makes_fresh(each.value) for each in values
            )
        return self._fresh[key]

    def _makes_fresh(self, value: cst.BaseExpression | None) -> bool:
        match value:
            case cst.Call(func=cst.Name(value=name)):
                return name in _PURE - {"iter", "min", "max", "reversed", "zip", "enumerate"}
        return isinstance(value, _FRESH)

    def _is_constant(self, value: cst.BaseExpression | None) -> bool:
        if value is None or isinstance(
            value, (cst.BaseNumber, cst.BaseString, cst.Name, cst.Attribute, cst.Lambda, cst.Tuple)
        ):
            return True
        return isinstance(value, cst.Call) and (self._found.kind(value) is not None or self._is_marker(value))

    @staticmethod
    def _is_marker(value: cst.Call) -> bool:
        return isinstance(value.func, cst.Name) and value.func.value in (
            "object",
            "TypeVar",
            "getattr",
            "namedtuple",
            "type",
        )
