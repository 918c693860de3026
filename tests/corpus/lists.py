"""Lists, stacks, buffers and logs, in pairs."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, MutableSequence
from threading import RLock
from typing import Any


class _Storage(MutableSequence[int]):
    """What the abstract class asks for, under the lock; iteration over a snapshot."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: list[int] = []

    def __getitem__(self, index: Any) -> Any:
        with self._lock:
            return self._items[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        with self._lock:
            self._items[index] = value

    def __delitem__(self, index: Any) -> None:
        with self._lock:
            del self._items[index]

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __contains__(self, value: object) -> bool:
        with self._lock:
            return value in self._items

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self._items))

    def __reversed__(self) -> Iterator[int]:
        with self._lock:
            return iter(self._items[::-1])

    def insert(self, index: int, value: int) -> None:
        with self._lock:
            self._items.insert(index, value)


class BrokenSequence(_Storage):
    """`pop`, `append`, `remove` and the others are inherited, each of several steps: two threads pop the same item."""


class MendedSequence(_Storage):
    """What `MutableSequence` makes of several steps is done under the lock; for two sequences under both."""

    def append(self, value: int) -> None:
        with self._lock:
            super().append(value)

    def pop(self, index: int = -1) -> int:
        with self._lock:
            return super().pop(index)

    def remove(self, value: int) -> None:
        with self._lock:
            super().remove(value)

    def reverse(self) -> None:
        with self._lock:
            super().reverse()

    def clear(self) -> None:
        with self._lock:
            super().clear()

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        with self._lock:
            return self._items.index(value, start, len(self._items) if stop is None else stop)

    def count(self, value: Any) -> int:
        with self._lock:
            return self._items.count(value)

    def extend(self, values: Iterable[int]) -> None:
        if isinstance(values, MendedSequence):
            first, second = sorted((self, values), key=id)
            with first._lock, second._lock:
                self._items.extend(values._items)
        else:
            with self._lock:
                super().extend(values)

    def __iadd__(self, values: Iterable[int]) -> MendedSequence:
        self.extend(values)
        return self


