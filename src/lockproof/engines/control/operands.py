"""Which objects a piece of source is about, told from the frame that runs it, without running any code of the subject.

An instruction's piece of source is its own operation; what stands inside it has instructions of its own, and only the
objects that these have come to count: `self.items` of `self.items.append(x)`, and x.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import deque
from types import BuiltinFunctionType, FrameType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, Final

DOTTED: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
UNKNOWN: Final = object()
"""What it takes running code to tell."""

FIXED: Final = frozenset((object, type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, type,
                          ModuleType, FunctionType, BuiltinFunctionType))  # fmt: skip
"""Types whose objects do not change, or by their attributes only, which are accesses of their own."""

_LAZY: Final = frozenset(("map", "filter", "zip", "enumerate", "reversed", "iter"))
_FRESH: Final = frozenset(("bool", "bytes", "dict", "float", "frozenset", "hash", "id", "int", "len", "list", "range",
                           "repr", "set", "sorted", "str", "sum", "tuple", "type"))  # fmt: skip
"""Builtins whose result no other thread has; what the lazy ones are given is touched when that is used."""

_CONTAINERS: Final = (dict, list, set, deque)
_READING: Final = frozenset(("copy", "count", "difference", "get", "index", "intersection", "isdisjoint", "issubset",
                             "issuperset", "items", "keys", "symmetric_difference", "union", "values"))  # fmt: skip
"""Methods of builtin containers that change nothing."""

_OF_ELEMENTS: Final = frozenset(("add", "append", "appendleft", "count", "discard", "get", "index", "insert", "pop",
                                 "remove", "setdefault"))  # fmt: skip
"""Methods of containers whose arguments are elements: what these contain is not looked at."""


class _Untold(Exception):
    """It would take running code."""


def resolved(text: str, frame: FrameType) -> Any:
    """Return the object that a dotted name stands for, `UNKNOWN` if it takes running code to tell."""
    if not DOTTED.fullmatch(text):
        return UNKNOWN
    name, *attributes = text.split(".")
    scope = frame.f_locals if name in frame.f_locals else frame.f_globals
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


def operands(text: str, frame: FrameType) -> list[Any] | None:
    """Return the objects that can change of those which an operation is about; None if that cannot be told."""
    try:
        found = _operands(ast.parse(text, mode="eval").body, frame)
    except (SyntaxError, _Untold):
        return None
    return [each for each in found if type(each) not in FIXED]


def only_reads(text: str, frame: FrameType) -> bool:
    """Tell whether a call is known to change nothing: of `len` and its like, or of a reading method of a container."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _FRESH and _builtin(name, frame):
            about = operands(text, frame)  # whoever asks an iterator for items changes it
            return about is not None and not any(
                "__next__" in vars(cls) for each in about for cls in type(each).__mro__
            )
        case ast.Call(func=ast.Attribute(value=of, attr=name)):
            return name in _READING and isinstance(resolved(ast.unparse(of), frame), _CONTAINERS)
        case _:
            return False


def _operands(node: ast.expr, frame: FrameType) -> list[Any]:
    match node:
        case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in _OF_ELEMENTS:
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
    """Return what an operand has come to; nothing where that is new and nobody else's."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.Slice() | ast.Lambda() | ast.GeneratorExp():
            return []
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return []
        case ast.Starred(value=value):
            return _values(value, frame)
        case ast.Call(func=ast.Name(id=name), args=args) if name in _LAZY and _builtin(name, frame):
            return [value for each in args for value in _values(each, frame)]
        case ast.Call(func=ast.Name(id=name)) if name in _FRESH and _builtin(name, frame):
            return []
        case ast.Name() | ast.Attribute():
            text = ast.unparse(node)
            value = resolved(text, frame)
            if value is UNKNOWN:
                if isinstance(node, ast.Name) and _builtin(node.id, frame):
                    return []
                raise _Untold
            return [value]
        case _:
            raise _Untold


def _builtin(name: str, frame: FrameType) -> bool:
    """Tell whether a name is that of a builtin here."""
    return name not in frame.f_locals and name not in frame.f_globals and hasattr(builtins, name)
