"""Classes whose results are objects, or whose users read public attributes, in pairs."""

from __future__ import annotations

from threading import Lock


class _Room:
    """An object without a value: only which one it is can be told."""


class BrokenRooms:
    """Makes the room of a name at its first use; two threads that ask at once get a room each."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    def room(self, name: str) -> _Room:
        if name not in self._rooms:
            self._rooms[name] = _Room()
        return self._rooms[name]


class MendedRooms:
    """Looks and makes under one hold of a lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rooms: dict[str, _Room] = {}

    def room(self, name: str) -> _Room:
        with self._lock:
            if name not in self._rooms:
                self._rooms[name] = _Room()
            return self._rooms[name]


class BrokenKeyed:
    """Hands out a lock for each key. Two threads get different locks for one key, and exclude nobody."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._keyed: dict[int, Lock] = {}

    def guard_of(self, key: int) -> Lock:
        if (found := self._keyed.get(key)) is not None:
            return found
        with self._guard:
            self._keyed[key] = made = Lock()
        return made


class MendedKeyed:
    """Looks once more under the lock."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._keyed: dict[int, Lock] = {}

    def guard_of(self, key: int) -> Lock:
        if (found := self._keyed.get(key)) is not None:
            return found
        with self._guard:
            return self._keyed.setdefault(key, Lock())


class BrokenDesks:
    """A pool that gives a desk away twice: it looks at the first free one, and takes it in a second step."""

    def __init__(self) -> None:
        self._free = [_Room(), _Room()]

    def take(self) -> _Room | None:
        if not self._free:
            return None
        desk = self._free[-1]
        self._free = self._free[:-1]
        return desk


class MendedDesks:
    """Takes the desk under a lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = [_Room(), _Room()]

    def take(self) -> _Room | None:
        with self._lock:
            return self._free.pop() if self._free else None


class BrokenHits:
    """A counter of which the user reads an attribute; its method returns nothing."""

    def __init__(self) -> None:
        self.hits = 0

    def hit(self) -> None:
        hits = self.hits
        self._log(hits)
        self.hits = hits + 1

    def _log(self, hits: int) -> None:
        """Keep no log."""


class MendedHits:
    """Counts under a lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.hits = 0

    def hit(self) -> None:
        with self._lock:
            self.hits += 1


class BrokenSums:
    """Sums with slots for attributes: each update reads, and writes in a second step."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0

    def put(self, number: int) -> None:
        count, total = self.count, self.total
        self._check(number)
        self.count, self.total = count + 1, total + number

    def _check(self, number: int) -> None:
        """Refuse no number."""


class MendedSums:
    """Updates under a lock, whose slot is no data."""

    __slots__ = ("_lock", "count", "total")

    def __init__(self) -> None:
        self._lock = Lock()
        self.count = 0
        self.total = 0

    def put(self, number: int) -> None:
        with self._lock:
            self.count, self.total = self.count + 1, self.total + number


class BrokenTodo:
    """Keeps its entries in a public list, and leaves out what is there: two threads that ask at once both add it."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def note(self, entry: str) -> None:
        if entry not in self.entries:
            self.entries.append(entry)


class MendedTodo:
    """Looks and adds under a lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.entries: list[str] = []

    def note(self, entry: str) -> None:
        with self._lock:
            if entry not in self.entries:
                self.entries.append(entry)
