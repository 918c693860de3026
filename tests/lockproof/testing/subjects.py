"""Subjects and models for what a `Specification` can say; each that is broken has a twin that is not.

The broken ones step aside between their steps, so that a standard build soon lets another thread in.
"""

from __future__ import annotations

import threading
from collections import deque

import lockproof
from lockproof.core.probes import step_aside


class Bag:
    """`get` may return any element: the class promises no order."""

    def __init__(self) -> None:
        self._items: set[int] = set()
        self._lock = threading.Lock()

    def put(self, x: int) -> None:
        """Put an element in."""
        with self._lock:
            self._items.add(x)

    def get(self) -> int | None:
        """Take the greatest element out, or return None."""
        with self._lock:
            if not self._items:
                return None
            x = max(self._items)
            self._items.remove(x)
            return x


class TornBag(Bag):
    """Two threads may be given the same element."""

    def get(self) -> int | None:
        """Look, and then take."""
        x = max(self._items.copy(), default=None)
        step_aside()
        if x is not None:
            self._items.discard(x)
        return x


class AnyBag:
    """The model: any element may come out."""

    def __init__(self) -> None:
        self.items: set[int] = set()

    def put(self, x: int) -> None:
        """Put an element in."""
        self.items.add(x)

    def get(self) -> int | None:
        """Take any element out."""
        if not self.items:
            return None
        x = lockproof.choose(sorted(self.items))
        self.items.remove(x)
        return x


class LeastBag(AnyBag):
    """A model that allows too little: only the least element comes out."""

    def get(self) -> int | None:
        """Take the least element out."""
        if not self.items:
            return None
        x = min(self.items)
        self.items.remove(x)
        return x


class Tickets:
    """Returns unique numbers that start anywhere, so only the type of a result can be compared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def ticket(self) -> int:
        """Return a number that no other call returned."""
        with self._lock:
            return id(object()) ^ threading.get_ident()


class OneWriter:
    """A counter for one writer at a time: two threads must not call `add` at the same time."""

    def __init__(self) -> None:
        self._total = 0

    def add(self) -> None:
        """Add one, in two steps."""
        total = self._total
        step_aside()
        self._total = total + 1

    def total(self) -> int:
        """Return how many were added."""
        return self._total


class Handover:
    """`take` waits until another thread has given something."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._given = threading.Condition()

    def give(self, x: int) -> None:
        """Give, and wake one that waits."""
        with self._given:
            self._items.append(x)
            self._given.notify()

    def take(self) -> int:
        """Wait until there is something, and take it."""
        with self._given:
            while not self._items:
                self._given.wait()
            return self._items.popleft()


class SleepyHandover(Handover):
    """Broken: `give` wakes no thread that waits."""

    def give(self, x: int) -> None:
        """Give, and wake no thread."""
        with self._given:
            self._items.append(x)


class HandoverModel:
    """The model: `take` blocks where there is nothing."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def give(self, x: int) -> None:
        """Give."""
        self.items.append(x)

    def take(self) -> int:
        """Take the oldest."""
        if not self.items:
            lockproof.block()
        return self.items.pop(0)


class Pair:
    """Two numbers that change together and are never read by an operation."""

    def __init__(self) -> None:
        self.left: list[int] = []
        self.right: list[int] = []
        self._lock = threading.Lock()

    def push(self, x: int) -> None:
        """Append to both."""
        with self._lock:
            self.left.append(x)
            self.right.append(x)


class TornPair(Pair):
    """Appends without a lock, so that the two can end in different orders."""

    def push(self, x: int) -> None:
        """Append to one, and then to the other."""
        self.left.append(x)
        step_aside()
        self.right.append(x)
