"""Classes that start threads of their own, in pairs: what these threads do is no fault of the calls."""

from __future__ import annotations

import queue
import threading


class _Diary:
    """Writes lines on a thread that the first line starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._count = self._sum = 0

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with self._lock:
                self._sum += line

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, daemon=True)
            self._thread.start()

    def written(self) -> int:
        with self._lock:
            return self._sum


class BrokenDiary(_Diary):
    """Counts lines outside the lock: two lines get one number."""

    def write(self, line: int) -> int:
        number = self._count
        with self._lock:
            self._begin()
        self._lines.put(line)
        self._count = number + 1
        return number


class MendedDiary(_Diary):
    """Counts under the lock."""

    def write(self, line: int) -> int:
        with self._lock:
            number = self._count
            self._begin()
            self._count = number + 1
        self._lines.put(line)
        return number


class _Press:
    """Prints at most two sheets at a time on a thread that the constructor starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[int] = []
        self._printed = 0
        self._start = threading.Event()
        threading.Thread(target=self._print, daemon=True).start()

    def _print(self) -> None:
        self._start.wait()
        with self._lock:
            self._printed += len(self._waiting)
            self._waiting.clear()

    def print(self) -> None:
        self._start.set()

    def printed(self) -> int:
        with self._lock:
            return self._printed


class BrokenPress(_Press):
    """Looks for room outside the lock: three sheets are let in where there is room for two."""

    def feed(self, sheet: int) -> bool:
        if len(self._waiting) >= 2:
            return False
        with self._lock:
            self._waiting.append(sheet)
        return True


class MendedPress(_Press):
    """Looks for room under the lock."""

    def feed(self, sheet: int) -> bool:
        with self._lock:
            if len(self._waiting) >= 2:
                return False
            self._waiting.append(sheet)
        return True


class _Reminder:
    """Calls back an hour after the last event, by a timer that each event sets anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._events = self._calls = 0

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(3600.0, self._call)
        self._timer.daemon = True
        self._timer.start()

    def _call(self) -> None:
        with self._lock:
            self._calls += 1

    def calls(self) -> int:
        with self._lock:
            return self._calls


class BrokenReminder(_Reminder):
    """Sets the timer under the lock, and counts events outside it."""

    def event(self) -> int:
        number = self._events
        with self._lock:
            self._set()
        self._events = number + 1
        return number


class MendedReminder(_Reminder):
    """Does both under the lock."""

    def event(self) -> int:
        with self._lock:
            number = self._events
            self._set()
            self._events = number + 1
            return number
