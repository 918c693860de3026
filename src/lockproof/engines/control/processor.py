"""The one processor that all threads under control run on, if the system lets a process choose.

One of them goes on at a time, so a second processor is of no use, and handing over to it takes longer:
`python -m benchmarks.explorer` measured about twice as many schedules a second with all threads on one. Which one is
asked of the system again and again, since a thread that may run nowhere else keeps its place even beside another
process that is busy there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

PERIOD: Final = 0.1
"""Seconds after which the processor is chosen anew."""

ASLEEP: Final = 5e-5
"""Seconds of sleep that let the system choose: it does so when a thread wakes up."""

_asked: Final[Any] = getattr(os, "sched_getaffinity", None)

_allowed: Final = frozenset[int](_asked(0) if _asked else ())
"""What this process may run on; asked before it is left for one of them."""


class Processor:
    """Where the threads of this process run."""

    def __init__(self) -> None:
        self._next = 0.0

    def settle(self, others: Iterable[int]) -> None:
        """Run the calling thread and these, by their native ids, on one processor. What they start inherits it."""
        now = time.monotonic()
        if now < self._next or len(_allowed) < 2:
            return
        self._next = now + PERIOD
        with suppress(OSError):  # a system that does not allow it, or has no /proc
            os.sched_setaffinity(0, _allowed)
            time.sleep(ASLEEP)
            chosen = {_current()}
            for thread in (0, *others):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, chosen)


def sched_getaffinity(pid: int, /) -> set[int]:
    """Do as `os.sched_getaffinity`: this process may use what it might otherwise.

    A pool has as many threads as that, and a few more.
    """
    return set(_allowed) if pid in (0, os.getpid()) else _asked(pid)


def _current() -> int:
    """Return the number of the processor that the calling thread runs on."""
    with open("/proc/thread-self/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[36])
