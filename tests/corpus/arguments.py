"""Classes of which a check must find out how they are called, in pairs.

Another object of an unnamed kind, an annotation that a subclass inherits, a function that a method returns, a token
that differs in each run, a loop that waits for the clock.
"""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, Protocol, cast


class BrokenTill:
    """Takes its own lock and then the other one's; nothing says what `receiver` is."""

    def __init__(self) -> None:
        self._cash = 10
        self._lock = RLock()

    def pay(self, receiver: Any, amount: Any) -> Any:
        with self._lock, receiver._lock:
            if self._cash < amount:
                return False
            self._cash -= amount
            receiver._cash += amount
            return True

    def cash(self) -> int:
        with self._lock:
            return self._cash


class MendedTill(BrokenTill):
    """Takes the two locks in one order."""

    def pay(self, receiver: Any, amount: Any) -> Any:
        first, second = sorted((self, receiver), key=id)
        with first._lock, second._lock:
            return super().pay(receiver, amount)


class _Shelf:
    """The base, which the annotations name."""

    def __init__(self) -> None:
        self._items: set[int] = set()
        self._lock = RLock()

    def put(self, item: int) -> None:
        with self._lock:
            self._items.add(item)

    def items(self) -> set[int]:
        with self._lock:
            return set(self._items)

    def both(self, other: _Shelf) -> set[int]:
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            return self._items | other._items

    def hand_over(self, other: _Shelf, item: int) -> bool:
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            if item not in self._items:
                return False
            self._items.remove(item)
            other._items.add(item)
            return True


class BrokenShelves(_Shelf):
    """Reads the two shelves one after the other: an item that moves meanwhile is on neither."""

    def both(self, other: _Shelf) -> set[int]:
        return other.items() | self.items()


class MendedShelves(_Shelf):
    """Reads both at one moment."""


class _Countable(Protocol):
    def count(self) -> int: ...


class BrokenLevels:
    """Compares with anything that can be counted, in two steps."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = RLock()

    def add(self) -> None:
        with self._lock:
            self._count += 1

    def count(self) -> int:
        with self._lock:
            return self._count

    def level_with(self, rival: _Countable) -> int:
        mine = rival.count() - self.count()
        with self._lock:
            self._count += mine
        return mine


class MendedLevels(BrokenLevels):
    """Both locks are held from the first reading to the change."""

    def level_with(self, rival: _Countable) -> int:
        first, second = sorted((self._lock, cast(Any, rival)._lock), key=id)
        with first, second:
            return super().level_with(rival)


class BrokenQuotas:
    """Limits the calls of what it decorates, and counts them without a lock."""

    def __init__(self) -> None:
        self._left = 2
        self._lock = Lock()

    def limited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            if not self._take():
                raise RuntimeError("no call is left")
            return function(*arguments)

        return call

    def _take(self) -> bool:
        if not self._left:
            return False
        self._left -= 1
        return True

    def left(self) -> int:
        return self._left


class MendedQuotas(BrokenQuotas):
    """Counts under the lock."""

    def _take(self) -> bool:
        with self._lock:
            return super()._take()


class BrokenPlugins:
    """A decorator with an argument registers plugins; two of one name are both let in."""

    def __init__(self) -> None:
        self._plugins: dict[str, Any] = {}
        self._lock = Lock()

    def plugin(self, name: str) -> Callable[[Any], Any]:
        def register(made: Any) -> Any:
            self._enter(name, made)
            return made

        return register

    def _enter(self, name: str, made: Any) -> None:
        if name in self._plugins:
            raise ValueError(f"{name} is taken")
        self._plugins[name] = made

    def names(self) -> list[str]:
        return sorted(self._plugins)


class MendedPlugins(BrokenPlugins):
    """Looks and enters under the lock."""

    def _enter(self, name: str, made: Any) -> None:
        with self._lock:
            super()._enter(name, made)


class BrokenLockers:
    """Gives a random token to the first who asks, or to two that ask at the same time."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}
        self._lock = Lock()

    def reserve(self, locker: str) -> str | None:
        if locker in self._taken:
            return None
        self._taken[locker] = uuid.uuid4().hex
        return self._taken[locker]

    def free(self, locker: str, token: str) -> bool:
        with self._lock:
            if self._taken.get(locker) != token:
                return False
            del self._taken[locker]
            return True


class MendedLockers(BrokenLockers):
    """Looks and takes under the lock."""

    def reserve(self, locker: str) -> str | None:
        with self._lock:
            return super().reserve(locker)


class BrokenBucket:
    """A bucket of tokens; whoever finds none sleeps and looks again. Two take the last one."""

    def __init__(self) -> None:
        self._tokens, self._since = 1.0, time.monotonic()
        self._lock = Lock()

    def _try(self) -> bool:
        now = time.monotonic()
        self._tokens, self._since = min(1.0, self._tokens + (now - self._since)), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def try_take(self) -> bool:
        return self._try()

    def take(self) -> None:
        while not self.try_take():
            time.sleep(0.05)


class MendedBucket(BrokenBucket):
    """Each look holds the lock."""

    def try_take(self) -> bool:
        with self._lock:
            return self._try()
