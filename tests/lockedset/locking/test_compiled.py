"""What the compiled core promises beyond Python: every deadlock is told, and no number of sets is too large."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import DeadlockError, LockedSet, locked
from tests.lockedset.implementations import at_rest, in_c, is_held, is_taken
from tests.lockedset.locking.threads import BOUND, Runner

pytestmark = in_c

MANY = 5000
"""More sets than the recursion limit would allow in Python."""


class Calling:
    """An element whose `__hash__` calls a function."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call

    def __hash__(self) -> int:
        self.call()
        return 1


def test_callbacks_that_use_each_other_s_sets_are_told_of_the_deadlock() -> None:
    a: LockedSet[Any] = LockedSet()
    b: LockedSet[Any] = LockedSet()
    both = threading.Barrier(2)

    def cross(other: LockedSet[Any]) -> Callable[[], object]:
        return lambda: (both.wait(BOUND), other.add(1))

    runners = [Runner(lambda: a.add(Calling(cross(b)))), Runner(lambda: b.add(Calling(cross(a))))]
    for runner in runners:
        assert runner.ends()
    told = [runner.outcome for runner in runners if runner.outcome is not None]
    assert len(told) == 1 and isinstance(told[0], DeadlockError)
    assert not is_taken(a) and not is_taken(b)


def test_a_callback_that_uses_another_set_that_nobody_wants_is_not_accused() -> None:
    a: LockedSet[Any] = LockedSet()
    b: LockedSet[Any] = LockedSet()
    Runner(lambda: a.add(Calling(lambda: b.add(1)))).result()
    assert (len(a), b) == (1, {1})


@pytest.mark.thread_unsafe(reason="asks whether anybody waits")
def test_thousands_of_sets_can_be_held_at_once_and_be_operands_of_one_operation() -> None:
    sets = [LockedSet([number]) for number in range(MANY)]
    with locked(*sets):
        assert all(map(is_held, sets))
    assert not any(map(is_taken, sets)) and at_rest()
    assert LockedSet().union(*sets) == {*range(MANY)}
    one = LockedSet[int]()
    one.update(*sets)
    assert one == {*range(MANY)}


@pytest.mark.untraced
@pytest.mark.thread_unsafe(reason="signal handlers belong to the main thread")
@pytest.mark.skipif(os.name != "posix", reason="signals with a timer are POSIX")
def test_twenty_thousand_handlers_that_raise_leave_no_lock() -> None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    one, other = LockedSet(range(10)), LockedSet(range(5, 15))

    def held() -> None:
        with locked(one, other):
            one.add(1)

    works: list[Callable[[], object]] = [held, lambda: (one.add(1), 1 in one), lambda: (one.update(other), one | other)]
    previous = signal.signal(signal.SIGALRM, interrupt)
    came = 0
    gc.disable()  # what a handler raises inside the collector's callbacks is ignored, and reported as a warning
    try:
        while came < 20_000:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00002 + came % 7 * 0.00001, 0.05)
                while True:
                    works[came % 3]()
            except Interrupt:
                came += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        gc.enable()
    assert not is_taken(one) and not is_taken(other) and at_rest()


def test_a_hold_that_is_part_of_a_cycle_is_collected() -> None:
    class Element:
        hold: Any

    a: LockedSet[Any] = LockedSet()
    element = Element()
    element.hold = locked(a)
    a.add(element)
    gone = weakref.ref(a)
    del a, element
    gc.collect()
    assert gone() is None


OTHER = """
import pickle, sys
import lockedset
sent = sys.stdin.buffer.read()
made = pickle.loads(sent)
assert type(made) is lockedset.LockedSet and made == {1, ("a", 2)}, made
made.add(3)
sys.stdout.buffer.write(lockedset.implementation.encode() + b"\\n" + pickle.dumps(made))
"""


@pytest.mark.thread_unsafe(reason="starts a process")
def test_a_pickle_goes_to_the_other_implementation_and_back() -> None:
    import pickle

    sent = pickle.dumps(LockedSet([1, ("a", 2)]))
    done = subprocess.run(
        [sys.executable, "-c", OTHER], input=sent, capture_output=True, timeout=BOUND * 3, check=True,
        env={**os.environ, "LOCKEDSET_PURE": "1"},
    )  # fmt: skip
    name, _, returned = done.stdout.partition(b"\n")
    assert name == b"pure"
    back = pickle.loads(returned)
    assert type(back) is LockedSet and back == {1, ("a", 2), 3}
