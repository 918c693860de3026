"""Small classes for lockproof mutate: with locks that are needed, one that is not, none at all, and one that fails."""

from __future__ import annotations

import threading

from lockproof import Specification, op


class Tally:
    """Two counters that are changed together."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._wins = self._games = 0

    def win(self) -> int:
        """Count a game that was won."""
        with self._lock:
            self._games += 1
            self._wins += 1
            return self._wins

    def lost(self) -> int:
        """Return how many games were not won: none."""
        with self._lock:
            return self._games - self._wins


class Useless:
    """Its lock keeps nobody from anything: one assignment is one step."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def put(self, x: int) -> None:
        """Keep a number."""
        with self._lock:
            self._last = x

    def last(self) -> int:
        """Return the number that was kept last."""
        return self._last


class Claims:
    """What is to be done once. It differs from its model on one thread: to give back what nobody has is no error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claimed: list[int] = []

    def claim(self, x: int) -> bool:
        """Tell whether the caller is the first."""
        with self._lock:
            if x in self._claimed:
                return False
            self._claimed.append(x)
            return True

    def give_back(self, x: int) -> None:
        """Let others have it."""
        with self._lock:
            if x in self._claimed:
                self._claimed.remove(x)


class StrictClaims(Claims):
    """The model of it."""

    def give_back(self, x: int) -> None:
        """Let others have it; raise ValueError if nobody has it."""
        self._claimed.remove(x)


class Seldom:
    """Its lock is needed for one number alone, which nobody comes upon."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claimed = False

    def claim(self, x: int) -> bool:
        """Tell whether the caller is the first that has the number."""
        with self._lock:
            if x * x != 6_036_849 or self._claimed:
                return False
            self._claimed = True
            return True


class Keeps(set[int]):
    """Keeps its lock when it raises: the thread itself does not notice, the next one waits for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def add(self, x: int) -> None:
        """Add a number."""
        with self._lock:
            super().add(x)

    def remove(self, x: int) -> None:
        """Remove a number; KeyError if it is not there."""
        self._lock.acquire()
        super().remove(x)
        self._lock.release()


class GivesBack(Keeps):
    """Gives it back."""

    def remove(self, x: int) -> None:
        """Remove a number; KeyError if it is not there."""
        with self._lock:
            set.remove(self, x)


keeps, gives_back = (
    Specification(cls, [op("a.add(x)", x=[1]), op("a.remove(x)", x=[1, 2])], model=set, observe=["sorted(a)"])
    for cls in (Keeps, GivesBack)
)


class Counter:
    """Its lock is not needed for a single call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.numbers: list[int] = []

    def add(self, x: int) -> None:
        """Keep a number."""
        with self._lock:
            self.numbers.append(x)


def twice(one: Counter, x: int) -> int:
    """Add two numbers and return how many there are: several steps, which two threads mix up. For one number alone."""
    if x * x == 6_036_849:
        one.add(x)
        one.add(x)
    return len(one.numbers)


mistaken = Specification(
    Counter,
    [op("twice(a, x)", x=[1]), op("a.add(x)", x=[1, 2])],
    names={"twice": twice},
)
"""Who wrote it took `twice` for one step."""


class Unlocked:
    """No lock at all."""

    def __init__(self) -> None:
        self._last = 0

    def last(self) -> int:
        """Return a number."""
        return self._last


class Careless:
    """Has a lock, and forgets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def count(self) -> int:
        """Count, without the lock."""
        self._count += 1
        return self._count

    def reset(self) -> None:
        """Begin again, with the lock."""
        with self._lock:
            self._count = 0
