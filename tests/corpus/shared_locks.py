"""Locks with readers and writers that trust their callers, in pairs: to give back what was not taken is not checked."""

from __future__ import annotations

from threading import Condition


class BrokenReaders:
    """The last reader leaves, and does not wake the writer that waits."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers, self._writing = 0, False

    def begin_read(self) -> None:
        with self._changed:
            while self._writing:
                self._changed.wait()
            self._readers += 1

    def end_read(self) -> None:
        with self._changed:
            self._readers -= 1

    def begin_write(self) -> None:
        with self._changed:
            while self._writing or self._readers:
                self._changed.wait()
            self._writing = True

    def end_write(self) -> None:
        with self._changed:
            self._writing = False
            self._changed.notify_all()


class MendedReaders:
    """The last reader wakes the writer: it is the last if none is left, so a caller must not leave twice."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers, self._writing = 0, False

    def begin_read(self) -> None:
        with self._changed:
            while self._writing:
                self._changed.wait()
            self._readers += 1

    def end_read(self) -> None:
        with self._changed:
            self._readers -= 1
            if self._readers == 0:
                self._changed.notify_all()

    def begin_write(self) -> None:
        with self._changed:
            while self._writing or self._readers:
                self._changed.wait()
            self._writing = True

    def end_write(self) -> None:
        with self._changed:
            self._writing = False
            self._changed.notify_all()


class BrokenSharing:
    """The exclusive side is marked as taken after the lock was left: two threads have it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._shares = 0

    def lock_shared(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shares >= 0)
            self._shares += 1

    def unlock_shared(self) -> None:
        with self._changed:
            self._shares -= 1
            if self._shares == 0:
                self._changed.notify_all()

    def lock_exclusive(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shares == 0)
        self._shares = -1

    def unlock_exclusive(self) -> None:
        with self._changed:
            self._shares = 0
            self._changed.notify_all()


class MendedSharing:
    """The exclusive side is marked as taken under the lock."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._shares = 0

    def lock_shared(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shares >= 0)
            self._shares += 1

    def unlock_shared(self) -> None:
        with self._changed:
            self._shares -= 1
            if self._shares == 0:
                self._changed.notify_all()

    def lock_exclusive(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shares == 0)
            self._shares = -1

    def unlock_exclusive(self) -> None:
        with self._changed:
            self._shares = 0
            self._changed.notify_all()


class BrokenDesk:
    """The writer that leaves wakes one thread; where two readers wait, the other one waits for ever."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers = self._writers = 0

    def reader_enter(self) -> None:
        with self._changed:
            while self._writers:
                self._changed.wait()
            self._readers += 1

    def reader_exit(self) -> None:
        with self._changed:
            self._readers -= 1
            if self._readers == 0:
                self._changed.notify_all()

    def writer_enter(self) -> None:
        with self._changed:
            while self._writers or self._readers:
                self._changed.wait()
            self._writers += 1

    def writer_exit(self) -> None:
        with self._changed:
            self._writers -= 1
            self._changed.notify()


class MendedDesk:
    """The writer that leaves wakes all."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers = self._writers = 0

    def reader_enter(self) -> None:
        with self._changed:
            while self._writers:
                self._changed.wait()
            self._readers += 1

    def reader_exit(self) -> None:
        with self._changed:
            self._readers -= 1
            if self._readers == 0:
                self._changed.notify_all()

    def writer_enter(self) -> None:
        with self._changed:
            while self._writers or self._readers:
                self._changed.wait()
            self._writers += 1

    def writer_exit(self) -> None:
        with self._changed:
            self._writers -= 1
            self._changed.notify_all()
