"""Caches, memoizers and values made on first use, in pairs."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, RLock


class BrokenMemo:
    """Looks, computes and stores in three steps: two threads get two values for one key."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._known: dict[int, int] = {}

    def get_or_create(self, key: int, factory: Callable[[], int]) -> int:
        with self._lock:
            if key in self._known:
                return self._known[key]
        value = factory()
        with self._lock:
            self._known[key] = value
        return value

    def __len__(self) -> int:
        with self._lock:
            return len(self._known)


class MendedMemo:
    """The lock is held from the look to the store; it is reentrant for the factory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._known: dict[int, int] = {}

    def get_or_create(self, key: int, factory: Callable[[], int]) -> int:
        with self._lock:
            if key in self._known:
                return self._known[key]
            value = factory()
            self._known[key] = value
        return value

    def __len__(self) -> int:
        with self._lock:
            return len(self._known)


class BrokenFactoryCache:
    """Calls the factory under a lock that is not reentrant: one that asks the cache anything waits for ever."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def compute_if_absent(self, key: int, factory: Callable[[], int]) -> int:
        with self._lock:
            if key not in self._items:
                self._items[key] = factory()
            return self._items[key]

    def invalidate(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class MendedFactoryCache:
    """Calls the factory under a reentrant lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: dict[int, int] = {}

    def compute_if_absent(self, key: int, factory: Callable[[], int]) -> int:
        with self._lock:
            if key not in self._items:
                self._items[key] = factory()
            return self._items[key]

    def invalidate(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class BrokenBoundedCache:
    """Keeps one entry; makes room before it takes the lock to store: by then the room may be gone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def put(self, key: int, value: int) -> None:
        self._make_room(key)
        with self._lock:
            self._items[key] = value

    def _make_room(self, key: int) -> None:
        with self._lock:
            while self._items and key not in self._items:
                self._items.popitem()

    def snapshot(self) -> dict[int, int]:
        with self._lock:
            return dict(self._items)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class MendedBoundedCache:
    """Keeps one entry; makes room and stores under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: dict[int, int] = {}

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._make_room(key)
            self._items[key] = value

    def _make_room(self, key: int) -> None:
        with self._lock:
            while self._items and key not in self._items:
                self._items.popitem()

    def snapshot(self) -> dict[int, int]:
        with self._lock:
            return dict(self._items)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class BrokenLru:
    """`get` renews an entry by taking it out and putting it back, without the lock: in between it is missing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def get(self, key: int) -> int | None:
        value = self._items.pop(key, None)
        if value is not None:
            self._items[key] = value
        return value

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._items.pop(key, None)
            self._items[key] = value
            while len(self._items) > 2:
                self._items.pop(next(iter(self._items)))

    def keys(self) -> list[int]:
        with self._lock:
            return list(self._items)


class MendedLru:
    """`get` changes the order of the entries, so it takes the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def get(self, key: int) -> int | None:
        with self._lock:
            value = self._items.pop(key, None)
            if value is not None:
                self._items[key] = value
            return value

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._items.pop(key, None)
            self._items[key] = value
            while len(self._items) > 2:
                self._items.pop(next(iter(self._items)))

    def keys(self) -> list[int]:
        with self._lock:
            return list(self._items)


class BrokenRowCache:
    """Stores the row first and fills it afterwards: another thread gets it empty."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[int, list[int]] = {}

    def row(self, key: int) -> tuple[int, ...]:
        with self._lock:
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = []
                fresh = True
            else:
                fresh = False
        if fresh:
            row.extend(key * factor for factor in (1, 10))
        return tuple(row)

    def __len__(self) -> int:
        with self._lock:
            return len(self._rows)


class MendedRowCache:
    """Fills the row before the lock is released."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[int, list[int]] = {}

    def row(self, key: int) -> tuple[int, ...]:
        with self._lock:
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = []
                row.extend(key * factor for factor in (1, 10))
        return tuple(row)

    def __len__(self) -> int:
        with self._lock:
            return len(self._rows)


class BrokenLookup:
    """Lets the lock go between the look for the key and the reading: the key may be gone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._lock:
            self._items[key] = value

    def invalidate(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def __contains__(self, key: int) -> bool:
        with self._lock:
            return key in self._items

    def lookup(self, key: int) -> int | None:
        if key in self:
            return self._items[key]
        return None


class MendedLookup:
    """Looks and reads under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._lock:
            self._items[key] = value

    def invalidate(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def __contains__(self, key: int) -> bool:
        with self._lock:
            return key in self._items

    def lookup(self, key: int) -> int | None:
        with self._lock:
            if key in self:
                return self._items[key]
        return None


class BrokenOnce:
    """Does not look a second time when it has the lock: two threads initialize."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._value: int | None = None

    def get(self, factory: Callable[[], int]) -> int:
        if self._value is None:
            with self._lock:
                self._value = factory()
        return self._value

    def is_set(self) -> bool:
        with self._lock:
            return self._value is not None


class MendedOnce:
    """Looks again under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._value: int | None = None

    def get(self, factory: Callable[[], int]) -> int:
        with self._lock:
            if self._value is None:
                self._value = factory()
            return self._value

    def is_set(self) -> bool:
        with self._lock:
            return self._value is not None


class BrokenSettings:
    """Says that it is loaded before it is: those that believe it read nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded = False
        self._values: dict[str, int] = {}

    def option(self, name: str) -> int:
        if not self._loaded:
            with self._lock:
                if not self._loaded:
                    self._loaded = True
                    self._values.update((key, len(key)) for key in ("x", "y"))
        return self._values.get(name, 0)

    def change(self, name: str, value: int) -> None:
        self.option(name)
        with self._lock:
            self._values[name] = value


class MendedSettings:
    """Says that it is loaded when it is, and reads under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded = False
        self._values: dict[str, int] = {}

    def option(self, name: str) -> int:
        with self._lock:
            self._load()
            return self._values.get(name, 0)

    def change(self, name: str, value: int) -> None:
        with self._lock:
            self._load()
            self._values[name] = value

    def _load(self) -> None:
        if not self._loaded:
            self._values.update((key, len(key)) for key in ("x", "y"))
            self._loaded = True
