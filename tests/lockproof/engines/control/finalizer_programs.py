"""Programs with objects that one thread makes and another drops, and whose finalizers change shared state."""

from __future__ import annotations

import threading
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.inside import Seldom, at_most, explore, together


class Box:
    """Holds things, and counts those that have died."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.things = list[Thing]()
        self.dead = 0

    def put(self) -> None:
        with self.lock:
            self.things.append(Thing(self))

    def take(self) -> None:
        with self.lock:
            thing = self.things.pop() if self.things else None
        del thing

    def died(self) -> None:
        # Not under a lock: a thread that is in the middle of this may have to run a finalizer.
        self.dead += 1

    def count(self) -> int:
        return self.dead


class Counting(Box):
    """Counts in one step; waits for the lock before, unless this thread has it."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.deaths = list[int]()

    def died(self) -> None:
        with self.lock:
            self.deaths.append(1)

    def count(self) -> int:
        return len(self.deaths)


class Thing:
    """Tells its box when it dies."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def __del__(self) -> None:
        self.box.died()


def deaths(kind: type[Box], times: int) -> int:
    """Two threads put things into a box, two take some out; then all are dropped. How many deaths were counted?"""
    box = kind()

    def put() -> None:
        for _ in range(times):
            box.put()

    def take() -> None:
        for _ in range(times):
            box.take()

    together(put, take, put, take)
    while box.things:
        box.take()
    return box.count()


def ask_many() -> dict[str, Any]:
    """Runs with many hand-overs: the threads wait for each other nearly at each step."""
    return explore(lambda: deaths(Counting, 3), lambda: RandomWalk(1), Switching.FREE, 100)


def ask_locked() -> dict[str, Any]:
    return explore(lambda: deaths(Counting, 1), at_most(1), Switching.FREE, 200)


def ask_locked_again() -> dict[str, Any]:
    return ask_locked()


def ask_open() -> dict[str, Any]:
    return explore(lambda: deaths(Box, 2), lambda: Seldom(1), Switching.FREE, 500)
