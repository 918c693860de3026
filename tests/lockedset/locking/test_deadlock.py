"""Is every wait that would never end told, and no other? Only two of three threads in a cycle may be let wait."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import DeadlockError, LockedSet, _locking, locked
from tests.lockedset.implementations import in_python, is_taken
from tests.lockedset.locking.threads import BOUND, Runner

pytestmark = [
    pytest.mark.thread_unsafe(reason="looks at the state of the whole package"),
    pytest.mark.usefixtures("at_rest"),
]

type Step = Callable[[LockedSet[Any]], object]

SECOND_STEPS: dict[str, Step] = {
    "one element": lambda s: s.add(1),
    "a read": lambda s: 1 in s,
    "bulk": lambda s: s.update([1, 2]),
    "two sets": lambda s: s | LockedSet([1]),
    "locked": lambda s: locked(s).__enter__(),
    "copy": lambda s: s.copy(),
    "pop with a default": lambda s: s.pop(None),
}


def _cross(count: int, step: Step) -> tuple[list[LockedSet[Any]], list[object]]:
    """Thread i holds set i; when all do, each steps on set i+1. Return the sets and the outcomes."""
    sets = [LockedSet([number]) for number in range(count)]
    all_hold = threading.Barrier(count, timeout=BOUND)

    def work(number: int) -> None:
        with locked(sets[number]):
            all_hold.wait()
            step(sets[(number + 1) % count])

    runners = [Runner(lambda number=number: work(number), f"test-{number}") for number in range(count)]
    for runner in runners:
        assert runner.ended.wait(BOUND), "a deadlock that was not told"
    return sets, [runner.outcome for runner in runners]


@pytest.mark.parametrize("name", [name for name in SECOND_STEPS if name != "locked"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_thread_of_the_cycle_is_told_and_the_others_go_on(count: int, name: str) -> None:
    """One as a rule; those that close the cycle at the same moment may all be told."""
    sets, outcomes = _cross(count, SECOND_STEPS[name])
    told = [outcome for outcome in outcomes if outcome is not None]
    assert told
    assert all(isinstance(each, DeadlockError) for each in told)
    for each in sets:  # all locks are free again
        Runner(lambda each=each: each.add(7)).result()


def test_a_second_locked_inside_is_told_too() -> None:
    def nested(s: LockedSet[Any]) -> None:
        with locked(s):
            s.add(1)

    _, outcomes = _cross(2, nested)
    assert {type(outcome) for outcome in outcomes} - {type(None)} == {DeadlockError}


def test_the_error_names_the_sets_the_threads_and_what_to_write() -> None:
    sets, outcomes = _cross(2, SECOND_STEPS["one element"])
    error = next(outcome for outcome in outcomes if isinstance(outcome, DeadlockError))
    victim = outcomes.index(error)
    assert error.threads == (f"test-{victim}", f"test-{1 - victim}")
    assert error.sets[0] is sets[1 - victim]
    assert error.sets[1] is sets[victim]
    text = str(error)
    for fact in (f"'test-{victim}' (this one) holds LockedSet at {id(sets[victim]):#x}", "with locked(a, b):"):
        assert fact in text


def test_a_two_set_operation_outside_locked_takes_part_in_a_cycle() -> None:
    """It holds its first set while it waits for its second, which somebody in `locked` holds who wants the first."""
    first, second = _locking.in_order(LockedSet([1]), LockedSet([2]))
    with locked(second):
        runner = Runner(lambda: first.update(second))
        while not is_taken(first):  # until it has its first set
            assert not runner.ended.wait(0.001)
        with pytest.raises(DeadlockError):
            first.add(3)
    runner.result()
    assert first == {1, 2}


def test_waiting_for_a_thread_that_waits_for_nobody_is_no_deadlock() -> None:
    a, b = LockedSet(), LockedSet()
    leave = threading.Event()
    inside = threading.Event()

    def hold() -> None:
        with locked(b):
            inside.set()
            assert leave.wait(BOUND)

    holder = Runner(hold)
    assert inside.wait(BOUND)

    def wait() -> None:
        with locked(a):
            b.add(1)

    waiter = Runner(wait)
    assert waiter.waits()
    leave.set()
    waiter.result()
    holder.result()
    assert b == {1}


def test_threads_that_nest_in_the_same_order_are_never_told() -> None:
    a, b, c = _locking.in_order(LockedSet(), LockedSet(), LockedSet())
    together = threading.Barrier(3, timeout=BOUND)

    def work() -> None:
        for _ in range(300):
            together.wait()
            with locked(a):
                b.add(1)
                with locked(b):
                    c.update(a, b)
                    c.discard(1)
                    a.difference_update(c)

    for runner in [Runner(work) for _ in range(3)]:
        runner.result()


@in_python
def test_after_the_error_the_plan_is_forgotten() -> None:
    """Another thread must not take the thread that got the error for one that still waits."""
    a, b = LockedSet(), LockedSet()
    barrier = threading.Barrier(2, timeout=BOUND)
    told, release = threading.Event(), threading.Event()
    plans: list[object] = []

    def work(mine: LockedSet[Any], other: LockedSet[Any]) -> None:
        with locked(mine):
            barrier.wait()
            try:
                other.add(1)
            except DeadlockError:
                plans.append(_locking._plans.get(threading.get_ident()))
                told.set()
                assert release.wait(BOUND)

    runners = [Runner(lambda: work(a, b)), Runner(lambda: work(b, a))]
    assert told.wait(BOUND)
    release.set()
    for runner in runners:
        runner.result()
    assert not any(plans)


@in_python
def test_a_signal_handler_that_uses_a_set_does_not_hide_the_wait_that_it_interrupts() -> None:
    """The thread goes back to its wait: whoever looked meanwhile took it for one that does not wait."""
    mine, theirs, third = LockedSet(), LockedSet(), LockedSet()
    plan = _locking.in_order(mine, theirs)
    me = threading.get_ident()

    def hold_and_leave() -> None:
        with locked(third):
            pass

    with locked(mine):
        inside, leave = threading.Event(), threading.Event()

        def cross() -> None:
            with locked(theirs):
                inside.set()
                assert leave.wait(BOUND)

        other = Runner(cross)
        assert inside.wait(BOUND)
        _locking._plans[other._thread.ident] = plan  # it waits for what this thread holds
        for use in (lambda: third.add(1), hold_and_leave):
            _locking._plans[me] = (theirs,)  # as in the middle of the wait in which the handler comes
            with pytest.raises(DeadlockError):
                use()
        assert third == {1}
        _locking._plans.clear()
        leave.set()
    other.result()


@in_python
def test_a_thread_that_goes_back_to_its_wait_looks_at_the_first_set_that_it_lacks() -> None:
    mine, other = LockedSet([1]), LockedSet([2])
    with locked(mine):
        me = threading.get_ident()
        for outer in ((mine, other), (other, mine), (mine,)):
            _locking._plans[me] = outer
            with locked(other):
                pass
            mine.add(3)
            other.add(4)
            assert _locking._plans[me] == outer
        _locking._plans[me] = ()
    assert (mine, other) == ({1, 3}, {2, 4})


@in_python
def test_a_chain_that_is_read_differently_the_second_time_is_no_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    s, t = LockedSet([1]), LockedSet([2])
    me = threading.get_ident()
    same = [(me, s), (1, t)]
    for answers, found in (([same] * 3, same), ([same, same, []], []), ([same, [(me, s), (1, s)]], []), ([[]], [])):
        left = iter(answers)
        monkeypatch.setattr(_locking, "_chain_from", lambda _, left=left: next(left))
        cycle = _locking._cycle_through(s)
        assert [(thread, id(each)) for thread, each in cycle] == [(thread, id(each)) for thread, each in found]


@in_python
def test_a_cycle_of_other_threads_is_not_closed_by_this_one() -> None:
    """It stands for an instant, until the thread that closed it has got its error."""
    sets = [LockedSet([1]), LockedSet([2])]
    barrier = threading.Barrier(3, timeout=BOUND)

    def hold(mine: LockedSet[Any], other: LockedSet[Any]) -> None:
        with locked(mine):
            _locking._plans[threading.get_ident()] = (other,)
            barrier.wait()
            barrier.wait()

    runners = [Runner(lambda: hold(*sets)), Runner(lambda: hold(*sets[::-1]))]
    barrier.wait()
    assert _locking._chain_from(sets[0]) == []
    barrier.wait()
    for runner in runners:
        runner.result()


def test_the_error_can_be_pickled_without_its_sets() -> None:
    _, outcomes = _cross(2, SECOND_STEPS["bulk"])
    error = next(outcome for outcome in outcomes if isinstance(outcome, DeadlockError))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.threads, again.sets) == (str(error), error.threads, ())


def test_hundreds_of_sets_can_be_held_at_once() -> None:
    sets = [LockedSet([number]) for number in range(300)]
    with locked(*sets):
        assert LockedSet().union(*sets) == {*range(300)}
