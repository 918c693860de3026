"""The clock of a campaign: its budget, its phase, and how far it is.

A budget is seconds, or counts of runs and schedules. Counts are measured in seconds too, in those that a certain
machine takes for them (`lockproof.core.pace`): so the search divides both kinds of budget in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Self

from lockproof.core.options import CheckOptions, Progress, Tell
from lockproof.core.pace import RUN, SCHEDULE

MOST_IDLE: Final = 10.0
"""Seconds at most that a turn with counts spends on scenarios that cannot run or end the process. Their runs do not
count, so nothing else would end it."""

ROOM: Final = 8
"""Schedules that must be left for a further look at a scenario: its first ones are not counted as evidence."""


@dataclass
class Work:
    """What one engine has done: `count` runs or schedules of `each` seconds, and `idle` seconds without any."""

    each: float
    count: int = 0
    idle: float = 0.0

    @property
    def seconds(self) -> float:
        """The seconds of all of it."""
        return self.count * self.each + self.idle

    def fitting(self, seconds: float, most: int) -> int:
        """Return how many fit into so many seconds, at least one and `most` at most."""
        return max(1, min(most, round(seconds / self.each)))


def by_the_clock(seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether so many seconds from now on are not over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


@dataclass
class Turn:
    """What an engine may do until the other goes on. `left` returns the seconds that are left, less than 0 if none are.

    `look` returns the seconds for one scenario, of so many that are wanted. `late`: the turn may go on for a little
    while after its end, so that the engine has run something.
    """

    left: Callable[[], float]
    look: Callable[[float], float]
    late: bool = True


@dataclass
class Clock:
    """Measures a campaign against its budget, and reports its progress.

    `budget` is in seconds. `counts` returns how many scenarios, invocations and findings there are; `tell` gets each
    progress. `most`: how many runs and schedules end the campaign; None: the clock does. `threads` and `schedules` are
    the work of the engines.
    """

    budget: float
    tell: Tell
    counts: Callable[[], tuple[int, int, int]]
    most: tuple[int, int] | None = None
    threads: Work = field(default_factory=lambda: Work(RUN))
    schedules: Work = field(default_factory=lambda: Work(SCHEDULE))
    phase: str = "starting"
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, options: CheckOptions, tell: Tell, counts: Callable[[], tuple[int, int, int]]) -> Self:
        """Return the clock of a check."""
        if not options.counted:
            return cls(options.budget, tell, counts)
        runs, schedules = options.runs or 0, options.schedules or 0
        return cls(runs * RUN + schedules * SCHEDULE, tell, counts, (runs, schedules))

    def restart(self) -> None:
        """Let the budget begin now."""
        self.began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the budget began, by the clock."""
        return time.monotonic() - self.began

    @property
    def spent(self) -> float:
        """Seconds that are spent of the budget."""
        return self.threads.seconds + self.schedules.seconds if self.most else self.elapsed

    def left(self) -> float:
        """Return the seconds that are left of the budget; negative if it is spent."""
        return self.budget - self.spent

    def limit(self, seconds: float) -> Callable[[], bool]:
        """Return a function that tells whether so many seconds of the budget from now on are not spent."""
        end = self.spent + seconds
        return lambda: self.spent < end

    def countdown(self, seconds: float) -> Callable[[], float]:
        """Return a function that returns how many of so many seconds from now on are left, by the clock."""
        end = time.monotonic() + seconds
        return lambda: end - time.monotonic()

    def shares(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Return parts of the budget in turns, for real threads and for schedules, as the counts divide it."""
        if self.most is None:
            return shares
        wanted = self.most[0] * RUN, self.most[1] * SCHEDULE
        parts = sum(shares[::2]), sum(shares[1::2])
        return tuple(each / parts[i % 2] * wanted[i % 2] / self.budget for i, each in enumerate(shares))

    def turn(self, engine: str, share: float, until: float, *, last: bool) -> Turn:
        """Return a turn of an engine with this share of the budget, which leaves `until` seconds; `last`: its last."""
        if self.most is None:
            return Turn(lambda: self.left() - until, lambda seconds: min(seconds, self.left()))
        threads = engine == "threads"
        work, end = (self.threads, self.most[0]) if threads else (self.schedules, self.most[1])
        room, idle = 1 if threads else ROOM, work.idle + MOST_IDLE
        if not last:
            end = min(end, work.count + round(share * self.budget / work.each))

        def left() -> float:
            return (end - work.count) * work.each if end - work.count >= room and work.idle < idle else 0.0

        return Turn(left, lambda seconds: min(seconds, left()), late=False)

    def done(self) -> str:
        """Return how much of the budget is spent, in words."""
        if self.most is None:
            return f"{self.elapsed:.1f} of {self.budget:g} s"
        counts = ((self.threads, self.most[0], "runs"), (self.schedules, self.most[1], "schedules"))
        return " and ".join(f"{work.count:,} of {most:,} {name}" for work, most, name in counts if most)

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """While inside, this is the phase."""
        outer, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = outer

    def progress(self, text: str) -> None:
        """Report the phase, the time, the counts, and in `text` what comes next, a scenario for instance."""
        scenarios, invocations, findings = self.counts()
        budget, counts = (0.0, self.done()) if self.most else (self.budget, "")
        self.tell(Progress(self.phase, self.elapsed, budget, scenarios, invocations, text, findings, counts))
