"""Subjects of which something cannot be judged, each beside a twin of which everything can."""

from __future__ import annotations

import os
import signal
import threading

import lockproof
from lockproof import Specification, op
from lockproof.core.schedule import Point, Ran


def controlled() -> bool:
    """Tell whether this process runs one thread at a time."""
    return type(threading.Lock()).__module__.startswith("lockproof")


class Counter:
    """Loses updates."""

    def __init__(self) -> None:
        self.n = 0

    def bump(self) -> None:
        self.n += 1


class LockedCounter(Counter):
    """Loses none."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def bump(self) -> None:
        with self._lock:
            self.n += 1


class Choosing:
    """A model with free choices that no result ever tells: of two orders, nine states each are to be followed."""

    def __init__(self) -> None:
        self.n = 0
        self.hidden: tuple[int, ...] = ()

    def bump(self) -> None:
        self.n += 1
        self.hidden += (lockproof.choose(range(9)),)


BUMPS = "a.bump() -> a.bump(); a.bump() || a.bump(); a.bump() -> a.n"

hidden_choices = Specification(Counter, [op("a.bump()")], model=Choosing, observe=["a.n"])
no_choices = Specification(LockedCounter, [op("a.bump()")], model=Counter, observe=["a.n"])


class KilledUnderControl(LockedCounter):
    """Another process, like the system when memory is short, ends it while schedules are run."""

    def bump(self) -> None:
        if controlled():
            os.kill(os.getpid(), signal.SIGKILL)
        super().bump()


class CrashesUnderControl(LockedCounter):
    """Ends the process itself while schedules are run."""

    def bump(self) -> None:
        if controlled():
            os.abort()
        super().bump()


class NotMadeUnderControl(LockedCounter):
    """Cannot be made where schedules are run."""

    def __init__(self) -> None:
        if controlled():
            raise RuntimeError("not here")
        super().__init__()


class Refuses:
    """Each call raises, as where no argument is found that a class accepts."""

    def __init__(self) -> None:
        self.n = 0

    def register(self, key: int) -> int:
        if not isinstance(key, str):
            raise TypeError("keys are strings")
        self.n = self.n + 1
        return self.n


class Accepts(Refuses):
    """Takes every argument."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def register(self, key: int) -> int:
        with self._lock:
            self.n = self.n + 1
            return self.n


def see(counter: Counter) -> int:
    return counter.n


def see_nothing(counter: Counter) -> int:
    raise ZeroDivisionError


blind = Specification(LockedCounter, [op("a.bump()")], state=see_nothing)
seeing = Specification(LockedCounter, [op("a.bump()")], state=see)


class Late(LockedCounter):
    """Has an attribute only after a call."""

    def open(self) -> None:
        self.handle = 5


class Proxy:
    """Has what something else has."""

    def __init__(self) -> None:
        self._items: list[int] = []
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> object:
        with self._lock:
            return getattr(self._items, name)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class Slotted:
    """Has no dictionary."""

    __slots__ = ("_lock", "n")

    def __init__(self) -> None:
        self.n = 0
        self._lock = threading.Lock()

    def bump(self, by: int = 1) -> None:
        with self._lock:
            self.n += by


class EndsOnOneThread:
    """Ends its process before anything could be compared; each operation in another way."""

    def one(self) -> None:
        os._exit(3)

    def two(self) -> None:
        os.abort()

    def three(self) -> None:
        os._exit(4)

    def four(self) -> None:
        """Do nothing."""


# Functions that `explore` runs.


def both(one: object, other: object) -> None:
    threads = [threading.Thread(target=each) for each in (one, other)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def many_steps() -> None:
    """Has more schedules than a moment is enough for."""
    counter = Counter()

    def bumps() -> None:
        for _ in range(30):
            counter.bump()

    both(bumps, bumps)
    both(bumps, bumps)


def few_steps() -> None:
    counter = LockedCounter()
    both(counter.bump, counter.bump)
    assert counter.n == 2


_first = [True]


def wrong_once() -> None:
    """Is wrong in the first run of a process, and in no other."""
    counter = LockedCounter()
    both(counter.bump, counter.bump)
    if _first:
        _first.clear()
        raise AssertionError("the first time")


def endless() -> None:
    """One thread never ends, and keeps on changing something: no loop without progress, and no end either."""
    counter = Counter()

    def forever() -> None:
        while True:
            counter.n += 1

    both(forever, counter.bump)


def killed() -> None:
    counter = LockedCounter()
    both(counter.bump, lambda: os.kill(os.getpid(), signal.SIGKILL))


class OneSchedule:
    """A strategy that chooses one schedule."""

    most = 1

    def __init__(self, seed: int) -> None:
        self._begun = 0

    def begin(self) -> bool:
        self._begun += 1
        return self._begun <= self.most

    def choose(self, point: Point) -> int:
        return point.enabled[0]

    def end(self, ran: Ran) -> None:
        """Learn nothing."""


class NoSchedule(OneSchedule):
    """A strategy that chooses none."""

    most = 0
