"""Programs that must be the first to run in their process."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.exhaustive import ScheduleReplay, SyncOrders
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.inside import explore, first_schedule, instrumentation, once, together

CONTEXT: contextvars.ContextVar[int] = contextvars.ContextVar("CONTEXT", default=0)


def ask_context() -> dict[str, Any]:
    def program() -> object:
        found: list[int] = []

        def work() -> None:
            found.append(CONTEXT.get())
            CONTEXT.set(1)

        together(work, work)
        found.append(CONTEXT.get())
        CONTEXT.set(1)
        return found

    return explore(program, lambda: RandomWalk(7), Switching.SYNC, 10)


class Counter:
    """Counts, a read and a write of an attribute apart."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, _: int) -> int:
        return self.count

    def add(self) -> None:
        self.count = max(map(self.read, (1,))) + 1


def counting() -> int:
    counter = Counter()
    together(counter.add, counter.add)
    return counter.count


def ask_first_runs_under_gil() -> list[list[Any]]:
    """How many decisions the same run has, once, twice and three times; and whether code was said to be new."""
    instrumentation.switch(Switching.GIL)
    results = []
    for _ in range(3):
        before = instrumentation.version
        strategy = first_schedule()
        strategy.begin()
        ran = once(counting, strategy)[0].ran
        results.append([len(ran.choices), list(ran.steps), instrumentation.version != before])
    return results


def ask_tries() -> dict[str, Any]:
    """The first lock of the process that is asked for without waiting."""

    def program() -> bool:
        lock, got = threading.Lock(), list[bool]()

        def hold() -> None:
            with lock:
                pass

        def attempt() -> None:
            got.append(lock.acquire(False))
            if got[0]:
                lock.release()

        together(hold, attempt)
        return got[0]

    return explore(program, SyncOrders, Switching.SYNC)


def ask_replayed() -> str:
    """The first schedule of a process, and the same one once more."""
    strategy = RandomWalk(1)
    instrumentation.switch(Switching.FREE)
    once(counting, strategy)
    ran = once(counting, strategy)[0].ran
    replay = ScheduleReplay(ran.choices)
    replay.begin()
    again = once(counting, replay)[0].ran
    return "same" if list(again.choices) == list(ran.choices) else "other"
