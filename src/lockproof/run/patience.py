"""Tells threads that hang from threads that a busy machine keeps waiting.

A thread that waits for ever sleeps in the system; one that spins for ever uses processor time. One that is merely not
given a processor does neither, however long that takes, so the clock alone accuses whoever runs on a busy machine
(measured: with eight threads ready on two processors, correct classes were called hanging within 1 and 11 s).
Linux tells what threads do; elsewhere the clock has to be enough.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LONGEST: Final = 10
"""How many times the bound a thread that is not given a processor is waited for."""

_LOOKS: Final = 3
"""How often in a row all threads must be seen asleep, and without a turn on a processor in between.

With a GIL, whoever looks has it, so others are seen asleep that only wait for it; they wake up again and again.
"""


class Patience:
    """`over` says whether nothing has gone on for `seconds` of a hang. `process` is whose threads are looked at."""

    def __init__(self, seconds: float, process: int | None = None) -> None:
        self._seconds, self._process = seconds, process
        self._looks = 0
        self._states: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Say that something has gone on."""
        self._since, self._used, self._looks = time.monotonic(), self._processor_time(), 0

    def over(self) -> bool:
        """Tell whether the threads hang; to be asked again and again, until they do or have gone on."""
        waited = time.monotonic() - self._since
        if waited <= self._seconds:
            return False
        states = list(thread_states(self._process))
        if not states or waited > LONGEST * self._seconds:
            return True
        asleep, before, self._states = not any(state[0] == "R" for state in states), self._states, states
        if asleep and states == before:
            self._looks += 1
            return self._looks >= _LOOKS
        self._looks = int(asleep)
        return self._processor_time() - self._used > self._seconds / 2

    def _processor_time(self) -> float:
        if self._process is None:
            return time.process_time()
        try:
            fields = Path(f"/proc/{self._process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return 0.0


def thread_states(process: int | None = None) -> Iterator[str]:
    """Yield, for each thread of a process but the calling one, the letter that Linux has for its state.

    Behind it stands how many turns on a processor the thread has had, where that is known.
    """
    folder = Path(f"/proc/{process or os.getpid()}/task")
    me = "" if process is not None else str(threading.get_native_id())
    try:
        threads = [each for each in folder.iterdir() if each.name != me]
    except OSError:
        return
    for thread in threads:
        try:
            state = (thread / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            continue
        try:
            yield state + (thread / "schedstat").read_text("ascii", "replace").split()[2]
        except (OSError, IndexError):
            yield state
