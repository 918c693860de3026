"""Pools of things that are lent, in pairs."""

from __future__ import annotations

from threading import Lock, RLock


class BrokenPool:
    """Asks whether something is free before it takes it: another thread takes the last one in between."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._free = [1, 2]

    def available(self) -> int:
        with self._lock:
            return len(self._free)

    def acquire(self) -> int | None:
        if self.available() == 0:
            return None
        with self._lock:
            return self._free.pop()

    def release(self, item: int) -> None:
        with self._lock:
            self._free.append(item)


class MendedPool:
    """Asks and takes under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._free = [1, 2]

    def available(self) -> int:
        with self._lock:
            return len(self._free)

    def acquire(self) -> int | None:
        with self._lock:
            if self.available() == 0:
                return None
            return self._free.pop()

    def release(self, item: int) -> None:
        with self._lock:
            self._free.append(item)


class BrokenReturns:
    """Looks whether a thing is back already before it takes the lock: two threads bring it back twice."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._free = [1, 2]

    def _is_free(self, item: int) -> bool:
        with self._lock:
            return item in self._free

    def borrow(self) -> int | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def give_back(self, item: int) -> bool:
        if self._is_free(item):
            return False
        with self._lock:
            self._free.append(item)
        return True

    def snapshot(self) -> list[int]:
        with self._lock:
            return sorted(self._free)


class MendedReturns:
    """Looks and takes back under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._free = [1, 2]

    def _is_free(self, item: int) -> bool:
        with self._lock:
            return item in self._free

    def borrow(self) -> int | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def give_back(self, item: int) -> bool:
        with self._lock:
            if self._is_free(item):
                return False
            self._free.append(item)
        return True

    def snapshot(self) -> list[int]:
        with self._lock:
            return sorted(self._free)


class BrokenSlots:
    """A free list whose top is swapped if it still has the same number: it may have been taken and given back (ABA)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._top = 1
        self._below = {1: 2, 2: 3, 3: 0}

    def _swap(self, expected: int, top: int) -> bool:
        with self._lock:
            if self._top != expected:
                return False
            self._top = top
            return True

    def take(self) -> int:
        while True:
            top = self._top
            if top == 0 or self._swap(top, self._below[top]):
                return top

    def give(self, slot: int) -> bool:
        if slot in self.snapshot():
            return False
        while True:
            top = self._top
            self._below[slot] = top
            if self._swap(top, slot):
                return True

    def snapshot(self) -> list[int]:
        with self._lock:
            chain: list[int] = []
            slot = self._top
            while slot and slot not in chain:
                chain.append(slot)
                slot = self._below[slot]
            return chain


class MendedSlots:
    """Each operation on the free list is under the lock as a whole."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._top = 1
        self._below = {1: 2, 2: 3, 3: 0}

    def take(self) -> int:
        with self._lock:
            top = self._top
            if top:
                self._top = self._below[top]
            return top

    def give(self, slot: int) -> bool:
        with self._lock:
            if slot in self.snapshot():
                return False
            self._below[slot] = self._top
            self._top = slot
            return True

    def snapshot(self) -> list[int]:
        with self._lock:
            chain: list[int] = []
            slot = self._top
            while slot and slot not in chain:
                chain.append(slot)
                slot = self._below[slot]
            return chain


class BrokenPermits:
    """Compares and subtracts without a lock: only the GIL makes it one step."""

    def __init__(self) -> None:
        self._permits = 1

    def enter(self) -> bool:
        if self._permits > 0:
            self._permits -= 1
            return True
        return False

    def leave(self) -> None:
        self._permits += 1

    def free(self) -> int:
        return self._permits


class MendedPermits:
    """Compares and subtracts under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._permits = 1

    def enter(self) -> bool:
        with self._lock:
            if self._permits > 0:
                self._permits -= 1
                return True
            return False

    def leave(self) -> None:
        with self._lock:
            self._permits += 1

    def free(self) -> int:
        with self._lock:
            return self._permits


class BrokenLeases:
    """Reads what is free and what is lent without the lock: a thing on its way is in neither, or in both."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = [1, 2]
        self._lent: list[int] = []

    def lend(self) -> int | None:
        with self._lock:
            if not self._free:
                return None
            item = self._free.pop()
            self._lent.append(item)
            return item

    def return_all(self) -> int:
        with self._lock:
            count = len(self._lent)
            self._free.extend(self._lent)
            self._lent.clear()
            return count

    def status(self) -> tuple[int, int]:
        return len(self._free), len(self._lent)


class MendedLeases:
    """Reads both under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = [1, 2]
        self._lent: list[int] = []

    def lend(self) -> int | None:
        with self._lock:
            if not self._free:
                return None
            item = self._free.pop()
            self._lent.append(item)
            return item

    def return_all(self) -> int:
        with self._lock:
            count = len(self._lent)
            self._free.extend(self._lent)
            self._lent.clear()
            return count

    def status(self) -> tuple[int, int]:
        with self._lock:
            return len(self._free), len(self._lent)
