"""Classes with a bound that no call with a small number reaches, in pairs."""

from __future__ import annotations

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
