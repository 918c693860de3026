"""Tells threads that hang from threads that a busy machine keeps waiting.

A thread that waits for ever sleeps in the system, and a thread that spins for ever uses processor time. A thread that
gets no processor does neither, however long that takes. So a decision by the clock alone is wrong on a busy machine
(measured with eight ready threads on two processors: correct classes seemed to hang within 1 and 11 s). Linux shows the
state of each thread; on other systems the clock decides.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from lockproof.core.own_time import real as time

LONGEST: Final = 10
"""How many times its bound `Patience` waits for a thread that gets no processor."""

_LOOKS: Final = 3
"""How often in a row all threads must be seen asleep, and without a turn on a processor in between.

The thread that looks has the GIL, so a thread that only waits for the GIL looks asleep too; but it wakes up again and
again.
"""

_SPUN: Final = 0.1
"""The part of the bound that each ready thread must have spent on a processor; with less, the machine is busy.

Of threads that wait for each other in loops, one can use up the process's share of a processor, while another thread
that could end the wait gets none.
"""


_LOOKING: Final = 0.2
_LATE: Final = 2.0
"""Seconds between two looks of `Stillness`, and the seconds after which one is so late that it says nothing."""


class Doing(NamedTuple):
    """What a thread does: its state (Linux's letter), its turns on a processor ("" if unknown), its seconds there."""

    state: str
    turns: str = ""
    used: float = 0.0


class Patience:
    """Decides that threads hang when nothing has gone on for `seconds`.

    `process` is the identifier of the process whose threads count; None for the calling one.
    """

    def __init__(self, seconds: float, process: int | None = None) -> None:
        self._seconds, self._process = seconds, process
        self._looks = 0
        self._before: dict[int, Doing] = {}
        self.renew()

    def renew(self) -> None:
        """Note that something has gone on."""
        self._since, self._looks = time.monotonic(), 0
        self._first: dict[int, Doing] = {}

    def over(self) -> bool:
        """Tell whether the threads hang. Call this again and again: it compares what the threads do over time."""
        waited = time.monotonic() - self._since
        threads = threads_of(self._process) if waited > self._seconds or not self._first else {}
        self._first = self._first or threads
        if waited <= self._seconds:
            return False
        if not threads or waited > LONGEST * self._seconds:
            return True
        before, self._before = self._before, threads
        if all(each.state != "R" for each in threads.values()):
            same = {number: each[:2] for number, each in threads.items()} == {
                number: each[:2] for number, each in before.items()
            }
            self._looks = self._looks + 1 if same else 1
            return self._looks >= _LOOKS
        self._looks = 0
        used = {number: each.used - self._used_first(number) for number, each in threads.items()}
        given = all(used[number] >= _SPUN * self._seconds for number, each in threads.items() if each.state == "R")
        return given and sum(used.values()) > self._seconds / 2

    def _used_first(self, number: int) -> float:
        return self._first[number].used if number in self._first else 0.0


class Stillness:
    """Tells for how long no thread of another process has had a turn on a processor, nor been ready for one.

    A process that waits for one of its own is not still, and neither is one of which the system does not tell, nor one
    at which nobody has looked for a while: it may have been stopped together with the one who looks.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._next: float = time.monotonic()
        self._since = self._next
        self._before: dict[int, tuple[str, str]] = {}

    def seconds(self) -> float:
        """Return the seconds until the last look. Call this again and again: it looks now and then."""
        now = time.monotonic()
        if now >= self._next:
            late, self._next = now - self._next > _LATE, now + _LOOKING
            threads = {number: each[:2] for number, each in threads_of(self._process).items()}
            asleep = bool(threads) and all(state == "S" and turns for state, turns in threads.values())
            if late or not asleep or threads != self._before or _has_children(self._process):
                self._since = now
            self._before = threads
        return float(now - self._since)


def _has_children(process: int) -> bool:
    """Tell whether a process has started others that have not ended; also true if the system does not say."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return any((each / "children").read_text("ascii") for each in tasks)
    except OSError:
        return True


def threads_of(process: int | None = None) -> dict[int, Doing]:
    """Return what each thread of a process does, by its number, without the calling thread; {} where unknown."""
    folder = Path(f"/proc/{process or os.getpid()}/task")
    me = threading.get_native_id()
    found: dict[int, Doing] = {}
    try:
        numbers = [int(each.name) for each in folder.iterdir()]
    except OSError:
        return found
    for number in numbers:
        with suppress(OSError, IndexError, ValueError):
            fields = (folder / f"{number}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            turns = ""
            with suppress(OSError, IndexError):
                turns = (folder / f"{number}/schedstat").read_text("ascii", "replace").split()[2]
            if number != me:
                found[number] = Doing(fields[0], turns, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found
