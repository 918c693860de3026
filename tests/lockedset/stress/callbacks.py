"""What comes in from outside: callbacks, finalizers, generators, forks and signals."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import lockedset
from lockedset import LockedSet
from tests.lockedset.stress.properties import Subject, holds
from tests.lockedset.stress.race import LIMIT, Budget


def _ends(work: Callable[[], object], what: str) -> str | None:
    """Run `work` in a thread of its own; return what went wrong, a hang included."""
    problem: list[str | None] = [f"{what}: it never ended"]

    def run() -> None:
        try:
            work()
            problem[0] = None
        except BaseException as error:
            problem[0] = f"{what}: it raised {error!r}"

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT / 2)
    return problem[0]


@holds("__hash__, __eq__, __del__ and weakref callbacks may come back into the set on the same thread")
def callbacks_may_come_back(cls: Subject, budget: Budget) -> str | None:
    s = cls()

    class Visitor:
        def __hash__(self) -> int:
            return len(s)

        def __eq__(self, other: object) -> bool:
            s.add("eq")
            return self is other

        def __del__(self) -> None:
            s.add("del")
            list(s)

    def work() -> None:
        for _ in range(20):
            s.clear()
            s.update([Visitor(), Visitor()])
            s.add(Visitor())
            s.clear()
            gc.collect()
            s | {1}

    return _ends(work, "elements that use the set from __hash__, __eq__ and __del__")


@holds("a generator that is an argument may wait for another thread that uses the set")
def generators_may_wait(cls: Subject, budget: Budget) -> str | None:
    for method in ("update", "difference_update", "intersection_update", "union", "issuperset", "replace", "add_new"):
        s = cls([1])

        def wait(s: LockedSet[Any] = s) -> Iterator[int]:
            other = threading.Thread(target=s.add, args=(2,), daemon=True)
            other.start()
            other.join(LIMIT / 8)
            if other.is_alive():
                raise TimeoutError("another thread could not add while the generator ran")
            yield 1

        problem = _ends(lambda: getattr(s, method)(wait()), f"s.{method}(generator)")
        if problem:
            return problem
    return None


@holds("a child forked while other threads are inside the set can use it", posix=True)
def a_forked_child_can_use_it(cls: Subject, budget: Budget) -> str | None:
    s, t = cls(range(10)), cls()
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def __hash__(self) -> int:
            return 5

        def __eq__(self, other: object) -> bool:
            inside.set()
            leave.wait(LIMIT)
            return False

    def hold() -> None:
        with lockedset.locked(t):
            s.add(Slow())

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    if not inside.wait(LIMIT):
        return "the other thread did not get inside the set"
    child = os.fork()
    if child == 0:
        signal.alarm(5)  # a child that hangs is ended by the signal
        s.add(11)
        t.update(s)
        with lockedset.locked(s, t):
            s.discard(11)
        os._exit(0 if 11 in t and 11 not in s else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    leave.set()
    holder.join(LIMIT)
    return None if status == 0 else f"the child ended with {status} (-14: it hung)"


@holds("a signal handler that raises leaves every lock released", posix=True)
def signals_leave_no_lock(cls: Subject, budget: Budget) -> str | None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    a, b = cls(range(10)), cls(range(5, 15))

    def hold() -> None:
        with lockedset.locked(a, b):
            pass

    works: list[Callable[[], object]] = [
        hold,
        lambda: a.try_add(3),
        lambda: a.update(b),
        lambda: a == b,
        lambda: 3 in a,
        lambda: a.replace(range(10)),
    ]
    free = threading.Event()

    def use() -> None:
        a.add(1)
        b.add(1)
        free.set()

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        while budget.goes_on():
            for work in works:
                kept = None
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.05)  # again, if it comes where CPython ignores it
                    while True:
                        work()
                except Interrupt as error:
                    kept = error  # while it lives, so do the frames that it passed
                signal.setitimer(signal.ITIMER_REAL, 0)
                free.clear()
                other = threading.Thread(target=use, daemon=True)
                other.start()
                if not free.wait(LIMIT / 4):
                    return f"after {kept!r} another thread cannot enter the set: a lock is still held"
                other.join(LIMIT)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return None