class BrokenStack:
    """Asks whether there is an item before it takes one: another thread takes the last one in between."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: list[int] = []

    def push(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def is_empty(self) -> bool:
        with self._lock:
            return len(self._items) == 0

    def pop_or_none(self) -> int | None:
        if self.is_empty():
            return None
        with self._lock:
            return self._items.pop()


class MendedStack:
    """Asks and takes under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: list[int] = []

    def push(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def is_empty(self) -> bool:
        with self._lock:
            return len(self._items) == 0

    def pop_or_none(self) -> int | None:
        with self._lock:
            if self.is_empty():
                return None
            return self._items.pop()


class BrokenRing:
    """Writes to a place and moves on without a lock: two threads write to the same place."""

    def __init__(self) -> None:
        self._slots = [0, 0, 0]
        self._written = 0

    def write(self, item: int) -> None:
        self._slots[self._written % 3] = item
        self._written += 1

    def snapshot(self) -> list[int]:
        return list(self._slots)


class MendedRing:
    """Writes and moves on under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._slots = [0, 0, 0]
        self._written = 0

    def write(self, item: int) -> None:
        with self._lock:
            self._slots[self._written % 3] = item
            self._written += 1

    def snapshot(self) -> list[int]:
        with self._lock:
            return list(self._slots)


class BrokenHistory:
    """Looks whether it is full, and lets the lock go before it drops the oldest line and writes the new one."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._lines: list[int] = []

    def size(self) -> int:
        with self._lock:
            return len(self._lines)

    def record(self, line: int) -> None:
        full = self.size() >= 2
        with self._lock:
            if full:
                del self._lines[0]
            self._lines.append(line)

    def last(self) -> tuple[int, ...]:
        with self._lock:
            return tuple(self._lines)


class MendedHistory:
    """Looks, drops and writes under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._lines: list[int] = []

    def size(self) -> int:
        with self._lock:
            return len(self._lines)

    def record(self, line: int) -> None:
        with self._lock:
            full = self.size() >= 2
            if full:
                del self._lines[0]
            self._lines.append(line)

    def last(self) -> tuple[int, ...]:
        with self._lock:
            return tuple(self._lines)


class BrokenRanking:
    """Finds the place without the lock: when it inserts, the place is another one."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._scores: list[int] = []

    def insert(self, score: int) -> int:
        place = bisect(self._scores, score)
        with self._lock:
            self._scores.insert(place, score)
        return place

    def best(self) -> int | None:
        with self._lock:
            return self._scores[-1] if self._scores else None

    def snapshot(self) -> list[int]:
        with self._lock:
            return list(self._scores)


class MendedRanking:
    """Finds the place and inserts under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._scores: list[int] = []

    def insert(self, score: int) -> int:
        with self._lock:
            place = bisect(self._scores, score)
            self._scores.insert(place, score)
        return place

    def best(self) -> int | None:
        with self._lock:
            return self._scores[-1] if self._scores else None

    def snapshot(self) -> list[int]:
        with self._lock:
            return list(self._scores)


class BrokenJournal:
    """Appends the entry first and writes it afterwards: a reader sees an entry that is half written."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._entries: list[list[int]] = []

    def write(self, number: int) -> None:
        entry: list[int] = []
        with self._lock:
            self._entries.append(entry)
        entry.append(number)
        entry.append(-number)

    def entries(self) -> list[list[int]]:
        with self._lock:
            return [list(entry) for entry in self._entries]


class MendedJournal:
    """Writes the entry and appends it when it is whole."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._entries: list[list[int]] = []

    def write(self, number: int) -> None:
        entry: list[int] = []
        entry.append(number)
        entry.append(-number)
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[list[int]]:
        with self._lock:
            return [list(entry) for entry in self._entries]


class BrokenPlaylist:
    """A generator that takes the lock for each item: the list changes between two items."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._songs: list[int] = []

    def add(self, song: int) -> None:
        with self._lock:
            self._songs.append(song)

    def skip(self) -> int | None:
        with self._lock:
            return self._songs.pop(0) if self._songs else None

    def all(self) -> Iterator[int]:
        place = 0
        while place < len(self._songs):
            with self._lock:
                yield self._songs[place]
            place += 1


class MendedPlaylist:
    """An iterator over a snapshot."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._songs: list[int] = []

    def add(self, song: int) -> None:
        with self._lock:
            self._songs.append(song)

    def skip(self) -> int | None:
        with self._lock:
            return self._songs.pop(0) if self._songs else None

    def all(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self._songs))


class BrokenBasket:
    """Its iterator is a generator that holds the lock while the loop runs, and the loop takes another basket's lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: list[int] = []

    def add(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            yield from tuple(self._items)

    def copy_to(self, other: BrokenBasket) -> None:
        for item in self:
            other.add(item)

    def copy_from(self, other: BrokenBasket) -> None:
        other.copy_to(self)


class MendedBasket:
    """Iterates over a snapshot, and copies under both locks, taken in one global order."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: list[int] = []

    def add(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(tuple(self._items))

    def copy_to(self, other: MendedBasket) -> None:
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            for item in self:
                other.add(item)

    def copy_from(self, other: MendedBasket) -> None:
        other.copy_to(self)


class BrokenRoster:
    """Strikes the names of another roster one by one."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._names: list[int] = []

    def enter(self, name: int) -> None:
        with self._lock:
            self._names.append(name)

    def strike_all(self, names: Iterable[int]) -> None:
        for each in names:
            with self._lock:
                if each in self._names:
                    self._names.remove(each)

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self._names))

    def __len__(self) -> int:
        with self._lock:
            return len(self._names)


class MendedRoster(BrokenRoster):
    """Reads what it is given, whatever that is, and then strikes it in one step."""

    def strike_all(self, names: Iterable[int]) -> None:
        gone = list(names)
        with self._lock:
            self._names = [each for each in self._names if each not in gone]
