"""Counters, accounts and other numbers under a lock, in pairs."""

from __future__ import annotations

import threading
from typing import ClassVar


class BrokenCounter:
    """`+=` on an attribute without a lock: only the GIL makes it one step."""

    def __init__(self) -> None:
        self._value = 0

    def increment(self) -> None:
        self._value += 1

    def value(self) -> int:
        return self._value


class MendedCounter:
    """`+=` under the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0

    def increment(self) -> None:
        with self._lock:
            self._value += 1

    def value(self) -> int:
        with self._lock:
            return self._value


class BrokenScore:
    """Reads under the lock and writes under the lock, but lets go in between."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._points = 0

    def value(self) -> int:
        with self._lock:
            return self._points

    def reset(self, points: int) -> None:
        with self._lock:
            self._points = points

    def add(self, points: int) -> int:
        total = self.value() + points
        self.reset(total)
        return total


class MendedScore:
    """Holds the lock from the reading to the writing."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._points = 0

    def value(self) -> int:
        with self._lock:
            return self._points

    def reset(self, points: int) -> None:
        with self._lock:
            self._points = points

    def add(self, points: int) -> int:
        with self._lock:
            total = self.value() + points
            self.reset(total)
            return total


class BrokenTickets:
    """Counts without a lock: two threads get the same number."""

    def __init__(self) -> None:
        self._last = 0

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def current(self) -> int:
        return self._last


class MendedTickets:
    """Each number is given once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next_id(self) -> int:
        with self._lock:
            self._last += 1
            return self._last

    def current(self) -> int:
        with self._lock:
            return self._last


class BrokenVisits:
    """A lock for each thread: no two threads ever wait for each other."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._visits = 0

    def _lock(self) -> threading.RLock:
        if not hasattr(self._local, "lock"):
            self._local.lock = threading.RLock()
        lock: threading.RLock = self._local.lock
        return lock

    def visit(self) -> int:
        with self._lock():
            self._visits = self.count() + 1
            return self._visits

    def count(self) -> int:
        with self._lock():
            return self._visits


class MendedVisits:
    """One lock for all threads."""

    def __init__(self) -> None:
        self._one = threading.RLock()
        self._visits = 0

    def _lock(self) -> threading.RLock:
        return self._one

    def visit(self) -> int:
        with self._lock():
            self._visits = self.count() + 1
            return self._visits

    def count(self) -> int:
        with self._lock():
            return self._visits


class BrokenGauge:
    """`fill` takes the lock of the class, `drain` that of the instance: they do not exclude each other."""

    _guard: ClassVar[threading.RLock] = threading.RLock()

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._level = 0

    def value(self) -> int:
        with self._lock:
            return self._level

    def fill(self, amount: int) -> None:
        with self._guard:
            self._level = self.value() + amount

    def drain(self, amount: int) -> None:
        with self._lock:
            self._level = self.value() - amount


class MendedGauge:
    """Both take the lock of the instance."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._level = 0

    def value(self) -> int:
        with self._lock:
            return self._level

    def fill(self, amount: int) -> None:
        with self._lock:
            self._level = self.value() + amount

    def drain(self, amount: int) -> None:
        with self._lock:
            self._level = self.value() - amount


class BrokenHistogram:
    """Writes two fields under the lock and reads them without it: the buckets do not add up to the total."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[int, int] = {}
        self._total = 0

    def record(self, value: int) -> None:
        with self._lock:
            self._buckets[value] = self._buckets.get(value, 0) + 1
            self._total = sum(self._buckets.values())

    def snapshot(self) -> tuple[int, dict[int, int]]:
        return self._total, dict(self._buckets)


class MendedHistogram:
    """Reads both fields under the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[int, int] = {}
        self._total = 0

    def record(self, value: int) -> None:
        with self._lock:
            self._buckets[value] = self._buckets.get(value, 0) + 1
            self._total = sum(self._buckets.values())

    def snapshot(self) -> tuple[int, dict[int, int]]:
        with self._lock:
            return self._total, dict(self._buckets)


class BrokenLimiter:
    """Asks whether a call is left before it takes one: two threads take the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = 0

    def remaining(self) -> int:
        with self._lock:
            return 2 - self._used

    def allow(self) -> bool:
        if self.remaining() <= 0:
            return False
        with self._lock:
            self._used += 1
        return True


class MendedLimiter:
    """Asks and takes under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._used = 0

    def remaining(self) -> int:
        with self._lock:
            return 2 - self._used

    def allow(self) -> bool:
        with self._lock:
            if self.remaining() <= 0:
                return False
            self._used += 1
        return True


class BrokenAverage:
    """Lets the lock go before the new sums are written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: tuple[int, ...] = ()

    def record(self, sample: int) -> int:
        with self._lock:
            samples = (*self._samples, sample)
        mean = sum(samples) // len(samples)
        self._samples = samples
        return mean

    def count(self) -> int:
        with self._lock:
            return len(self._samples)


class MendedAverage:
    """Lets the lock go when the new sums are written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: tuple[int, ...] = ()

    def record(self, sample: int) -> int:
        with self._lock:
            samples = (*self._samples, sample)
            mean = sum(samples) // len(samples)
            self._samples = samples
        return mean

    def count(self) -> int:
        with self._lock:
            return len(self._samples)


class BrokenWallet:
    """Raises between `acquire` and `release`: the lock is never released."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._coins = 1

    def deposit(self, coins: int) -> None:
        with self._lock:
            self._coins += coins

    def withdraw(self, coins: int) -> None:
        self._lock.acquire()
        if coins > self._coins:
            raise ValueError("not enough coins")
        self._coins -= coins
        self._lock.release()

    def balance(self) -> int:
        with self._lock:
            return self._coins


class MendedWallet:
    """`with` releases the lock on every way out."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._coins = 1

    def deposit(self, coins: int) -> None:
        with self._lock:
            self._coins += coins

    def withdraw(self, coins: int) -> None:
        with self._lock:
            if coins > self._coins:
                raise ValueError("not enough coins")
            self._coins -= coins

    def balance(self) -> int:
        with self._lock:
            return self._coins


class BrokenAccount:
    """The payer's lock is taken first and the other's inside: paying and being paid at once is a deadlock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._balance = 3

    def balance(self) -> int:
        with self._lock:
            return self._balance

    def deposit(self, amount: int) -> None:
        with self._lock:
            self._balance += amount

    def pay(self, other: BrokenAccount, amount: int) -> bool:
        with self._lock:
            if self.balance() < amount:
                return False
            self._balance -= amount
            other.deposit(amount)
            return True

    def collect(self, other: BrokenAccount, amount: int) -> bool:
        return other.pay(self, amount)


class MendedAccount:
    """Both locks are taken in one global order before anything is done."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._balance = 3

    def balance(self) -> int:
        with self._lock:
            return self._balance

    def deposit(self, amount: int) -> None:
        with self._lock:
            self._balance += amount

    def pay(self, other: MendedAccount, amount: int) -> bool:
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            if self.balance() < amount:
                return False
            self._balance -= amount
            other.deposit(amount)
            return True

    def collect(self, other: MendedAccount, amount: int) -> bool:
        return other.pay(self, amount)
