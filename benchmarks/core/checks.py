"""Does the trial do what LockedSet promises? Short checks before it is timed: a wrong set may well be a fast one."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from lockedset import DeadlockError

BOUND: Final = 20.0
"""Seconds after which a thread that should end counts as hanging."""


def results_are_those_of_set(core: ModuleType) -> None:
    """Random operations on a set and on the trial, for elements that compare in C and in Python."""

    class Element:
        def __init__(self, number: int) -> None:
            self.number = number

        def __hash__(self) -> int:
            return self.number % 7

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Element) and other.number == self.number

    for elements in (list(range(40)), [Element(number) for number in range(40)]):
        draw = random.Random(1)
        plain: set[Any] = set()
        ours = core.LockedSet()
        for _ in range(3000):
            some = set(draw.sample(elements, draw.randrange(12)))
            one = draw.choice(elements)
            name = draw.choice([
                "add", "discard", "update", "difference_update", "intersection_update", "symmetric_difference_update",
            ])  # fmt: skip
            argument = one if name in ("add", "discard") else some
            getattr(plain, name)(argument)
            getattr(ours, name)(argument)
            assert ours == plain and len(ours) == len(plain) and (one in ours) == (one in plain)
            assert (ours | some, ours & some, ours - some, ours ^ some) == (
                plain | some, plain & some, plain - some, plain ^ some,
            )  # fmt: skip
            assert set(ours) == plain == ours.snapshot() and type(ours | some) is core.LockedSet


def nothing_is_lost(core: ModuleType) -> None:
    """Four threads add and remove elements of their own; another thread counts whole bulk changes."""
    ours, stop, wrong = core.LockedSet(), threading.Event(), list[int]()

    def work(own: range) -> None:
        for _ in range(200):
            ours.update(own)
            for element in own:
                assert ours.try_remove(element) and ours.try_add(element)
            ours.difference_update(own)

    def count() -> None:
        while not stop.is_set():
            if (length := len(ours)) % 50 not in (0, 49, 48, 47, 46):  # each thread lacks at most one
                wrong.append(length)

    threads = [threading.Thread(target=work, args=(range(50 * k, 50 * k + 50),)) for k in range(4)]
    counter = threading.Thread(target=count)
    for thread in (counter, *threads):
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    stop.set()
    counter.join(BOUND)
    assert not any(thread.is_alive() for thread in threads)
    assert not ours and not wrong


def crossed_holds_end_in_an_error(core: ModuleType) -> None:
    """Two threads hold a set each and want the other's: one is told, the other goes on."""
    for _ in range(50):
        sets = [core.LockedSet(), core.LockedSet()]
        both, errors = threading.Barrier(2), list[BaseException]()

        def cross(mine: Any, theirs: Any, both: threading.Barrier = both, errors: list[BaseException] = errors) -> None:
            try:
                with core.locked(mine):
                    both.wait(BOUND)
                    theirs.add(1)
            except DeadlockError as error:
                errors.append(error)

        threads = [threading.Thread(target=cross, args=order) for order in (sets, sets[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND)
        assert not any(thread.is_alive() for thread in threads) and len(errors) == 1
        assert not any(map(core.taken, sets))


def signals_leave_no_lock(core: ModuleType) -> None:
    """Handlers that raise interrupt operations and holds: no set stays locked. On every version."""
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return

    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    one, other = core.LockedSet(range(10)), core.LockedSet(range(5, 15))

    def held() -> None:
        with core.locked(one, other):
            one.add(1)

    works: list[Callable[[], object]] = [held, lambda: (one.add(1), 1 in one), lambda: (one.update(other), one | other)]
    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(600):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00005 + number % 7 * 0.00002, 0.05)
                while True:
                    works[number % 3]()
            except Interrupt:
                pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert not core.taken(one) and not core.taken(other) and core.waiting() == 0


CHECKS: Final = (results_are_those_of_set, nothing_is_lost, crossed_holds_end_in_an_error, signals_leave_no_lock)
