"""Subjects of which every behaviour can be run, or which say why not."""

from __future__ import annotations

import threading


class Seen:
    """Two threads write one attribute with no order, and nothing depends on which came last: a harmless data race."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._seen = False

    def hit(self) -> int:
        """Count, and note that somebody was here."""
        self._seen = True
        with self._lock:
            self._count += 1
            return self._count


class SeenInOrder(Seen):
    """The twin: the note is made under the lock."""

    def hit(self) -> int:
        """Count, and note that somebody was here."""
        with self._lock:
            self._seen = True
            self._count += 1
            return self._count


class Lost(Seen):
    """Counts without the lock."""

    def hit(self) -> int:
        """Count."""
        self._count += 1
        return self._count


class ByName(Seen):
    """Reads an attribute by a name that is a value."""

    names = ("_count",)

    def hit(self) -> int:
        """Count."""
        with self._lock:
            self._count += 1
            return int(getattr(self, self.names[0]))


class Behind(Seen):
    """An attribute that is a property with a lock: to write it is a call, and no access."""

    @property
    def seen(self) -> bool:
        """Whether somebody was here."""
        with self._lock:
            return self._seen

    @seen.setter
    def seen(self, new: bool) -> None:
        with self._lock:
            self._seen = new

    def hit(self) -> int:
        """Count, and note that somebody was here."""
        self.seen = True
        with self._lock:
            self._count += 1
            return self._count


class Bag:
    """It looks like a set, and what `discard` returns shows on one thread that it is none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}

    def add(self, item: int) -> int:
        """Return how often it is in the bag now."""
        with self._lock:
            self._counts[item] = self._counts.get(item, 0) + 1
            return self._counts[item]

    def discard(self, item: int) -> bool:
        """Take one out, if there is one."""
        with self._lock:
            left = self._counts.pop(item, 0) - 1
            if left > 0:
                self._counts[item] = left
            return left >= 0

    def __contains__(self, item: int) -> bool:
        with self._lock:
            return item in self._counts
