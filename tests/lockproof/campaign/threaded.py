"""Classes that start threads of their own."""

from __future__ import annotations

import queue
import threading


class Worker:
    """Adds amounts up on a thread of its own, which `close` ends."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[int | None] = queue.Queue()
        self._lock = threading.Lock()
        self._done = 0
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                self._done += job

    def submit(self, amount: int) -> None:
        self._jobs.put(amount)

    def done(self) -> int:
        with self._lock:
            return self._done

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()


class Counter:
    """Starts a thread with the first call, which waits until `leave`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, amount: int) -> int:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._over.wait, daemon=True)
                self._thread.start()
            self._count += amount
            return self._count

    def leave(self) -> None:
        self._over.set()
