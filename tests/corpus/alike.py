"""Classes that have the methods of a set or a mapping and mean something else by them, in pairs.

On one thread they do not do what a set or a dict does, as their documentation says. That is no flaw.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock


class BrokenScores:
    """A mapping of texts in which a missing key has no points; award reads and writes in two steps."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._points: dict[str, int] = {}

    def __getitem__(self, key: int) -> int:
        with self._lock:
            return self._points.get(str(key), 0)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            self._points[str(key)] = value

    def keys(self) -> list[str]:
        with self._lock:
            return sorted(self._points)

    def award(self, key: int) -> None:
        self[key] = self[key] + 1


class MendedScores:
    """Awards under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._points: dict[str, int] = {}

    def __getitem__(self, key: int) -> int:
        with self._lock:
            return self._points.get(str(key), 0)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            self._points[str(key)] = value

    def keys(self) -> list[str]:
        with self._lock:
            return sorted(self._points)

    def award(self, key: int) -> None:
        with self._lock:
            self._points[str(key)] = self._points.get(str(key), 0) + 1


class BrokenRecent:
    """A set of the two latest items, whose add tells whether the item is new; it looks and adds in two steps."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[int] = []

    def __contains__(self, item: int) -> bool:
        with self._lock:
            return item in self._items

    def add(self, item: int) -> bool:
        if item in self:
            return False
        with self._lock:
            self._items = [*self._items, item][-2:]
        return True

    def discard(self, item: int) -> None:
        with self._lock:
            self._items = [each for each in self._items if each != item]


class MendedRecent:
    """Looks and adds under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[int] = []

    def __contains__(self, item: int) -> bool:
        with self._lock:
            return item in self._items

    def add(self, item: int) -> bool:
        with self._lock:
            if item in self._items:
                return False
            self._items = [*self._items, item][-2:]
            return True

    def discard(self, item: int) -> None:
        with self._lock:
            self._items = [each for each in self._items if each != item]


class BrokenMultiset:
    """A set that counts; remove returns how many are left, and counts them before it takes the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[int] = Counter()

    def __contains__(self, item: int) -> bool:
        with self._lock:
            return self._counts[item] > 0

    def add(self, item: int) -> int:
        with self._lock:
            self._counts[item] += 1
            return self._counts[item]

    def remove(self, item: int) -> int:
        left = max(self._counts[item] - 1, 0)
        with self._lock:
            self._counts[item] = left
        return left


class MendedMultiset:
    """Counts under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[int] = Counter()

    def __contains__(self, item: int) -> bool:
        with self._lock:
            return self._counts[item] > 0

    def add(self, item: int) -> int:
        with self._lock:
            self._counts[item] += 1
            return self._counts[item]

    def remove(self, item: int) -> int:
        with self._lock:
            left = max(self._counts[item] - 1, 0)
            self._counts[item] = left
            return left


class BrokenNumbers:
    """A mapping that gives each new key the next number; two threads give one key two numbers."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers: dict[int, int] = {}
        self._last = 0

    def __getitem__(self, key: int) -> int:
        with self._lock:
            number = self._numbers.get(key)
        if number is not None:
            return number
        with self._lock:
            self._last += 1
            self._numbers[key] = self._last
            return self._last

    def __setitem__(self, key: int, number: int) -> None:
        with self._lock:
            self._numbers[key] = number

    def __delitem__(self, key: int) -> None:
        with self._lock:
            self._numbers.pop(key, None)


class MendedNumbers:
    """Looks and gives under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers: dict[int, int] = {}
        self._last = 0

    def __getitem__(self, key: int) -> int:
        with self._lock:
            if key not in self._numbers:
                self._last += 1
                self._numbers[key] = self._last
            return self._numbers[key]

    def __setitem__(self, key: int, number: int) -> None:
        with self._lock:
            self._numbers[key] = number

    def __delitem__(self, key: int) -> None:
        with self._lock:
            self._numbers.pop(key, None)


class BrokenOffers:
    """A mapping whose pop returns None for a missing key; the key is gone when it is popped, which raises KeyError."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._offers: dict[int, int] = {}

    def __getitem__(self, key: int) -> int | None:
        with self._lock:
            return self._offers.get(key)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            self._offers[key] = value

    def pop(self, key: int) -> int | None:
        with self._lock:
            if key not in self._offers:
                return None
        with self._lock:
            return self._offers.pop(key)


class MendedOffers:
    """Looks and pops under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._offers: dict[int, int] = {}

    def __getitem__(self, key: int) -> int | None:
        with self._lock:
            return self._offers.get(key)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            self._offers[key] = value

    def pop(self, key: int) -> int | None:
        with self._lock:
            return self._offers.pop(key, None)


class BrokenSeats:
    """A mapping in which a key is taken once: a second assignment raises. It looks outside the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seats: dict[int, int] = {}

    def __getitem__(self, key: int) -> int | None:
        with self._lock:
            return self._seats.get(key)

    def __setitem__(self, key: int, value: int) -> None:
        if self[key] is not None:
            raise ValueError("taken")
        with self._lock:
            self._seats[key] = value

    def __delitem__(self, key: int) -> None:
        with self._lock:
            self._seats.pop(key, None)


class MendedSeats:
    """Looks and takes under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seats: dict[int, int] = {}

    def __getitem__(self, key: int) -> int | None:
        with self._lock:
            return self._seats.get(key)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            if key in self._seats:
                raise ValueError("taken")
            self._seats[key] = value

    def __delitem__(self, key: int) -> None:
        with self._lock:
            self._seats.pop(key, None)
