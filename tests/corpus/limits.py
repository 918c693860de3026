"""Classes with a flaw that lockproof does not show by itself, one for each limit that the guide names.

`docs/lockproof.md` has the list under "What it cannot see"; `test_limits.py` says which sentence each class stands for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Never


class Crowd:
    """Has room for three visitors, and says that there were more: it takes four threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def visit(self) -> bool:
        with self._lock:
            self._inside += 1
            crowded = self._inside > 3
        with self._lock:
            self._inside -= 1
        return crowded


class Kept:
    """Keeps what two sets share, by one call of `set`, which is several steps without the GIL."""

    def __init__(self) -> None:
        self._items = set(range(64))

    def add(self, item: int) -> None:
        self._items.add(item)

    def keep(self) -> None:
        self._items.intersection_update(range(32))

    def has(self, item: int) -> bool:
        return item in self._items


class Miscounted:
    """Counts one too many with each call, on one thread too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def count(self, amount: int) -> int:
        with self._lock:
            self._count += amount + 1
            return self._count

    def reset(self) -> None:
        with self._lock:
            self._count = 0


class Total:
    """What `Miscounted` should do."""

    def __init__(self) -> None:
        self._count = 0

    def count(self, amount: int) -> int:
        self._count += amount
        return self._count

    def reset(self) -> None:
        self._count = 0


class Unread:
    """Loses updates of what no method reads."""

    def __init__(self) -> None:
        self._calls = 0

    def note(self) -> None:
        self._calls += 1


class Wrapped:
    """Makes two objects for one key, and hands each out inside a set."""

    class Item:
        """An object that equals nothing but itself."""

    def __init__(self) -> None:
        self._items: dict[int, Wrapped.Item] = {}

    def find(self, key: int) -> frozenset[Item]:
        if key not in self._items:
            self._items[key] = Wrapped.Item()
        return frozenset((self._items[key],))


class Makes:
    """Returns a function of three parameters, which loses updates."""

    def __init__(self) -> None:
        self._count = 0

    def _bump(self, by: int, times: int, more: int) -> int:
        self._count += by * times + more
        return self._count

    def maker(self) -> Callable[[int, int, int], int]:
        return self._bump


class Nested:
    """Hands out an object whose method hands out another, which loses updates."""

    def __init__(self) -> None:
        self.counts = {"n": 0}

    def session(self) -> Session:
        return Session(self)


class Session:
    """What `Nested` hands out."""

    def __init__(self, owner: Nested) -> None:
        self._owner = owner

    def cursor(self) -> Cursor:
        return Cursor(self._owner)


class Cursor:
    """What a session hands out."""

    def __init__(self, owner: Nested) -> None:
        self._owner = owner

    def bump(self) -> int:
        self._owner.counts["n"] += 1
        return self._owner.counts["n"]


class Copying:
    """Adds the items of another one, of which some may be gone by then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[int] = []

    def add(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def __iter__(self) -> Any:
        with self._lock:
            return iter(list(self._items))

    def take(self, items: Iterable[int]) -> None:
        found = list(items)
        with self._lock:
            self._items += found

    def all(self) -> list[int]:
        with self._lock:
            return list(self._items)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()


class Slotted:
    """Tells a listener twice what it should be told once; it has no room for notes."""

    __slots__ = ("_listeners", "_told")

    def __init__(self) -> None:
        self._told = False
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        self._listeners.append(listener)

    def tell_once(self) -> None:
        if not self._told:
            self._told = True
            for each in self._listeners:
                with suppress(Exception):
                    each()


class Sealed:
    """Something that nobody can make."""

    def __new__(cls) -> Never:
        raise TypeError("not made like that")


class Guarded:
    """Loses updates in a method whose argument cannot be made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def count(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    def feed(self, what: Sealed) -> int:
        if not isinstance(what, Sealed):
            raise TypeError(what)
        self._count += 1
        return self._count


class Spent:
    """Lends two permits; what is given back is lost, with one call at a time too."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(2)

    def take(self) -> None:
        self._free.acquire()

    def give(self) -> None:
        pass
