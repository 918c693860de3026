"""A class whose flaw needs a scenario that is seldom drawn, its mended twin, and a class with a race that is found."""

from __future__ import annotations

import threading


class Machine:
    """Two calls of `step` race once `load` has been called with 3, and `arm` after that."""

    _careful = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded = self._armed = False
        self._steps = 0

    def load(self, x: int) -> None:
        with self._lock:
            self._loaded = self._loaded or x == 3

    def arm(self) -> None:
        with self._lock:
            self._armed = self._loaded

    def calm(self) -> None:
        with self._lock:
            self._armed = False

    def unload(self) -> None:
        with self._lock:
            self._loaded = False

    def step(self) -> int:
        if self._armed and not self._careful:
            with self._lock:
                seen = self._steps
            with self._lock:
                self._steps = seen + 1
                return seen + 1
        with self._lock:
            self._steps += 1
            return self._steps

    def steps(self) -> int:
        with self._lock:
            return self._steps


class MendedMachine(Machine):
    """The same without the race."""

    _careful = True


RACE = "a.load(3); a.arm() -> a.step() || a.step()"


class Counter:
    """Two calls may count once."""

    def __init__(self) -> None:
        self._lock, self._n = threading.Lock(), 0

    def bump(self) -> int:
        with self._lock:
            n = self._n
        with self._lock:
            self._n = n + 1
        return n + 1


class MendedCounter(Counter):
    """The same without the race."""

    def bump(self) -> int:
        with self._lock:
            self._n += 1
            return self._n
