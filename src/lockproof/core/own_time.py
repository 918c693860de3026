"""The time of a run: it stands still while the subject computes, whatever the machine does meanwhile.

The time passes when the subject sleeps, when a time limit runs out, and by the operation `time_passes(seconds)`, which
scenarios have where the class reads a clock. So an entry expires between two operations of a scenario, and never
because the machine was busy. Each run, and each run of the model, begins at the same time: what a class answers by the
clock is the same in all of them.

A loop that waits for the clock must come to its end. So after `STILL` looks at the clock without anything in between,
each further look lets time pass, and the more, the longer the loop goes on.

`install` replaces the functions of `time`, and `datetime.now`, for code that is imported afterwards. The engine of
controlled schedules has functions of its own (`primitives`), which read the same clock. Code of lockproof uses `real`.
"""

from __future__ import annotations

import datetime as datetime_module
import os
import threading
import time
from _thread import allocate_lock, get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime as RealDatetime
from types import FrameType, SimpleNamespace
from typing import Any, Final

from lockproof.core.interpreter import QUEUE_TIME, THREADING_TIME, get_frame

BEGIN: Final = 1000.0
"""What `monotonic` and `perf_counter` return at the beginning of a run, in seconds."""

DATE: Final = 1_700_000_000.0
"""What `time.time` returns at the beginning of a run: 14 November 2023."""

STILL: Final = 200
"""Looks at the clock in a run after which time passes with each further look."""

SLEPT: Final = 0.001
"""Most real seconds that a sleep takes in a thread of lockproof. A thread of the subject sleeps as long as it asks."""

MET: Final = 0.02
AWAITED: Final = 1.0
"""Most real seconds that a wait with a time limit takes in a thread of lockproof, where another thread of lockproof may
end it, and where a thread of the subject may. Where neither runs, nothing can end it, and the limit is over at once."""

PASSING: Final = "time_passes"
"""The name of the operation that lets time pass."""

real: Final = SimpleNamespace(
    time=time.time,
    monotonic=time.monotonic,
    perf_counter=time.perf_counter,
    sleep=time.sleep,
    time_ns=time.time_ns,
    process_time=time.process_time,
)
"""The functions of `time` as they were when this module was imported, for code of lockproof."""

_LIBRARY: Final = os.path.dirname(threading.__file__) + os.sep
_OWN: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class OwnTime:
    """The clock of the present run.

    `now` is its time in seconds; `was_read`: code of the subject has read a clock in any run. `parallel`: threads of
    lockproof run at the same time; `has_threads`: the subject has started threads.
    """

    def __init__(self) -> None:
        self.now = BEGIN
        self.was_read = self.parallel = self.has_threads = False
        self._looks, self._still = 0, STILL
        self._lock = allocate_lock()
        self._own_threads: set[int] = set()

    def begin(self, runs: int = 1) -> None:
        """Begin a run, or so many at the same time: the looks at the clock are then those of all of them together."""
        self.now, self._looks, self._still = BEGIN, 0, STILL * runs

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._looks = 0
            self.now += max(seconds, 0.0)

    def look(self, frame: FrameType) -> float:
        """Return the time, for code in this frame."""
        if not self.was_read:
            file = frame.f_code.co_filename
            library = file.startswith(_LIBRARY) and "site-packages" not in file
            self.was_read = not library and not file.startswith((_OWN, "<frozen "))
        self._looks += 1
        if self._looks > self._still:
            with self._lock:
                self.now += 0.001 * 2.0 ** min((self._looks - self._still) // 50, 30)
        return self.now

    def adopt(self) -> None:
        """Say of the calling thread that it belongs to lockproof to its end: its sleeps need no real time."""
        self._own_threads.add(get_ident())

    @contextmanager
    def adopted(self) -> Iterator[None]:
        """Adopt the calling thread for as long as this lasts: later another thread may have its number."""
        if (ident := get_ident()) in self._own_threads:
            yield
            return
        self._own_threads.add(ident)
        try:
            yield
        finally:
            self._own_threads.discard(ident)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and let other threads run meanwhile."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        real.sleep(min(seconds, SLEPT) if get_ident() in self._own_threads else seconds)
        self.advance(seconds)

    def waits(self, seconds: float) -> float:
        """Return how many real seconds a wait with this limit takes in the calling thread, if nothing ends it."""
        if get_ident() not in self._own_threads:
            return seconds
        return min(seconds, AWAITED if self.has_threads else MET if self.parallel else 0.0)


own_time: Final = OwnTime()


def time_passes(seconds: float) -> None:
    """Let so many seconds pass: an operation of scenarios."""
    _passing(seconds)


_passing = own_time.advance  # replaced under control


def passing_through(function: Any) -> None:
    """Have `time_passes` call this function."""
    globals()["_passing"] = function


# In place of the functions of `time`.


def _monotonic() -> float:
    return own_time.look(get_frame(1))


def _time() -> float:
    return own_time.look(get_frame(1)) - BEGIN + DATE


def _monotonic_ns() -> int:
    return nanoseconds(own_time.look(get_frame(1)))


def _time_ns() -> int:
    return nanoseconds(own_time.look(get_frame(1)) - BEGIN + DATE)


def _sleep(seconds: Any, /) -> None:
    own_time.sleep(seconds)


def nanoseconds(seconds: float) -> int:
    """Return a time in nanoseconds."""
    return round(seconds * 1e9)


class _LikeDatetime(type):
    """The type of a class that takes the place of `datetime`: each date is an instance of it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, RealDatetime) if cls is _Datetime else type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, RealDatetime) if cls is _Datetime else type.__subclasscheck__(cls, subclass)


class _Datetime(RealDatetime, metaclass=_LikeDatetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        _note(get_frame(1))
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        _note(get_frame(1))
        return cls.fromtimestamp(time.time(), datetime_module.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        _note(get_frame(1))
        return cls.fromtimestamp(time.time())

    def __repr__(self) -> str:
        return f"datetime.{super().__repr__()}"


_Datetime.__module__, _Datetime.__name__, _Datetime.__qualname__ = "datetime", "datetime", "datetime"


def _note(frame: FrameType) -> None:
    own_time.look(frame)


def install_dates() -> None:
    """Have `datetime.now` return the time of the run, for code that is imported from now on."""
    datetime_module.datetime = _Datetime  # type: ignore[misc]


def install() -> None:
    """Replace the clocks for code that is imported from now on. The calling thread belongs to lockproof."""
    own_time.adopt()
    time.sleep, time.monotonic, time.perf_counter, time.time = _sleep, _monotonic, _monotonic, _time
    time.monotonic_ns, time.perf_counter_ns, time.time_ns = _monotonic_ns, _monotonic_ns, _time_ns
    install_dates()
    wait = threading.Condition.wait

    def waited(self: threading.Condition, timeout: float | None = None) -> bool:
        if timeout is None:
            return wait(self)
        notified = wait(self, own_time.waits(timeout))
        if not notified:
            own_time.advance(timeout)
        return notified

    threading.Condition.wait = waited  # type: ignore[method-assign]
    # What is built on it loops until its time limit is over, by a clock of its own.
    THREADING_TIME.replace(_monotonic)
    QUEUE_TIME.replace(_monotonic)
