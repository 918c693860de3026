"""Ends a process whose main thread does not come back, also from code that never releases the GIL.

The timer goes by the clock, since nothing else works while the GIL is held. On a busy machine the clock alone would
call slow work a hang. So the timer gets as many times its seconds as the thread has lately needed for its work: a
thread that waits nine tenths of its time for a processor has ten times as long. Linux counts both; elsewhere the factor
is 1.
"""

from __future__ import annotations

import faulthandler
from contextlib import suppress
from typing import Final, NamedTuple

from lockproof.core.own_time import real as time
from lockproof.engines.threads.patience import LONGEST

_TURNS: Final = "/proc/thread-self/schedstat"
"""Where Linux counts the nanoseconds of the calling thread: on a processor, and ready but without one."""

_LEAST: Final = 20_000_000
"""Nanoseconds, used and waited together, below which a count says nothing yet."""


class ThreadHung(Exception):
    """One thread did not come back from the lines in `announced`; `stacks` shows where the thread is."""

    def __init__(self, detail: str, stacks: str, announced: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.stacks, self.announced = stacks, announced


class ProcessorTime(NamedTuple):
    """Nanoseconds that a thread spent on a processor, and ready without one."""

    used: int = 0
    waited: int = 0


def processor_time() -> ProcessorTime:
    """Return the counts of the calling thread since it began; zeros where the system does not count."""
    with suppress(OSError, ValueError, IndexError), open(_TURNS, encoding="ascii") as file:
        used, waited = file.read().split()[:2]
        return ProcessorTime(int(used), int(waited))
    return ProcessorTime()


def slowness(before: ProcessorTime, now: ProcessorTime) -> float:
    """Return how many times its time the work between two counts took: 1 to `LONGEST`."""
    used, waited = now.used - before.used, now.waited - before.waited
    if used + waited < _LEAST:
        return 1.0
    return min((used + waited) / max(used, 1), float(LONGEST))


class Watchdog:
    """While inside, ends the process and writes its stacks if the main thread announces nothing for `seconds`.

    On a busy machine it waits up to `LONGEST` times as long.
    """

    _seconds = 0.0
    _wound = 0.0
    _last = ProcessorTime()
    _lately = 1.0

    def __init__(self, seconds: float) -> None:
        self._mine = seconds

    def __enter__(self) -> None:
        Watchdog._seconds, Watchdog._wound = self._mine, 0.0
        self.wind_up()

    @classmethod
    def wind_up(cls) -> None:
        """Give the main thread the full time again. This starts a thread of C, so not at each call."""
        now = time.monotonic()
        if cls._seconds and now - cls._wound > cls._seconds / 10:
            cls._wound = now
            faulthandler.dump_traceback_later(cls._seconds * 1.1 * cls._slowness(), exit=True)

    @classmethod
    def _slowness(cls) -> float:
        """Return the greater factor: of the whole life of the thread, or of its last work that is worth counting."""
        now = processor_time()
        if sum(now) - sum(cls._last) >= _LEAST:
            cls._lately, cls._last = slowness(cls._last, now), now
        return max(cls._lately, slowness(ProcessorTime(), now))

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        Watchdog._seconds = 0.0
