"""The places where a standard build of CPython hands over the GIL: where the interpreter checks its eval breaker.

The source is Python/bytecodes.c of the branches 3.13, 3.14 and 3.15: the instructions with `CHECK_EVAL_BREAKER` or
`_CHECK_PERIODIC`, which Include/internal/pycore_opcode_metadata.h lists as `HAS_EVAL_BREAK_FLAG`. Some instructions
check in one of their forms only: `len(x)` only before it is specialized, `f(x, k=1)` from 3.14 on only afterwards. Both
forms run, so both instructions count. `tests/lockproof/engines/control/test_handover.py` compares the table with the
interpreter that runs the test: a second thread asks for the GIL, and notes where the first thread lets it go.

The table leaves out C code that releases the GIL by itself, for I/O or a wait.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import CodeType
from typing import Final

from lockproof.core.interpreter import VERSION, unknown_python
from lockproof.engines.control.library import OWN, has_points, of_the_library
from lockproof.engines.control.opcodes import CALLS, listing


@dataclass(frozen=True)
class Handover:
    """The places where one version of CPython checks its eval breaker.

    `resumes`: the kinds of RESUME that check; the kind is the argument of RESUME under `resume_mask`.
    `jumps`: the jumps that check.
    `calls`: the calls that check when a C function returns. A Python function is called without C code.
    `methods`: the calls that check also when a bound Python method returns, since they call it through C code.
    `enter`: whether `with` checks when an `__enter__` in C returns.
    """

    resumes: frozenset[int]
    resume_mask: int
    jumps: frozenset[str]
    calls: frozenset[str]
    methods: frozenset[str]
    enter: bool


_3_13: Final = Handover(
    resumes=frozenset((0, 1)),  # a function begins, or goes on after `yield`; not after `yield from` or `await`
    resume_mask=0x3,
    jumps=frozenset(("JUMP_BACKWARD",)),
    calls=CALLS,
    methods=frozenset(("CALL_FUNCTION_EX",)),
    enter=False,  # BEFORE_WITH
)

TABLE: Final[dict[str, Handover]] = {
    "3.13": _3_13,
    "3.14": replace(_3_13, enter=True),  # LOAD_SPECIAL and CALL
    # No check between `__enter__` and the body: a signal handler that raised there made it skip `__exit__` (gh-148874).
    "3.15": replace(_3_13, resume_mask=0x7),
}


def known() -> bool:
    """Tell whether the table has the running version of Python."""
    return VERSION in TABLE


def here() -> Handover:
    """Return the places of the running version of Python.

    Raises:
        LockproofError: the table does not have this version.

    """
    if not known():
        raise unknown_python("hands over the GIL at places that are not known")
    return TABLE[VERSION]


def checks_at(instruction: dis.Instruction) -> bool:
    """Tell whether the interpreter checks its eval breaker whenever it comes to this instruction."""
    build = here()
    if instruction.opname == "RESUME":
        return (instruction.arg or 0) & build.resume_mask in build.resumes
    return instruction.opname in build.jumps


def checks_after_call(found: Sequence[dis.Instruction], k: int) -> bool:
    """Tell whether the interpreter checks its eval breaker when C code that instruction `k` called has returned."""
    build = here()
    entering = k > 0 and found[k - 1].opname == "LOAD_SPECIAL"
    return found[k].opname in build.calls and (build.enter or not entering)


def checks_inside(code: CodeType) -> bool:
    """Tell whether a call of code without switch points may hand over the GIL after what it has done.

    Code of lockproof stands for C code, or for code of the library that waits, as `Thread.start` does. Code of the
    library may do so if it calls anything, or loops.
    """
    file = code.co_filename
    if file.startswith(OWN):
        return True
    if not file.startswith("<frozen ") and (not of_the_library(file) or has_points(file)):
        return False
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return False  # the call makes an object
    found = listing(code)
    return any(each.opname in here().jumps or checks_after_call(found, k) for k, each in enumerate(found))
