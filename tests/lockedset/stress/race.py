"""Threads that meet and run against each other, again and again, until a budget is used up.

A round is: `arrange()` makes the state, all workers start on it as nearly at the same moment as the build allows, and
their results are handed back in order. The workers' threads live through all rounds: to start a thread takes longer
than most races last. The calling thread is the first worker.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LIMIT = 10.0
"""Seconds after which a meeting is given up: the other thread hangs."""

yield_processor: Callable[[], object] = getattr(os, "sched_yield", lambda: threading.Event().wait(0))
"""Let another thread run."""


class Hang(Exception):
    """A thread did not come to the meeting within LIMIT seconds."""


@dataclass
class Budget:
    """How long a check may go on: `seconds` of wall-clock time, but at least one round.

    `alive` is called before a round, about once a second, so that a hang need not outlast the budget to be noticed.
    """

    seconds: float
    seed: int
    alive: Callable[[], object] = lambda: None
    rounds: int = 0
    _end: float = field(init=False)
    _next_sign: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def goes_on(self) -> bool:
        """Count a round, and tell whether it may be run."""
        self.rounds += 1
        now = time.monotonic()
        if now >= self._next_sign:
            self._next_sign = now + 1.0
            self.alive()
        return self.rounds == 1 or now < self._end


class _Meeting:
    """A spinning barrier: on a build without the GIL it lets go of all threads within a microsecond.

    `threading.Barrier` wakes its threads one after the other, tens of microseconds apart, so short operations never
    overlap. On a build with the GIL spinning yields the processor, and a small switch interval does the rest.
    """

    def __init__(self, parties: int) -> None:
        self._arrived = [0] * parties
        self.over = False

    def wait(self, party: int) -> None:
        arrived = self._arrived
        arrived[party] += 1
        goal = arrived[party]
        end = time.monotonic() + LIMIT
        turns = 0
        while min(arrived) < goal:
            turns += 1
            if turns > _PATIENCE:
                yield_processor()
                if self.over:
                    raise _Over
                if time.monotonic() > end:
                    raise Hang


class _Over(Exception):
    """There will be no further round."""


_PATIENCE = 0 if sys._is_gil_enabled() else 200
"""How often to look before the processor is yielded. With a GIL, whoever is waited for needs it to come at all."""


def race[S](
    budget: Budget, arrange: Callable[[], S], *workers: Callable[[S], object]
) -> Iterator[tuple[S, list[object]]]:
    """Yield the state and the workers' results of each round. An exception that a worker raises is its result.

    Raises:
        Hang: a worker did not end its round within LIMIT seconds.

    """
    start, end = _Meeting(len(workers)), _Meeting(len(workers))
    results: list[object] = [None] * len(workers)
    state: list[S | None] = [None]

    def work(party: int) -> None:
        start.wait(party)
        try:
            results[party] = workers[party](state[0])  # type: ignore[arg-type]
        except BaseException as error:
            results[party] = error
        end.wait(party)

    def live(party: int) -> None:
        try:
            while True:
                work(party)
        except (_Over, Hang):
            pass

    threads = [threading.Thread(target=live, args=(party,), daemon=True) for party in range(1, len(workers))]
    for thread in threads:
        thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        while budget.goes_on():
            state[0] = arrange()
            work(0)
            yield state[0], list(results)
    finally:
        sys.setswitchinterval(interval)
        start.over = end.over = True
        for thread in threads:
            thread.join(LIMIT)
