"""How long work goes on: by the clock, or by counts, so that a slow machine does the same as a fast one.

A check with counts (`--runs`, `--schedules`) has the same limits as one with a budget, in the same unit. But there a
second is what a certain machine does in a second, whatever machine this is: so many runs, schedules or programs. So
all shares of the budget stay as they are, and none depends on the time of day.

The clock is left as a safety: work that takes `SAFETY` times as long as its limit is cut, and the report says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from lockproof.core.own_time import real as time

RUN: Final = 1 / 20_000
SCHEDULE: Final = 1 / 1_000
"""Seconds of a run on real threads, and of a schedule under control."""

PROGRAM: Final = 1 / 5_000
"""Seconds of a program of one thread, with what is observed after it, on the class and on its model."""

MODEL: Final = 1 / 100_000
"""Seconds of one step of the model while outcomes are judged."""

SKIPPED: Final = 1 / 200
DEATH: Final = 0.5
"""Seconds of a scenario that could not run, and of one that ended the process."""

SAFETY: Final = 2000
"""How many times its seconds work by counts may take by the clock."""

BEAT: Final = 1.0
"""Seconds between two signs of life."""


MOST_CROWDED: Final = 10.0


def crowding() -> float:
    """Return how many times as long the same work may take, since so many others want the processors: from 1 to 10.

    What the clock alone shows to hang is run again for so much longer. On two processors with a load of 14, a correct
    class seemed to hang twice in a row, each time for more than 3 s.
    """
    if not hasattr(os, "getloadavg"):
        return 1.0
    return min(max(1.0, os.getloadavg()[0] / (os.process_cpu_count() or 1)), MOST_CROWDED)


class Pace:
    """How this process measures its work. `counted`: by counts; then `done` is the work until now, in seconds.

    `cuts` says what the clock has cut all the same. `beat` is called now and then while work goes on, so that somebody
    who waits can tell a slow machine from a hang. `slower`: how many times as long as usual everything takes here,
    under a sanitizer.
    """

    def __init__(self) -> None:
        self.counted, self.done, self.slower = False, 0.0, 1.0
        self.cuts: dict[str, None] = {}
        self.beat: Callable[[], object] = lambda: None
        self._next_beat = 0.0

    def now(self) -> float:
        """Return the seconds of work since some moment."""
        return self.done if self.counted else float(time.perf_counter())

    def did(self, seconds: float) -> None:
        """Note work that takes so many seconds where work is counted."""
        self.done += seconds
        if self.counted:
            self.goes_on()

    def goes_on(self) -> None:
        """Give a sign of life, unless the last one was given a moment ago."""
        if (now := time.monotonic()) >= self._next_beat:
            self._next_beat = now + BEAT
            self.beat()

    def limit(self, seconds: float, what: str) -> Limit:
        """Return a limit of so many seconds from now on; `what` names the work for the report."""
        return Limit(self, seconds, what)

    def patience(self, seconds: float) -> float:
        """Return how long to wait by the clock for something that should come within so many seconds."""
        return seconds * SAFETY if self.counted else seconds * self.slower

    def took(self) -> list[str]:
        """Return what the clock has cut since the last call."""
        cuts, self.cuts = list(self.cuts), {}
        return cuts


class Limit:
    """A limit for work, in seconds. Only a counted one knows how far it is without the clock."""

    __slots__ = ("_began", "_done", "_pace", "_seconds", "_what")

    def __init__(self, pace: Pace, seconds: float, what: str) -> None:
        self._pace, self._seconds, self._what = pace, seconds, what
        self._began, self._done = time.monotonic(), pace.done

    def left(self) -> float:
        """Return the seconds that are left; negative if there are none."""
        if not self._pace.counted:
            return float(self._seconds - (time.monotonic() - self._began))
        return self._seconds - (self._pace.done - self._done)

    def over(self, part: float = 1.0) -> bool:
        """Tell whether the limit is reached, or this part of it."""
        pace, spent = self._pace, time.monotonic() - self._began
        if not pace.counted:
            return bool(spent >= part * self._seconds)
        if pace.done - self._done >= part * self._seconds:
            return True
        if spent >= SAFETY * max(self._seconds, 1.0):
            pace.cuts[self._what] = None
            return True
        return False


pace = Pace()
"""The pace of this process. A child sets it before it does anything else."""
