"""What does `with locked(...)` promise: one step to others, in any order of naming, again on the same thread?"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from lockedset import LockedSet, locked
from tests.lockedset.locking.threads import Runner


def test_a_set_that_is_held_can_be_held_again_on_the_same_thread() -> None:
    a, b = LockedSet(), LockedSet()
    with locked(a, b), locked(b, a), locked(a):
        a.add(1)
        b |= a
    assert a == b == {1}


def test_the_inner_of_two_holds_does_not_let_go() -> None:
    a = LockedSet()
    with locked(a):
        with locked(a):
            pass
        runner = Runner(lambda: a.add(1))
        assert runner.waits()
    runner.result()


def test_a_set_named_twice_is_held_once_and_no_set_at_all_is_no_hold() -> None:
    a = LockedSet()
    with locked(a, a), locked():
        a.add(1)
    Runner(lambda: a.add(2)).result()
    assert a == {1, 2}


def test_equal_sets_are_different_sets() -> None:
    a, b = LockedSet([1]), LockedSet([1])
    with locked(a, b):
        runners = [Runner(lambda: a.add(2)), Runner(lambda: b.add(2))]
        assert all(runner.waits() for runner in runners)
    for runner in runners:
        runner.result()


def test_what_is_no_locked_set_is_refused_with_the_reason() -> None:
    with pytest.raises(TypeError, match="locked\\(\\) holds LockedSets, and this is a set"):
        locked(LockedSet(), {1})  # type: ignore[arg-type]


def test_one_object_serves_one_with_statement() -> None:
    a = LockedSet()
    hold = locked(a)
    with hold, pytest.raises(RuntimeError, match="anew each time"), hold:
        pass
    with pytest.raises(RuntimeError, match="anew each time"), hold:
        pass
    Runner(lambda: a.add(1)).result()


def test_an_exception_in_the_block_passes_and_lets_go() -> None:
    a, b = LockedSet(), LockedSet()
    with pytest.raises(ZeroDivisionError), locked(a, b):
        1 / 0
    Runner(lambda: a.update(b)).result()


def test_an_exit_stack_holds_too() -> None:
    a = LockedSet()
    with ExitStack() as stack:
        stack.enter_context(locked(a))
        runner = Runner(lambda: a.add(1))
        assert runner.waits()
    runner.result()


def test_a_hold_that_is_dropped_lets_go() -> None:
    a = LockedSet()
    locked(a)  # never entered
    hold = locked(a)
    hold.__enter__()
    del hold
    Runner(lambda: a.add(1)).result()
