"""Classes that hand things out, in pairs: blocks of `with`, tokens, and objects with methods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock, RLock
from typing import ClassVar


class BrokenGuests:
    """Counts who is inside. The beginning of a visit reads the number and writes it in two steps."""

    def __init__(self) -> None:
        self._inside = 0

    @contextmanager
    def visit(self) -> Iterator[None]:
        inside = self._inside
        self._inside = inside + 1
        try:
            yield
        finally:
            self._inside -= 1

    def inside(self) -> int:
        return self._inside


class MendedGuests:
    """Each end of a visit holds the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0

    @contextmanager
    def visit(self) -> Iterator[None]:
        with self._lock:
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1

    def inside(self) -> int:
        with self._lock:
            return self._inside


class BrokenLedger:
    """While it is frozen nothing may change, and `note` does not ask for the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._notes: list[int] = []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        with self._lock:
            yield

    def note(self, number: int) -> None:
        self._notes.append(number)

    def strike(self) -> None:
        with self._lock:
            self._notes.clear()

    def count(self) -> int:
        with self._lock:
            return len(self._notes)


class MendedLedger(BrokenLedger):
    """`note` takes the lock too."""

    def note(self, number: int) -> None:
        with self._lock:
            self._notes.append(number)


class BrokenDoor:
    """`with door` counts who is inside, in two steps."""

    def __init__(self) -> None:
        self.inside = 0

    def __enter__(self) -> BrokenDoor:
        inside = self.inside
        self.inside = inside + 1
        return self

    def __exit__(self, *_: object) -> None:
        self.inside -= 1


class MendedDoor:
    """Counts under a lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.inside = 0

    def __enter__(self) -> MendedDoor:
        with self._lock:
            self.inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.inside -= 1


class _Reservation:
    """Seats of a hall that are held for somebody."""

    def __init__(self, hall: BrokenHall, seats: int) -> None:
        self._hall, self._seats = hall, seats

    def cancel(self) -> None:
        self._hall.put_back_seats(self._seats)


class BrokenHall:
    """Seats are reserved under the lock, and a reservation gives them back without it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = 4

    def reserve(self, seats: int) -> _Reservation | None:
        with self._lock:
            if self._free < seats:
                return None
            self._free -= seats
        return _Reservation(self, seats)

    def put_back_seats(self, seats: int) -> None:
        free = self._free
        self._free = free + seats

    def free(self) -> int:
        return self._free


class MendedHall(BrokenHall):
    """Seats come back under the lock too."""

    def put_back_seats(self, seats: int) -> None:
        with self._lock:
            self._free += seats


class BrokenVouchers:
    """Issues vouchers with names. Two threads that hand in the same one can both be paid."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[str, int] = {}
        self._issued = 0

    def issue(self, amount: int) -> str:
        with self._lock:
            self._issued += 1
            name = f"voucher-{self._issued}"
            self._open[name] = amount
            return name

    def pay(self, name: str) -> int:
        if name not in self._open:
            raise LookupError(name)
        amount = self._open[name]
        self._open.pop(name, None)
        return amount


class MendedVouchers(BrokenVouchers):
    """Looks and takes under the lock."""

    def pay(self, name: str) -> int:
        with self._lock:
            return super().pay(name)


class _Meter:
    """Counts, in two steps; with a lock, both are one."""

    def __init__(self, *, locks: bool) -> None:
        self._lock: AbstractContextManager[object] = Lock() if locks else nullcontext()
        self._value = 0

    def count(self) -> int:
        with self._lock:
            value = self._value
            self._value = value + 1
            return value


class BrokenMeters:
    """Makes one meter for each name, under its lock. The meters have none."""

    locks: ClassVar = False

    def __init__(self) -> None:
        self._lock = Lock()
        self._meters: dict[str, _Meter] = {}

    def meter(self, name: str) -> _Meter:
        with self._lock:
            if name not in self._meters:
                self._meters[name] = _Meter(locks=self.locks)
            return self._meters[name]


class MendedMeters(BrokenMeters):
    """Its meters have locks."""

    locks = True
