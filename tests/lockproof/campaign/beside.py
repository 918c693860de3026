"""Classes with two flaws, one of which may hide the other, each with its mended twin; and one with a single flaw."""

from __future__ import annotations

import threading


class Shelf:
    """Loses a count where two threads add, and raises where two take the last one."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, x: int) -> int:
        self._counts[x] = self._counts.get(x, 0) + 1
        return self._counts[x]

    def take(self, x: int) -> bool:
        if x in self._counts:
            del self._counts[x]
            return True
        return False


class LockedShelf(Shelf):
    """The mended twin."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, x: int) -> int:
        with self._lock:
            return super().add(x)

    def take(self, x: int) -> bool:
        with self._lock:
            return super().take(x)


class HalfLockedShelf(LockedShelf):
    """Only `add` has a flaw, and only where it meets itself."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0

    def add(self, x: int) -> int:
        self._next = number = self._next + 1
        return number


class LeakyRegister:
    """Leaves its lock taken when it is given an unhashable name, and besides two threads can get one name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[object] = set()

    def note(self, name: object) -> None:
        self._lock.acquire()
        self._names.add(name)
        self._lock.release()

    def known(self, name: object) -> bool:
        with self._lock:
            return name in self._names

    def claim(self, name: object) -> bool:
        if self.known(name):
            return False
        with self._lock:
            self._names.add(name)
        return True


class Register(LeakyRegister):
    """The mended twin."""

    def note(self, name: object) -> None:
        with self._lock:
            self._names.add(name)

    def known(self, name: object) -> bool:
        with self._lock:
            return name in self._names

    def claim(self, name: object) -> bool:
        with self._lock:
            if name in self._names:
                return False
            self._names.add(name)
            return True


class Pulse:
    """Two beats count as one, and a beat between the test and the wait of another thread does not end that wait."""

    def __init__(self) -> None:
        self._event, self._beats = threading.Event(), 0

    def beat(self) -> int:
        self._beats += 1
        self._event.set()
        self._event.clear()
        return self._beats

    def wait_for(self, beat: int) -> bool:
        while self._beats < beat:
            self._event.wait()
        return True


class LockedPulse:
    """The mended twin."""

    def __init__(self) -> None:
        self._changed, self._beats = threading.Condition(), 0

    def beat(self) -> int:
        with self._changed:
            self._beats += 1
            self._changed.notify_all()
            return self._beats

    def wait_for(self, beat: int) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._beats >= beat)
            return True
