"""Classes that wait with time limits longer than a hang, for `test_time_limits`."""

from __future__ import annotations

import queue
import threading


class Inbox:
    """Answers None where a queue waits for ever."""

    def __init__(self) -> None:
        self._queue = queue.Queue[int]()

    def put(self, item: int) -> None:
        self._queue.put(item)

    def take(self) -> int | None:
        try:
            return self._queue.get(timeout=30)
        except queue.Empty:
            return None


class Twice:
    """Broken: waits for ever for the lock that it has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entered = 0

    def enter(self) -> bool:
        with self._lock:
            self.entered += 1
            return self._again()

    def _again(self) -> bool:
        return self._lock.acquire()


class OnceMore(Twice):
    """Waits with a time limit that the interpreter itself waits for."""

    def _again(self) -> bool:
        return self._lock.acquire(timeout=30)
