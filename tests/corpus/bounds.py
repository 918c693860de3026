"""Classes with a bound that no call with a small number reaches, or no few calls, in pairs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock


class BrokenStoreroom:
    """Two threads find that there is enough, and both take it."""

    def __init__(self, amount: int = 25) -> None:
        self._amount = amount
        self._lock = Lock()

    def take(self, quantity: int) -> bool:
        if quantity > self._amount:
            return False
        with self._lock:
            self._amount -= quantity
        return True

    def deliver(self, quantity: int) -> None:
        with self._lock:
            self._amount += quantity


class MendedStoreroom:
    """One lock for the question and the change."""

    def __init__(self, amount: int = 25) -> None:
        self._amount = amount
        self._lock = Lock()

    def take(self, quantity: int) -> bool:
        with self._lock:
            if quantity > self._amount:
                return False
            self._amount -= quantity
            return True

    def deliver(self, quantity: int) -> None:
        with self._lock:
            self._amount += quantity


class BrokenAllowance:
    """Permits are counted outside of the lock, and more are in use than there are."""

    __slots__ = ("_lock", "_most", "_used")

    def __init__(self, most: int = 8) -> None:
        self._most, self._used = most, 0
        self._lock = Lock()

    def acquire(self, permits: int = 1) -> bool:
        free = self._most - self._used
        if free < permits:
            return False
        with self._lock:
            self._used += permits
            return True

    def used(self) -> int:
        with self._lock:
            return self._used


class MendedAllowance:
    """Permits are counted and taken under one lock."""

    __slots__ = ("_lock", "_most", "_used")

    def __init__(self, most: int = 8) -> None:
        self._most, self._used = most, 0
        self._lock = Lock()

    def acquire(self, permits: int = 1) -> bool:
        with self._lock:
            if self._most - self._used < permits:
                return False
            self._used += permits
            return True

    def used(self) -> int:
        with self._lock:
            return self._used


@dataclass
class BrokenPurse:
    """Two payments are let through where the balance is enough for one."""

    balance: float = 100.0
    lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def pay(self, amount: float) -> bool:
        enough = self.balance >= amount
        with self.lock:
            if enough:
                self.balance -= amount
        return enough


@dataclass
class MendedPurse:
    """A payment looks at the balance under the lock."""

    balance: float = 100.0
    lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def pay(self, amount: float) -> bool:
        with self.lock:
            enough = self.balance >= amount
            if enough:
                self.balance -= amount
            return enough


class BrokenRecentlyUsed:
    """An entry is evicted between the look and the lock."""

    def __init__(self, maxsize: int = 128) -> None:
        self._maxsize = maxsize
        self._entries: OrderedDict[int, int] = OrderedDict()
        self._lock = Lock()

    def get(self, key: int) -> int | None:
        if key not in self._entries:
            return None
        with self._lock:
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._maxsize:
                self._entries.popitem(last=False)


class MendedRecentlyUsed:
    """One lock for the look and the use."""

    def __init__(self, maxsize: int = 128) -> None:
        self._maxsize = maxsize
        self._entries: OrderedDict[int, int] = OrderedDict()
        self._lock = Lock()

    def get(self, key: int) -> int | None:
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: int, value: int) -> None:
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._maxsize:
                self._entries.popitem(last=False)


class BrokenEvents:
    """Two threads find one event too many, and each removes one."""

    def __init__(self, *, max_events: int = 1000) -> None:
        self._max_events = max_events
        self._events: list[str] = []
        self._lock = Lock()

    def add(self, event: str) -> None:
        with self._lock:
            self._events.append(event)
        while len(self._events) > self._max_events:
            with self._lock:
                self._events.pop(0)

    def events(self) -> list[str]:
        with self._lock:
            return self._events.copy()


class MendedEvents:
    """What is too much is removed under the lock that added it."""

    def __init__(self, *, max_events: int = 1000) -> None:
        self._max_events = max_events
        self._events: list[str] = []
        self._lock = Lock()

    def add(self, event: str) -> None:
        with self._lock:
            self._events.append(event)
            while len(self._events) > self._max_events:
                self._events.pop(0)

    def events(self) -> list[str]:
        with self._lock:
            return self._events.copy()
