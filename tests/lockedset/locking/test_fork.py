"""Can a forked child use the sets, whatever the parent's other threads were doing with them?"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable

import pytest

from lockedset import LockedSet, _locking, locked
from tests.lockedset.implementations import in_python, is_taken
from tests.lockedset.locking.threads import BOUND, Runner

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX"),
    pytest.mark.thread_unsafe(reason="forks: another thread of the test would be gone in the child"),
    pytest.mark.usefixtures("at_rest"),
]


def _in_child(work: Callable[[], bool]) -> bool:
    """Fork, run `work` in the child, and tell whether it returned true there within a bound."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # "use of fork() may lead to deadlocks": the point here
        child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(BOUND))  # ends a child that hangs
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class _Held:
    """Another thread that holds sets until the end of the `with` block."""

    def __init__(self, *sets: LockedSet[int]) -> None:
        self._inside, self._leave = threading.Event(), threading.Event()

        def hold() -> None:
            with locked(*sets):
                self._inside.set()
                self._leave.wait(BOUND)

        self._runner = Runner(hold)

    def __enter__(self) -> None:
        assert self._inside.wait(BOUND)

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._runner.result()


def test_a_set_that_another_thread_held_is_free_in_the_child() -> None:
    s, t = LockedSet([1]), LockedSet([2])

    def use() -> bool:
        s.add(3)
        s.update(t)
        with locked(s, t):
            t.clear()
        Runner(lambda: s.add(4)).result()
        return s == {1, 2, 3, 4} and not t

    with _Held(s, t):
        assert _in_child(use)
        assert frozenset(s) == {1} and is_taken(s)


def test_the_child_of_a_child_can_use_it_too() -> None:
    s, t = LockedSet([1]), LockedSet([2])

    def again() -> bool:
        with _Held(s):
            return _in_child(lambda: s.try_add(5) and t.try_add(5))

    with _Held(s, t):
        assert _in_child(again)


def test_a_hold_of_the_forking_thread_goes_on_in_the_child() -> None:
    mine, theirs = LockedSet([1]), LockedSet([2])

    def use() -> bool:
        runner = Runner(lambda: mine.add(2))
        held = runner.waits()
        mine.add(3)
        theirs.add(3)
        return held and frozenset(mine) == {1, 3}

    with _Held(theirs), locked(mine):
        assert _in_child(use)


def test_locks_work_as_before_in_the_child() -> None:
    s, other = LockedSet([1]), LockedSet([1])

    def use() -> bool:
        with locked(s):
            runner = Runner(lambda: s.add(2))
            held = runner.waits()
        runner.result()
        return held and s == {1, 2}

    with _Held(other):
        assert _in_child(use)


@in_python
def test_the_child_of_a_single_thread_stays_on_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_locking.sys, "_current_exceptions", lambda: {threading.get_ident(): None})
    assert _in_child(lambda: _locking.rare == 0 and _locking._era == 0)
    monkeypatch.undo()
    with _Held(LockedSet()):
        assert _in_child(lambda: _locking.rare > 0 and _locking._era == 1)


@in_python
def test_a_lock_that_another_thread_renewed_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    s = LockedSet([1])

    class Meanwhile:
        def __enter__(self) -> None:
            s._lockedset_era = 7

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(_locking, "_era", 7)
    monkeypatch.setattr(_locking, "_rules", Meanwhile())
    lock = s._lockedset_lock
    _locking._renew(s)
    assert s._lockedset_lock is lock


@in_python
def test_the_rules_after_a_fork_are_reset_and_only_stale_locks_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child does, step by step, in this process, where its lines are counted."""
    stale, mine, free, young = LockedSet([1]), LockedSet([2]), LockedSet([3]), None
    for name in ("rare", "_rules", "_survivor", "_era", "_alone_at_fork"):
        monkeypatch.setattr(_locking, name, getattr(_locking, name))
    for name in ("_holds", "_plans"):
        monkeypatch.setattr(_locking, name, {})
    with _Held(stale), locked(mine):
        _locking._plans[threading.get_ident()] = (mine,)
        locks = [each._lockedset_lock for each in (stale, mine, free)]
        _locking.before_fork()
        assert not _locking._alone_at_fork
        _locking.after_fork_in_child()
        assert _locking._plans == {}
        young = LockedSet([4])
        lock_of_young = young._lockedset_lock
        for each in (stale, mine, free, young):
            each.add(9)
            each.add(10)
        assert stale._lockedset_lock is not locks[0]
        assert mine._lockedset_lock is locks[1]
        assert free._lockedset_lock is not locks[2]
        assert young._lockedset_lock is lock_of_young
        before = (_locking.rare, _locking._era)
        _locking._alone_at_fork = True
        _locking.after_fork_in_child()
        assert (_locking.rare, _locking._era) == before
