"""Finds the objects that a piece of source operates on, from its frame and without running code of the subject.

The piece of source belongs to one instruction. Expressions inside it have instructions of their own, so only the
objects that they evaluate to count: `self.items` and `x` in `self.items.append(x)`.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import deque
from functools import cache
from types import BuiltinFunctionType, FrameType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, Final

DOTTED: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
UNKNOWN: Final = object()
"""Stands for an object that lockproof could find only by running code."""

FIXED: Final = frozenset((object, type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, type,
                          ModuleType, FunctionType, BuiltinFunctionType))  # fmt: skip
"""Types whose objects do not change, except by their attributes, which are accesses of their own."""

_LAZY: Final = frozenset(("map", "filter", "zip", "enumerate", "reversed", "iter"))
FRESH: Final = frozenset(("bool", "bytes", "dict", "float", "frozenset", "hash", "id", "int", "len", "list", "range",
                           "repr", "set", "sorted", "str", "sum", "tuple", "type"))  # fmt: skip
"""Builtins whose result no other thread has. A lazy builtin touches its arguments only when its result is used."""

_CONTAINERS: Final = (dict, list, set, deque)
READING: Final = frozenset(("copy", "count", "difference", "get", "index", "intersection", "isdisjoint", "issubset",
                             "issuperset", "items", "keys", "symmetric_difference", "union", "values"))  # fmt: skip
"""Methods of builtin containers that change nothing."""

OF_ELEMENTS: Final = frozenset(("add", "append", "appendleft", "count", "discard", "get", "index", "insert", "pop",
                                 "remove", "setdefault"))  # fmt: skip
"""Methods of containers whose arguments are elements; the method does not read the inside of an element."""


class _Unknown(Exception):
    """An operand could be found only by running code."""


def resolved(text: str, frame: FrameType) -> Any:
    """Return the object that a dotted name stands for; `UNKNOWN` if that would take running code."""
    name, attributes = _path(text)
    local = frame.f_locals
    scope = local if name in local else frame.f_globals
    if name not in scope:
        return UNKNOWN
    value = scope[name]
    for attribute in attributes:
        own: Any = getattr(type(value), "__dict__", {}).get(attribute)
        try:
            if isinstance(own, MemberDescriptorType):
                value = own.__get__(value)
            else:
                value = object.__getattribute__(value, "__dict__")[attribute]
        except (AttributeError, KeyError, TypeError):
            return UNKNOWN
    return value


@cache
def _path(text: str) -> tuple[str, list[str]]:
    """Return the first name of a dotted name, and the attributes; "", which is no name, for any other text."""
    name, *attributes = text.split(".") if DOTTED.fullmatch(text) else [""]
    return name, attributes


@cache
def source_of(node: ast.AST) -> str:
    """Return the source of a node."""
    return ast.unparse(node)


def operands(text: str, frame: FrameType) -> list[Any] | None:
    """Return the objects that an operation is about and that can change; None if they are not all known."""
    try:
        return operands_of(ast.parse(text, mode="eval").body, frame)
    except SyntaxError:
        return None


def operands_of(node: ast.expr, frame: FrameType) -> list[Any] | None:
    """Return what `operands` does, for a piece of source that is parsed already."""
    try:
        found = _operands(node, frame)
    except _Unknown:
        return None
    return [each for each in found if type(each) not in FIXED]


def only_reads(text: str, frame: FrameType) -> bool:
    """Tell whether a call is known to change nothing: `len` and its like, and reading methods of containers."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in FRESH and _builtin(name, frame):
            about = operands(text, frame)  # taking an item from an iterator changes the iterator
            return about is not None and not any(
                "__next__" in vars(cls) for each in about for cls in type(each).__mro__
            )
        case ast.Call(func=ast.Attribute(value=of, attr=name)):
            return name in READING and isinstance(resolved(ast.unparse(of), frame), _CONTAINERS)
        case _:
            return False


def _operands(node: ast.expr, frame: FrameType) -> list[Any]:
    match node:
        case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in OF_ELEMENTS:
            parts = [of]
        case ast.Call(func=ast.Attribute(value=of), args=args, keywords=keywords):
            parts = [of, *args, *(each.value for each in keywords)]
        case ast.Call(func=ast.Name(), args=args, keywords=keywords):
            parts = [*args, *(each.value for each in keywords)]
        case ast.Subscript(value=of):
            parts = [of]
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=parts):
            pass
        case ast.Compare(left=left, comparators=others):
            parts = [left, *others]
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            pass
        case ast.ListComp(generators=made) | ast.SetComp(generators=made) | ast.DictComp(generators=made):
            parts = [made[0].iter]
        case _:
            parts = [node]
    return [value for part in parts for value in _values(part, frame)]


def _values(node: ast.expr, frame: FrameType) -> list[Any]:
    """Return the object that an operand evaluates to; nothing if that object is new, so that no other thread has it."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.Slice() | ast.Lambda() | ast.GeneratorExp():
            return []
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return []
        case ast.Starred(value=value):
            return _values(value, frame)
        case ast.Call(func=ast.Name(id=name), args=args) if name in _LAZY and _builtin(name, frame):
            return [value for each in args for value in _values(each, frame)]
        case ast.Call(func=ast.Name(id=name)) if name in FRESH and _builtin(name, frame):
            return []
        case ast.Name() | ast.Attribute():
            value = resolved(source_of(node), frame)
            if value is UNKNOWN:
                if isinstance(node, ast.Name) and _builtin(node.id, frame):
                    return []
                raise _Unknown
            return [value]
        case _:
            raise _Unknown


def _builtin(name: str, frame: FrameType) -> bool:
    """Tell whether a name stands for a builtin in this frame."""
    return name not in frame.f_locals and name not in frame.f_globals and hasattr(builtins, name)
