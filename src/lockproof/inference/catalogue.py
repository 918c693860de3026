"""A catalogue is the model and the operations for one class; this module tells which operations a class has.

The tables of operations stand in `sets`, `mappings`, `sequences` and `queues`. Their weights follow one scale: 4 for
changes of one key, 3 for reads of one key, 2 for bulk changes and for reads of the whole, 1 for operators, and less for
exotic operations.
"""

from __future__ import annotations

import ast
import copy
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.operation import SUBJECTS, Operation, OperationKind
from lockproof.core.probes import NAMES as PROBES

NAMES: Final[Mapping[str, Any]] = {**PROBES, "copy": copy, "pickle": pickle}
"""The global names of the operations in the tables."""


@dataclass(frozen=True)
class Catalogue:
    """How a class of a known kind is checked: `base` is the type whose methods the table covers.

    `unordered`: methods may list the contents in any order. The other fields are those of `Specification`.
    """

    name: str
    base: type
    model: Callable[[], Any]
    operations: Sequence[OperationKind]
    init: Sequence[OperationKind]
    observe: Sequence[str]
    lift: Callable[[Any], Any] | None = None
    lower: Callable[[Any, Any], None] | None = None
    unordered: bool = False


def contents_of[T](read: Callable[[], Iterable[T]]) -> list[T]:
    """Return the contents of a fresh subject; none if reading fails, which the comparison with the model reports."""
    try:
        return list(read())
    except Exception:
        return []


def defines(cls: type, *names: str) -> bool:
    """Tell whether the class has one of these attributes, of its own or inherited; `object` does not count.

    An attribute whose value is None does not count either, like `__reversed__ = None` in `Mapping`.
    """
    for name in names:
        found = next((vars(each)[name] for each in cls.__mro__[:-1] if name in vars(each)), None)
        if found is not None:
            return True
    return False


def has(cls: type, kind: OperationKind) -> bool:
    """Tell whether objects of the class have all methods that the operation uses of its subjects."""
    tree = Operation(kind.text).node
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in SUBJECTS and not _serves(cls, node, parents):
            return False
    return True


_BINARY: Final = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitOr: "or", ast.BitAnd: "and", ast.BitXor: "xor",
}  # fmt: skip
_COMPARED: Final = {
    ast.Eq: "__eq__", ast.NotEq: "__eq__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip
_REFLECTED: Final = {"__lt__": "__gt__", "__le__": "__ge__", "__gt__": "__lt__", "__ge__": "__le__", "__eq__": "__eq__"}
_TAKEN_BY: Final = {
    "len": ("__len__",),
    "bool": ("__bool__", "__len__"),
    "dict": ("keys",),
    "repr": ("__repr__",),
    "Meddling": ("__len__", "__contains__"),
    "Dying": ("__len__", "__contains__"),
}


def _serves(cls: type, node: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Tell whether the class has the method that this place in an operation uses of a subject."""
    place = parents[node]
    match place:
        case ast.Attribute():
            return defines(cls, place.attr)
        case ast.Subscript() if place.value is node:
            what = {ast.Load: "__getitem__", ast.Store: "__setitem__", ast.Del: "__delitem__"}
            return defines(cls, what[type(place.ctx)])
        case ast.Compare():
            return _compares(cls, node, place)
        case ast.BinOp() if place.left is node:
            return defines(cls, f"__{_BINARY[type(place.op)]}__")
        case ast.BinOp():
            name = _BINARY[type(place.op)]
            return (
                (isinstance(place.left, ast.Name) and place.left.id in SUBJECTS)
                or defines(cls, f"__r{name}__")
                or (issubclass(cls, list) and defines(cls, f"__{name}__"))
            )  # fmt: skip
        case ast.AugAssign() if place.target is node:
            name = _BINARY[type(place.op)]
            return defines(cls, f"__i{name}__", f"__{name}__")
        case ast.Call():
            return _takes(cls, place)
        case ast.Dict():
            return defines(cls, "keys")
        case ast.Starred() | ast.comprehension():
            return defines(cls, "__iter__")
        case _:
            return True


def _compares(cls: type, node: ast.Name, place: ast.Compare) -> bool:
    operator = place.ops[0]
    if isinstance(operator, (ast.In, ast.NotIn)):
        return defines(cls, "__contains__", "__iter__", "__getitem__")
    name = _COMPARED[type(operator)]
    return defines(cls, name if place.left is node else _REFLECTED[name])


def _takes(cls: type, call: ast.Call) -> bool:
    """Tell whether the class has the method that a function uses of its argument; by default `__iter__`."""
    function = call.func
    if isinstance(function, ast.Name):
        if function.id == "reversed":
            return defines(cls, "__reversed__" if hasattr(cls, "__reversed__") else "__getitem__")
        return defines(cls, *_TAKEN_BY.get(function.id, ("__iter__",)))
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if function.value.id == "copy":
            return _copied(cls, "__copy__" if function.attr == "copy" else "__deepcopy__")
        if function.value.id == "pickle":
            return _copied(cls, "__getstate__") and _by_name(cls) is cls
    return defines(cls, "__iter__")


def _copied(cls: type, name: str) -> bool:
    """Tell whether a copy means a copy of the contents: of a builtin container, or where the class says how it is made.

    A copy of any other object has the same attributes: by the rules of Python, both share one container and one lock.
    """
    return defines(cls, name, "__reduce__", "__reduce_ex__") or issubclass(cls, (set, dict, list))


def _by_name(cls: type) -> Any:
    """Return the object that `pickle` finds by the name of the class."""
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found
