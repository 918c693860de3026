"""Keeps all threads under control on one processor, if the system lets a process choose.

Only one thread runs at a time, so a second processor brings nothing, and a hand-over to another processor takes longer:
`python -m benchmarks.explorer` measured about twice as many schedules a second on one processor. The system chooses the
processor anew after each `PERIOD`: a thread that may run on one processor only stays there even when another process
keeps that processor busy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from lockproof.core.own_time import real as time

PERIOD: Final = 0.1
"""Seconds after which the processor is chosen anew."""

ASLEEP: Final = 5e-5
"""Seconds of sleep: the system chooses a processor for a thread when the thread wakes up."""

_getaffinity: Final[Any] = getattr(os, "sched_getaffinity", None)

_allowed: Final = frozenset[int](_getaffinity(0) if _getaffinity else ())
"""The processors that this process may use, read before it confines itself to one of them."""


class Processor:
    """The processor of all threads under control, and the time when it is chosen anew."""

    def __init__(self) -> None:
        self._next = 0.0

    def settle(self, others: Iterable[int]) -> None:
        """Move the calling thread and these others, given by native id, to one processor.

        Threads that they start inherit the processor.
        """
        now = time.monotonic()
        if now < self._next or len(_allowed) < 2:
            return
        self._next = now + PERIOD
        with suppress(OSError):  # the system does not allow it, or has no /proc
            os.sched_setaffinity(0, _allowed)
            time.sleep(ASLEEP)
            chosen = {_current()}
            for thread in (0, *others):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, chosen)


def sched_getaffinity(pid: int, /) -> set[int]:
    """Do as `os.sched_getaffinity` would if this process were not confined to one processor.

    A thread pool computes its number of threads from the answer.
    """
    return set(_allowed) if pid in (0, os.getpid()) else _getaffinity(pid)


def _current() -> int:
    """Return the number of the processor that the calling thread runs on."""
    with open("/proc/thread-self/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[36])
