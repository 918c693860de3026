"""Names for accesses to the inside of containers: the name is the container's type.

A strategy that samples orders of accesses needs such names. In a program with one shared set and some private lists,
only the accesses to the set matter, and one name for all containers would spread the sample over all of them.

Rejected: a name for each object, since an object must have the same name in all runs, and an instruction may access
different objects from run to run; the name of the attribute that holds the container, since other code may reach the
same container by another attribute.
"""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, FrameType, ModuleType
from typing import Any, Final

from lockproof.core.run_steps import CONTAINER
from lockproof.engines.control.operands import FIXED, operands
from lockproof.engines.control.trace import segment

MOST_TYPES: Final = 10_000
"""Types that are remembered: a program may make types as it goes."""


class _Kinds(dict[type, str]):
    def __missing__(self, kind: type) -> str:
        if len(self) >= MOST_TYPES:
            self.clear()
        # An iterator has no name of its own: the access touches the container that it iterates over.
        known = kind not in FIXED and not any("__next__" in vars(each) for each in kind.__mro__)
        self[kind] = name = f"{CONTAINER}{kind.__name__}" if known else CONTAINER
        return name


_kinds = _Kinds()


def kind_of_call(function: Any, first: Any) -> str:
    """Return the name of the access that a call of a C function makes; `first` is the first argument."""
    if type(function) is BuiltinFunctionType:
        bound = function.__self__
        if bound is not None and type(bound) is not ModuleType:
            return _kinds[type(bound)]
    return _kinds[type(first)]


def kind_of_instruction(code: CodeType, offset: int, frame: FrameType) -> str:
    """Return the name of the access that an instruction makes which is about to run in this frame."""
    text, _ = segment(code, offset)
    about = {_kinds[type(each)] for each in operands(text, frame) or ()}
    return about.pop() if len(about) == 1 else CONTAINER
