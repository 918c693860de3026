"""Where a standard build of CPython hands over the GIL: where it looks at its eval breaker.

By version, from Python/bytecodes.c of the branches 3.13, 3.14 and 3.15: the instructions with `CHECK_EVAL_BREAKER` or
`_CHECK_PERIODIC` in them, which Include/internal/pycore_opcode_metadata.h lists as `HAS_EVAL_BREAK_FLAG`. Some look in
one of their forms only: `len(x)` no longer when it is specialized, `f(x, k=1)` from 3.14 on only then. Both forms run,
so they count. `tests/lockproof/engines/control/test_handover.py` sets the table against the interpreter that runs it: a
second thread asks for the GIL, and sees where the first one lets it go.

Not here: C code that lets the GIL go by itself, for I/O or a wait.
"""

from __future__ import annotations

import dis
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockproof.core.interpreter import VERSION, unknown_python
from lockproof.engines.control.opcodes import CALLS


@dataclass(frozen=True)
class Handover:
    """Where one version looks.

    `resumes`: at RESUME, by the place that its argument names under `resume_mask`. `jumps`: jumps that do.
    `calls`: those that do when what they called in C returns; a function in Python is called without C code.
    `methods`: calls that do also when a bound method in Python returns, since they call that through C code.
    `enter`: whether `with` does when `__enter__` in C returns.
    """

    resumes: frozenset[int]
    resume_mask: int
    jumps: frozenset[str]
    calls: frozenset[str]
    methods: frozenset[str]
    enter: bool


_3_13: Final = Handover(
    resumes=frozenset((0, 1)),  # where a function begins, and after a yield: not after `yield from`, nor after `await`
    resume_mask=0x3,
    jumps=frozenset(("JUMP_BACKWARD",)),
    calls=CALLS,
    methods=frozenset(("CALL_FUNCTION_EX",)),
    enter=False,  # BEFORE_WITH
)

TABLE: Final[dict[str, Handover]] = {
    "3.13": _3_13,
    "3.14": replace(_3_13, enter=True),  # LOAD_SPECIAL and CALL
    # Not between `__enter__` and the body, where a signal handler that raised skipped `__exit__` (gh-148874).
    "3.15": replace(_3_13, resume_mask=0x7),
}


def known() -> bool:
    """Tell whether it is known where the version that runs looks."""
    return VERSION in TABLE


def here() -> Handover:
    """Return where the version that runs looks.

    Raises:
        LockproofError: it is not known.

    """
    if not known():
        raise unknown_python("hands over the GIL at places that are not known")
    return TABLE[VERSION]


def looks_at(instruction: dis.Instruction) -> bool:
    """Tell whether the interpreter looks whenever it comes to this instruction."""
    build = here()
    if instruction.opname == "RESUME":
        return (instruction.arg or 0) & build.resume_mask in build.resumes
    return instruction.opname in build.jumps


def looks_after_call(found: Sequence[dis.Instruction], k: int) -> bool:
    """Tell whether the interpreter looks when this instruction has called C code that returns."""
    build = here()
    entering = k > 0 and found[k - 1].opname == "LOAD_SPECIAL"
    return found[k].opname in build.calls and (build.enter or not entering)
