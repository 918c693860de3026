"""May code that runs in the middle of an operation come back into the set, and may it raise?

Elements' `__hash__` and `__eq__`, `__del__`, weakref callbacks, the garbage collector, signal handlers, generators:
each comes back on the same thread while the lock is held (or before it is taken), and none may hang or leave a lock.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lockedset import LockedSet, locked
from tests.lockedset.implementations import COMPILED, at_rest, in_python, is_held
from tests.lockedset.locking.threads import Runner


def _is_free(*sets: LockedSet[Any]) -> bool:
    """Tell whether another thread can enter the sets."""
    return all(Runner(lambda each=each: bool(len(each) + 1)).result() for each in sets)


class _Calls:
    """An element that calls `on_hash` and `on_eq`; all are of one hash, and none equals another."""

    def __init__(self, on_hash: Callable[[], object] = int, on_eq: Callable[[], object] = int) -> None:
        self.on_hash, self.on_eq = on_hash, on_eq

    def __hash__(self) -> int:
        self.on_hash()
        return 77

    def __eq__(self, other: object) -> bool:
        self.on_eq()
        return self is other


def test_hash_and_eq_may_use_the_set_they_are_used_by() -> None:
    s: LockedSet[Any] = LockedSet()

    def use() -> None:
        s.add("by callback")
        s.discard("nothing")
        with locked(s):
            s.update([1, 2])

    def work() -> None:
        one, two = _Calls(use, use), _Calls(use, use)
        for operation in (s.add, s.try_add, s.discard, s.try_remove, s.add, s.remove, s.__contains__):
            operation(one)
            operation(two) if operation != s.remove else None
        s.update([one, two], [one])
        s.symmetric_difference_update([one])
        s | {two}

    Runner(work).result()
    assert "by callback" in s
    assert _is_free(s)


def test_finalizers_and_weakref_callbacks_may_use_the_set() -> None:
    s: LockedSet[Any] = LockedSet()
    seen: list[int] = []

    class Dying:
        def __init__(self) -> None:
            self.itself = self  # only the collector can free it
            self.reference = weakref.ref(self, lambda _: seen.append(len(s)))

        def __del__(self) -> None:
            s.add("finalized")
            with locked(s):
                seen.append(len([*s]))

    def work() -> None:
        s.update(Dying() for _ in range(5))
        s.clear()
        s.replace([Dying()])
        s.drain()
        gc.collect()
        assert s.take(3) == {"finalized"}

    Runner(work).result()
    assert len(seen) >= 6
    assert _is_free(s)


@pytest.mark.parametrize("fails_in", ["on_hash", "on_eq"])
@pytest.mark.parametrize("name", ["add", "try_add", "remove", "discard", "try_remove", "update", "__contains__",
    "difference_update", "symmetric_difference_update", "intersection_update", "replace", "add_new", "union",
    "__init__", "issuperset", "isdisjoint", "remove_if"])  # fmt: skip
def test_an_exception_in_a_callback_lets_go_and_changes_nothing(name: str, fails_in: str) -> None:
    armed = False

    def fail() -> None:
        if armed:
            raise ZeroDivisionError

    # `set` asks the element that is in it already, `inside == outside`.
    s: LockedSet[Any] = LockedSet([1, 2, _Calls(**{fails_in: fail})])
    before = [*s]
    bad = _Calls(**{fails_in: fail})
    bulk = {"update", "difference_update", "symmetric_difference_update", "intersection_update", "replace", "add_new",
        "union", "__init__", "isdisjoint"}  # fmt: skip
    argument: Any = [3, 4, bad] if name in bulk else [1, 2, bad] if name == "issuperset" else bad
    if name == "remove_if":
        argument = lambda element: 1 / (element == 1 or 0)  # noqa: E731
    armed = True
    with pytest.raises(ZeroDivisionError):
        getattr(s, name)(argument)
    armed = False
    assert [*map(id, s)] == [*map(id, before)]
    assert _is_free(s)


def test_an_argument_that_raises_midway_changes_nothing() -> None:
    s, other = LockedSet([1, 2]), LockedSet([3])

    def numbers() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    for method in (s.update, s.difference_update, s.intersection_update, s.symmetric_difference_update, s.replace,
        s.add_new, s.union, s.intersection, s.difference, s.symmetric_difference, s.__init__):  # fmt: skip
        with pytest.raises(ZeroDivisionError):
            method(numbers())
    with pytest.raises(ZeroDivisionError):
        s.update([8], other, numbers())
    assert s == {1, 2}
    assert _is_free(s, other)


def test_a_generator_argument_may_use_the_set_and_wait_for_a_thread_that_does() -> None:
    s = LockedSet([1])

    def numbers() -> Iterator[int]:
        s.add(5)
        Runner(lambda: s.add(6)).result()
        yield 7

    s.update(numbers())
    assert s == {1, 5, 6, 7}
    assert s.issuperset(number for number in [*s])
    assert not s.isdisjoint(numbers())


def test_endless_arguments_end_where_set_ends() -> None:
    def endless() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    s = LockedSet([0, 1, 5])
    assert not s.issuperset(endless())
    assert not s.isdisjoint(endless())


def _signals[F: Callable[..., None]](test: F) -> F:
    """Mark a test that interrupts itself by signals."""
    test = pytest.mark.untraced(pytest.mark.thread_unsafe(reason="signal handlers belong to the main thread")(test))
    return pytest.mark.skipif(os.name != "posix", reason="signals with a timer are POSIX")(test)


_leaks_on_3_14 = pytest.mark.xfail(
    sys.version_info[:2] == (3, 14) and not COMPILED,
    raises=AssertionError,
    strict=True,
    reason="CPython 3.14 runs signal handlers between taking the lock of a `with` and its body (gh-148874)",
)


class _Interrupt(Exception):
    pass


def _interrupt(work: Callable[[], object], times: int, handler: Callable[..., None]) -> list[BaseException]:
    """Run `work` again and again while a timer calls `handler`, until it has raised so many times."""
    kept: list[BaseException] = []
    previous = signal.signal(signal.SIGALRM, handler)
    gc.disable()  # what a handler raises inside the collector's callbacks is ignored, and reported as a warning
    try:
        while len(kept) < times:
            try:
                # Again after a while, in case that the exception comes in a finalizer, where CPython ignores it.
                signal.setitimer(signal.ITIMER_REAL, 0.00005 + len(kept) % 7 * 0.00003, 0.05)
                while True:
                    work()
            except _Interrupt as error:
                kept.append(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        gc.enable()
    return kept


def _holding(a: LockedSet[int], b: LockedSet[int]) -> None:
    with locked(b), locked(a, b):
        a.add(1)


WORKS: dict[str, Callable[[LockedSet[int], LockedSet[int]], object]] = {
    "one element": lambda a, b: (a.add(1), a.discard(2), a.try_add(3), 1 in a, len(a)),
    "bulk": lambda a, b: (a.update([1, 2]), a.replace([3, 4]), a.drain()),
    "two sets": lambda a, b: (a.update(b), a | b, a == b, b.intersection_update(a)),
    "locked": _holding,
}


@_leaks_on_3_14
@_signals
@pytest.mark.parametrize("name", WORKS)
def test_a_signal_handler_that_raises_leaves_no_lock_and_no_trace(name: str) -> None:
    """The exceptions are kept, and with them the frames that they passed: no lock is freed by luck."""
    a, b = LockedSet(range(10)), LockedSet(range(5, 15))

    def raise_it(*_: object) -> None:
        raise _Interrupt

    kept = _interrupt(lambda: WORKS[name](a, b), 300, raise_it)
    assert len(kept) == 300
    assert not is_held(a)
    assert not is_held(b)
    assert at_rest()
    assert _is_free(a, b)


@_leaks_on_3_14
@_signals
def test_a_signal_handler_may_use_the_set_that_it_interrupts() -> None:
    a, b = LockedSet(range(10)), LockedSet(range(5, 15))
    count = 0

    def use(*_: object) -> None:
        nonlocal count
        count += 1
        a.add(100)
        b.update(a)
        with locked(b, a):
            a.discard(100)
        if count % 10 == 0:
            raise _Interrupt
        signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.05)

    for name in WORKS:
        _interrupt(lambda name=name: WORKS[name](a, b), 60, use)
    assert count >= 2400
    assert not is_held(a) and not is_held(b)
    assert _is_free(a, b)
    assert at_rest()


@in_python
@_signals
def test_an_exit_written_in_python_does_leave_a_lock() -> None:
    """The twin of `locked`: it shows that the interrupts above come where they can hurt."""

    class Plain:
        def __init__(self, s: LockedSet[int]) -> None:
            self.s = s

        def __enter__(self) -> None:
            self.s._lockedset_lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.s._lockedset_lock.release()

    a = LockedSet([1])

    def raise_it(*_: object) -> None:
        raise _Interrupt

    def work() -> None:
        with Plain(a):
            pass

    _interrupt(work, 300, raise_it)
    assert a._lockedset_lock._is_owned()
