"""Subjects of the tests of campaigns: small, and each does one thing to itself or to its process."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from typing import Any

from lockproof import Specification, choose, op
from lockproof.core.probes import step_aside


class Claims:
    """Check-then-act without a lock. The call in C between the two is where a thread can lose the GIL."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def taken(self, x: int) -> bool:
        """Tell whether somebody has it."""
        return self._taken.__contains__(x)

    def claim(self, x: int) -> bool:
        """Take it, unless it is taken."""
        if self.taken(x):
            return False
        step_aside()
        self._taken.add(x)
        return True


class LockedClaims(Claims):
    """The twin: the same under a lock."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def taken(self, x: int) -> bool:
        """Tell whether somebody has it."""
        with self._lock:
            return super().taken(x)

    def claim(self, x: int) -> bool:
        """Take it, unless it is taken."""
        with self._lock:
            return super().claim(x)


class _Counted:
    """Notices when two threads are inside at once, and then does what it does."""

    def __init__(self) -> None:
        self._inside = 0

    def enter(self) -> None:
        """Be inside for a moment."""
        self._inside += 1
        step_aside()
        for _ in range(30):
            self._look()
        self._inside -= 1

    def _look(self) -> None:
        """Do something if another thread is inside."""
        if self._inside > 1:
            self._happen()

    def _happen(self) -> None:
        """Do what is to be done."""


class Crashes(_Counted):
    """Reads address zero."""

    def _happen(self) -> None:
        ctypes.string_at(0)


class Exits(_Counted):
    """Ends the process without a word."""

    def _happen(self) -> None:
        os._exit(7)


class Leaves(_Counted):
    """Raises SystemExit in a thread."""

    def _happen(self) -> None:
        sys.exit(3)


class Grows(_Counted):
    """Uses memory without end."""

    def _happen(self) -> None:
        kept = []
        while True:
            kept.append(bytearray(b"x" * 1_000_000))  # not zeros: memory that was never written is not used


class Crossed:
    """Takes two locks in opposite orders."""

    def __init__(self) -> None:
        self._one, self._other = threading.Lock(), threading.Lock()
        self._value = 0

    def forth(self) -> None:
        """Take one, then the other."""
        with self._one:
            step_aside()
            with self._other:
                self._value += 1

    def back(self) -> None:
        """Take the other, then one."""
        with self._other:
            step_aside()
            with self._one:
                self._value -= 1


class Ordered(Crossed):
    """The twin: always in the same order."""

    def back(self) -> None:
        """Take one, then the other."""
        with self._one:
            step_aside()
            with self._other:
                self._value -= 1


class HangsAlone:
    """Takes a lock that it holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def again(self) -> None:
        """Never return."""
        with self._lock, self._lock:
            pass

    def well(self) -> int:
        """Return."""
        return 1


class Spins:
    """Waits for ever without letting the GIL go to anybody for long."""

    def __init__(self) -> None:
        self._turn = 0

    def spin(self) -> None:
        """Never return, if two threads come at once; and be quick otherwise."""
        self._turn += 1
        step_aside()
        for _ in range(30):
            self._look()
        self._turn -= 1

    def _look(self) -> None:
        """Wait while another thread is here."""
        while self._turn != 1:
            pass


class Parent:
    """Starts a process that outlives its caller, if nobody ends it."""

    def spawn(self) -> int:
        """Start a process that sleeps for a minute, once."""
        if not os.path.exists(os.environ["LOCKPROOF_TEST_NOTE"]):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            with open(os.environ["LOCKPROOF_TEST_NOTE"], "w") as note:
                note.write(str(child.pid))
        return 0


class Shares:
    """All its objects share what they count, under a lock: correct, but no two objects are apart."""

    _lock = threading.Lock()
    _claimed: dict[int, set[int]] = {}  # noqa: RUF012  (that is the point)

    def __init__(self) -> None:
        with self._lock:
            self._claimed.clear()

    def claim(self, x: int) -> bool:
        """Take it, unless it is taken."""
        with self._lock:
            taken = self._claimed.setdefault(0, set())
            if x in taken:
                return False
            taken.add(x)
            return True


class NeedsArguments:
    """Cannot be made from nothing."""

    def __init__(self, size: int) -> None:
        self.size = size

    def grow(self) -> int:
        """Grow by one."""
        self.size += 1
        return self.size


def made() -> NeedsArguments:
    """Make one."""
    return NeedsArguments(3)


class Silent(set[Any]):
    """A set whose `__contains__` forgets to return, and that is locked nowhere but needs no more."""

    def __contains__(self, x: object) -> bool:
        super().__contains__(x)
        return None  # type: ignore[return-value]


class Prints:
    """Writes to standard output, which is not its own."""

    def shout(self) -> int:
        """Print."""
        print('{"error": ["not from the harness", "", ""]}', flush=True)
        return 1


class Box:
    """A model of one place: what was put last, or nothing."""

    def __init__(self) -> None:
        self.value: int | None = None

    def swap(self, value: int) -> int | None:
        """Put a value and return the one that was there."""
        old, self.value = self.value, value
        return old


class TornBox(Box):
    """Swaps in two steps, with a call in C between them."""

    def swap(self, value: int) -> int | None:
        """Put a value and return the one that was there, or so it seems."""
        old = self._peek()
        step_aside()
        self.value = value
        return old

    def _peek(self) -> int | None:
        """Return what is there."""
        return vars(self).get("value")


BOX = Specification(TornBox, [op("a.swap(x)", x=[1, 2])], model=Box)
"""A specification as a target."""

NOT_A_CLASS = 5


class AsksWhoAsks:
    """Answers about the thread that asks: no order of calls by one thread explains that."""

    def __init__(self) -> None:
        self._owner: int | None = None

    def own(self) -> bool:
        """Be the owner, if nobody is; tell whether the caller is the owner now."""
        if self._owner is None:
            self._owner = threading.get_ident()
        return self._owner == threading.get_ident()


class Wide:
    """Takes any of very many things, and could wait."""

    def take(self) -> int:
        """Return one of them."""
        return 0


class AnyOfMany:
    """The model of it, with more ways to go on than are tried."""

    def take(self) -> int:
        """Return one of them."""
        return choose(range(5000))


WIDE = Specification(Wide, [op("a.take()")], model=AnyOfMany)
WIDE_AND_WAITING = Specification(Wide, [op("a.take()", blocking=True)], model=AnyOfMany)
