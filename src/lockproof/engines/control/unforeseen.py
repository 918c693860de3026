"""Calls and code of which nobody can tell beforehand all that they access, each with the reason.

Where one of them runs while threads meet, a search for every trace claims nothing (docs/adr/0042).
"""

from __future__ import annotations

import ast
import builtins
import gc
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, Final
from weakref import ReferenceType, proxy

from lockproof.engines.control.foreseen import IN_C, parsed
from lockproof.engines.control.library import LIBRARY
from lockproof.engines.control.operands import UNKNOWN, resolved, source_of
from lockproof.engines.control.trace import segment

OF_CLASS: Final = "an object gets another class"
THROUGH_WEAK: Final = "objects are looked at through weak references"
CALLS_BACK: Final = "a call of C code calls code in Python before it has come to its end"
OF_THREADS: Final = "the threads of the process are listed or counted"
OF_ENVIRONMENT: Final = "the environment of the process is read or changed"
OF_FIELDS: Final = "dataclasses reads the fields of an object by their names"

CLASS: Final = ".__class__"
"""The access that gives an object another class, if it is a store."""

_WITH_KEY: Final = frozenset(("sort", "min", "max", "reduce", "insort", "insort_left", "insort_right", "bisect",
                              "bisect_left", "bisect_right"))  # fmt: skip
"""C code that goes on with a container after it has called what it was given. `sorted` has made a copy by then."""

_LAZY: Final = (map, filter)
_LISTING: Final = frozenset(("active_count", "activeCount", "enumerate"))


def why_in_call(function: Any, first: Any, code: CodeType, offset: int, frame: FrameType) -> str:
    """Return why the accesses of a call of C code are not all known; "" if they are, as far as this module can tell."""
    if isinstance(function, ReferenceType) or makes_weak(function):
        return THROUGH_WEAK
    name = function.__name__ if type(function) in IN_C else ""
    if name in _WITH_KEY and _gets_python(name, segment(code, offset)[0], frame):
        return CALLS_BACK
    if type(first) in _LAZY and any(_is_python(each) for each in gc.get_referents(first)):
        return CALLS_BACK
    return ""


def makes_weak(function: Any) -> bool:
    """Tell whether a call makes a weak reference: what happens through it, and when the object dies, is not seen."""
    return function is proxy or (isinstance(function, type) and issubclass(function, ReferenceType))


def why_in_code(code: CodeType) -> str:
    """Return why the accesses of code without switch points, which begins to run, are not known; "" if it has none."""
    file, name = code.co_filename, code.co_qualname
    if file == "<frozen os>" or file == f"{LIBRARY}os.py":
        return OF_ENVIRONMENT if name.startswith("_Environ.") else ""
    if file == f"{LIBRARY}threading.py":
        return OF_THREADS if name in _LISTING else ""
    if file == f"{LIBRARY}dataclasses.py":
        return OF_FIELDS
    return ""


def _is_python(function: Any) -> bool:
    return type(function) is FunctionType or type(function) is MethodType


def _gets_python(name: str, text: str, frame: FrameType) -> bool:
    """Tell whether the function that a call of C code is given, in source, is code in Python, or may be."""
    call = parsed(text)
    if not isinstance(call, ast.Call):
        return True  # no source shows it
    given = [each.value for each in call.keywords if each.arg in ("key", None)]
    given += call.args[:1] if name == "reduce" else []
    return any(_may_be_python(each, frame) for each in given)


def _may_be_python(node: ast.expr, frame: FrameType) -> bool:
    if isinstance(node, ast.Constant):
        return False
    if isinstance(node, ast.Name) and resolved(node.id, frame) is UNKNOWN and hasattr(builtins, node.id):
        return False
    value = resolved(source_of(node), frame) if isinstance(node, (ast.Name, ast.Attribute)) else UNKNOWN
    return value is UNKNOWN or type(value) not in IN_C
