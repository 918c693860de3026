"""Ends a process whose main thread does not come back, also from code that never releases the GIL."""

from __future__ import annotations

import faulthandler

from lockproof.core.own_time import real as time


class ThreadHung(Exception):
    """One thread did not come back from the lines in `announced`; `stacks` shows where the thread is."""

    def __init__(self, detail: str, stacks: str, announced: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.stacks, self.announced = stacks, announced


class Watchdog:
    """While inside, ends the process and writes its stacks if the main thread announces nothing for `seconds`."""

    _seconds = 0.0
    _wound = 0.0

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
            faulthandler.dump_traceback_later(cls._seconds * 1.1, exit=True)

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        Watchdog._seconds = 0.0
