"""Classes whose objects share what the class or the module keeps, in pairs: a count, a lock, the class itself.

They are right or wrong only for objects of one class: two classes of the same name have two counts and two locks.
"""

from __future__ import annotations

import itertools
import threading
from typing import ClassVar

_numbers = itertools.count()


class BrokenVault:
    """Each has a number, but the locks are taken in the order of the operands."""

    def __init__(self) -> None:
        self._number, self._lock = next(_numbers), threading.Lock()
        self._gold = 10

    def move(self, other: BrokenVault, amount: int) -> bool:
        if other is self:
            return False
        with self._lock, other._lock:
            if self._gold < amount:
                return False
            self._gold -= amount
            other._gold += amount
            return True

    def gold(self) -> int:
        with self._lock:
            return self._gold


class MendedVault:
    """The locks are taken in the order of the numbers, which the module counts."""

    def __init__(self) -> None:
        self._number, self._lock = next(_numbers), threading.Lock()
        self._gold = 10

    def move(self, other: MendedVault, amount: int) -> bool:
        if other is self:
            return False
        first, second = sorted((self, other), key=lambda each: each._number)
        with first._lock, second._lock:
            if self._gold < amount:
                return False
            self._gold -= amount
            other._gold += amount
            return True

    def gold(self) -> int:
        with self._lock:
            return self._gold


class BrokenPeer:
    """The class counts its objects, and the locks of a link are taken from the higher number by one side alone."""

    _made: ClassVar[itertools.count[int]] = itertools.count()

    def __init__(self) -> None:
        self._serial, self._lock = next(BrokenPeer._made), threading.Lock()
        self._linked = 0

    def link(self, other: BrokenPeer) -> int:
        if other is self:
            return -1
        low, high = (self, other) if self._serial != other._serial else (other, self)
        with low._lock, high._lock:
            self._linked += 1
            other._linked += 1
            return self._linked

    def linked(self) -> int:
        with self._lock:
            return self._linked


class MendedPeer:
    """The class counts its objects, and the lock of the lower number is taken first."""

    _made: ClassVar[itertools.count[int]] = itertools.count()

    def __init__(self) -> None:
        self._serial, self._lock = next(MendedPeer._made), threading.Lock()
        self._linked = 0

    def link(self, other: MendedPeer) -> int:
        if other is self:
            return -1
        low, high = (self, other) if self._serial < other._serial else (other, self)
        with low._lock, high._lock:
            self._linked += 1
            other._linked += 1
            return self._linked

    def linked(self) -> int:
        with self._lock:
            return self._linked


class BrokenPouch:
    """One lock for all of them; it is released between the two halves of a gift."""

    _all = threading.Lock()
    _gifts = 0

    def __init__(self) -> None:
        self._coins = 3

    def give(self, other: BrokenPouch, amount: int) -> bool:
        with BrokenPouch._all:
            if self._coins < amount:
                return False
            self._coins -= amount
        with BrokenPouch._all:
            other._coins += amount
            BrokenPouch._gifts += 1
            return True

    def coins(self) -> int:
        with BrokenPouch._all:
            return self._coins


class MendedPouch:
    """One lock for all of them, held during a gift."""

    _all = threading.Lock()
    _gifts = 0

    def __init__(self) -> None:
        self._coins = 3

    def give(self, other: MendedPouch, amount: int) -> bool:
        with MendedPouch._all:
            if self._coins < amount:
                return False
            self._coins -= amount
            other._coins += amount
            MendedPouch._gifts += 1
            return True

    def coins(self) -> int:
        with MendedPouch._all:
            return self._coins


class BrokenPile:
    """It takes only piles, and holds the lock of one pile at a time: in between, what it takes is nowhere."""

    _lock = threading.Lock()
    _made = 0

    def __init__(self) -> None:
        with BrokenPile._lock:
            BrokenPile._made += 1
        self._stones = 10

    def absorb(self, other: BrokenPile) -> int:
        if not isinstance(other, BrokenPile):
            raise TypeError("only a pile is absorbed")
        with BrokenPile._lock:
            taken, other._stones = other._stones, 0
        with BrokenPile._lock:
            self._stones += taken
        return taken

    def stones(self) -> int:
        with BrokenPile._lock:
            return self._stones


class MendedPile:
    """It takes only piles, in one step."""

    _lock = threading.Lock()
    _made = 0

    def __init__(self) -> None:
        with MendedPile._lock:
            MendedPile._made += 1
        self._stones = 10

    def absorb(self, other: MendedPile) -> int:
        if not isinstance(other, MendedPile):
            raise TypeError("only a pile is absorbed")
        with MendedPile._lock:
            taken, other._stones = other._stones, 0
            self._stones += taken
        return taken

    def stones(self) -> int:
        with MendedPile._lock:
            return self._stones
