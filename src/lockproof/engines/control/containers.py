"""What accesses to the inside of containers are called: by the container's type.

A sample of the orders of all accesses to containers is thin where a program has many: of one set that is shared and
some lists that are not, only the set's matter. Rejected: a name for each object, which would have to be the same in all
runs, and whose accesses would have to be found in instructions that differ from run to run; the attribute that holds
it, which other code knows by another one.
"""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, FrameType, ModuleType
from typing import Any

from lockproof.core.schedule import CONTAINER
from lockproof.engines.control.operands import FIXED, operands
from lockproof.engines.control.trace import segment

_MOST = 10_000  # of types that are remembered: a program may make them as it goes


class _Kinds(dict[type, str]):
    def __missing__(self, kind: type) -> str:
        if len(self) >= _MOST:
            self.clear()
        # An iterator is asked, and what it iterates over is touched.
        known = kind not in FIXED and not any("__next__" in vars(each) for each in kind.__mro__)
        self[kind] = name = f"{CONTAINER}{kind.__name__}" if known else CONTAINER
        return name


_kinds = _Kinds()


def kind_of_call(function: Any, first: Any) -> str:
    """Return what a call of a C function is called, `first` its first argument."""
    if type(function) is BuiltinFunctionType:
        bound = function.__self__
        if bound is not None and type(bound) is not ModuleType:
            return _kinds[type(bound)]
    return _kinds[type(first)]


def kind_of_instruction(code: CodeType, offset: int, frame: FrameType) -> str:
    """Return what an instruction is called that is about to run in this frame."""
    text, _ = segment(code, offset)
    about = {_kinds[type(each)] for each in operands(text, frame) or ()}
    return about.pop() if len(about) == 1 else CONTAINER
