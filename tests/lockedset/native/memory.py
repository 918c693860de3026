"""Make each call while the n-th allocation of memory fails, for n = 1, 2, ... until the call needs no more than that.

The call must succeed or raise MemoryError, leave the contents as they were or change them wholly, and hold no lock.

`python -m tests.lockedset.native.memory` prints a line for each call that did otherwise, and ends with status 1 then.
On standard error it names each call before it is made, so that the last name is the one that crashed. It needs the
module `failing` (failing.c).
"""

from __future__ import annotations

import faulthandler
import importlib.util
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import failing  # type: ignore[import-not-found]

from lockedset import LockedSet, _choice, _locking, implementation
from tests.lockedset.implementations import is_taken
from tests.lockedset.native.calls import EXPECTED, Call, Element, Situation, attempt, pairs

LIMIT = 20.0
"""Seconds that nothing here takes."""

MOST = 2000
"""Allocations that no call here needs."""


def _described(s: LockedSet[Any]) -> frozenset[object]:
    """The contents, by values that can be compared even if the elements raise."""
    return frozenset(each.number if isinstance(each, Element) else repr(each) for each in s)


def _is_of_the_interpreter(error: object) -> bool:
    """Tell whether a function in Python, as `__eq__` of an element, ended without a result and without an exception.

    The interpreter does that if it has no memory for a traceback. Of a method in C that does so, the message names the
    method.
    """
    text = str(error)
    return isinstance(error, SystemError) and (text.startswith("<function ") or text == _LOOP_FAILED)


_LOOP_FAILED = "error return without exception set"


def _failing_once(call: Call, situation: Situation, number: int, repeats: bool, whole: LockedSet[Any]) -> str | None:
    """Let one allocation fail, or all from it on; return what went wrong, or None if the call makes fewer."""
    s, operand = situation.make(), situation.operand()
    try:
        function, *arguments = call.parts(s, operand, situation.element)
    except EXPECTED:  # there are no such arguments in this situation
        return None
    failed, error = failing.call(number, repeats, function, tuple(arguments))
    if failed == 0:
        return None
    if not (error is None or isinstance(error, (MemoryError, *EXPECTED)) or _is_of_the_interpreter(error)):
        return f"it raised {error!r}"
    if is_taken(s) or (isinstance(operand, LockedSet) and is_taken(operand)):
        return "a lock is still held"
    now = _described(s)
    if now not in (_described(situation.make()), _described(whole)):
        return (
            f"changed in part, to {len(now)} elements, of {len(situation.contents)} before and {len(whole)} in the end"
        )
    return ""


def faults(call: Call, situation: Situation) -> tuple[int, list[str]]:
    """Make the call with failing allocations; return how often, and what went wrong."""
    whole = situation.make()
    attempt(call, situation, whole)
    found: list[str] = []
    attempts = 0
    for repeats in (False, True):
        for number in range(1, MOST):
            fault = _failing_once(call, situation, number, repeats, whole)
            if fault is None:
                break
            attempts += 1
            if fault:
                found.append(f"without allocation {number}{' and those after it' if repeats else ''} {fault}")
        else:
            found.append(f"it makes more than {MOST} allocations")
    return attempts, found


def _core_with_errors_in_c() -> Any:
    """Load the core once more, with a function in C where it takes the one that describes a deadlock.

    A generator expression without memory, which that function has, crashes CPython 3.13.
    """
    spec = importlib.util.spec_from_file_location("lockedset._core", _choice._core.__file__)
    assert spec is not None and spec.loader is not None
    described, _locking.deadlock_of = _locking.deadlock_of, UserWarning  # type: ignore[assignment]
    try:
        core = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(core)
    finally:
        _locking.deadlock_of = described
    return core


def faults_of_a_deadlock() -> tuple[int, list[str]]:
    """Close a cycle of two threads while allocations fail: that must raise, and leave no wait behind."""
    core = _core_with_errors_in_c()
    found: list[str] = []
    for number in range(1, MOST):
        mine, theirs = core.LockedSet(), core.LockedSet()
        holds = threading.Event()

        def other(mine: Any = mine, theirs: Any = theirs, holds: threading.Event = holds) -> None:
            with core.locked(theirs):
                holds.set()
                mine.add(1)

        thread = threading.Thread(target=other, daemon=True)
        with core.locked(mine):
            thread.start()
            assert holds.wait(LIMIT)
            end = time.monotonic() + LIMIT
            while core.waiting() == 0:
                assert time.monotonic() < end, "the other thread does not wait"
                time.sleep(0)
            failed, error = failing.call(number, False, theirs.add, (2,))
        thread.join(LIMIT)
        where = f"without allocation {number}"
        if thread.is_alive() or core.waiting() or core.is_taken(mine) or core.is_taken(theirs):
            return number, [*found, f"{where} a lock or a wait is left over"]
        if not isinstance(error, (MemoryError, UserWarning)) or theirs:
            found.append(f"{where} it ended with {error!r}")
        if failed == 0:
            return number, found
    return MOST, [*found, f"it makes more than {MOST} allocations"]


def main() -> int:
    """Make each call in each situation."""
    faulthandler.enable()
    attempts = found = count = 0
    jobs: list[tuple[str, Callable[[], tuple[int, list[str]]]]] = [
        (f"{call.name}, {situation.name}", lambda call=call, situation=situation: faults(call, situation))  # type: ignore[misc]
        for call, situation in pairs()
        if call.in_c
    ]
    for name, job in [*jobs, ("the search for deadlocks", faults_of_a_deadlock)]:
        print(f"> {name}", file=sys.stderr, flush=True)
        more, problems = job()
        count, attempts, found = count + 1, attempts + more, found + len(problems)
        for problem in problems:
            print(f"{name}: {problem}", flush=True)
    print(f"{count} calls, {attempts} failing allocations, {implementation}: {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
