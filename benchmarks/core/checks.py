"""Does the trial do what LockedSet promises? Short checks before it is timed: a wrong set may well be a fast one."""

from __future__ import annotations

import math
import os
import random
import signal
import threading
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from lockedset import DeadlockError

BOUND = 20.0
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
    """Four threads add and remove elements: each element is added by one of them, and removed by one."""
    ours, added, removed = core.LockedSet(), [0] * 4, [0] * 4

    def work(number: int) -> None:
        for _ in range(300):
            for element in range(20):
                added[number] += ours.try_add(element) + ours.try_add(element)
                removed[number] += ours.try_remove(element)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert not any(thread.is_alive() for thread in threads)
    assert sum(added) == sum(removed) + len(ours)


def lengths_are_those_of_whole_changes(core: ModuleType) -> None:
    """A thread adds and removes many elements at a time, and another one never sees a part of them."""
    ours, many, stop = core.LockedSet(), set(range(20_000)), threading.Event()
    seen = set[int]()

    def change() -> None:
        for _ in range(60):
            ours.update(many)
            ours.difference_update(many)
        stop.set()

    changer = threading.Thread(target=change, daemon=True)
    changer.start()
    while not stop.is_set():
        seen.add(len(ours))
    changer.join(BOUND)
    assert seen <= {0, len(many)}, sorted(seen)[:5]


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

        threads = [threading.Thread(target=cross, args=order, daemon=True) for order in (sets, sets[::-1])]
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


def a_forked_child_can_use_it(core: ModuleType) -> None:
    """A child that is forked while another thread holds a set gets the set."""
    if not hasattr(os, "fork"):
        return
    ours, inside, leave = core.LockedSet([1]), threading.Event(), threading.Event()

    def hold() -> None:
        with core.locked(ours):
            inside.set()
            leave.wait(BOUND)

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert inside.wait(BOUND)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside other threads: the point here
        child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(math.ceil(BOUND))  # ends a child that hangs
        try:
            ours.add(2)
            with core.locked(ours):
                os._exit(0 if len(ours) == 2 else 1)
        finally:
            os._exit(2)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    leave.set()
    holder.join(BOUND)
    assert status == 0 and not core.taken(ours)


CHECKS: Final = (
    results_are_those_of_set,
    nothing_is_lost,
    lengths_are_those_of_whole_changes,
    crossed_holds_end_in_an_error,
    signals_leave_no_lock,
    a_forked_child_can_use_it,
)

TWINS: Final = {
    # what a twin leaves out (TWIN_... in locked_core.c): the check that must notice
    "GROWING": results_are_those_of_set,
    "BOASTING": nothing_is_lost,
    "UNCOUNTED": lengths_are_those_of_whole_changes,
    "UNLOCKED": crossed_holds_end_in_an_error,
    "UNWATCHED": crossed_holds_end_in_an_error,
    "KEPT": signals_leave_no_lock,
    "STALE": a_forked_child_can_use_it,
}
