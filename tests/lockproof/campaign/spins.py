"""Locks that wait in loops, as the textbooks have them, each beside one with its classic mistake."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Peterson:
    """For two threads: says that it wants, and then lets the other one go first."""

    def __init__(self) -> None:
        self.wants = [False, False]
        self.turn = 0

    def take(self, me: int) -> None:
        """Wait while the other one wants it and has the turn."""
        self.wants[me] = True
        self.turn = 1 - me
        while self.wants[1 - me] and self.turn != me:
            pass

    def give(self, me: int) -> None:
        """Want it no more."""
        self.wants[me] = False


class PetersonTurnFirst(Peterson):
    """Lets the other one go first before it says that it wants."""

    def take(self, me: int) -> None:
        """Wait while the other one wants it and has the turn."""
        self.turn = 1 - me
        self.wants[me] = True
        while self.wants[1 - me] and self.turn != me:
            pass


class Bakery:
    """For three threads: each draws a number that is greater than all others."""

    def __init__(self) -> None:
        self.draws = [False] * 3
        self.number = [0] * 3

    def take(self, me: int) -> None:
        """Draw a number, and wait for all that have smaller ones."""
        self.draws[me] = True
        self.number[me] = 1 + max(self.number)
        self.draws[me] = False
        self.wait(me)

    def wait(self, me: int) -> None:
        """Wait until everybody has drawn, and then for those with smaller numbers."""
        for other in range(3):
            while self.draws[other]:
                pass
            while self.number[other] and (self.number[other], other) < (self.number[me], me):
                pass

    def give(self, me: int) -> None:
        """Throw the number away."""
        self.number[me] = 0


class BakeryInAHurry(Bakery):
    """Does not say that it draws."""

    def take(self, me: int) -> None:
        """Draw a number, and wait for all that have smaller ones."""
        self.number[me] = 1 + max(self.number)
        self.wait(me)


class Tickets:
    """For any number: a ticket is drawn under a lock, and called by the thread that leaves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drawn = self.called = 0

    def take(self, me: int) -> None:
        """Draw a ticket and wait until it is called."""
        with self.lock:
            mine = self.drawn
            self.drawn = mine + 1
        self.wait(mine)

    def wait(self, mine: int) -> None:
        """Wait until a ticket is called."""
        while self.called != mine:
            pass

    def give(self, me: int) -> None:
        """Call the next one."""
        self.called += 1


class TicketsUnlocked(Tickets):
    """Draws without the lock: a ticket is given out twice, and another one never."""

    def take(self, me: int) -> None:
        """Draw a ticket and wait until it is called."""
        mine = self.drawn
        self.drawn = mine + 1
        self.wait(mine)


def used(lock: Peterson | Bakery | Tickets, threads: int) -> None:
    """Let so many threads take the lock once; nobody else may be inside then."""
    inside: list[int] = []

    def enter(me: int) -> Callable[[], None]:
        def run() -> None:
            lock.take(me)
            inside.append(me)
            assert inside == [me]
            inside.remove(me)
            lock.give(me)

        return run

    started = [threading.Thread(target=enter(me)) for me in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def peterson() -> None:
    """Two threads."""
    used(Peterson(), 2)


def peterson_turn_first() -> None:
    """Two threads."""
    used(PetersonTurnFirst(), 2)


def bakery() -> None:
    """Three threads."""
    used(Bakery(), 3)


def bakery_in_a_hurry() -> None:
    """Three threads."""
    used(BakeryInAHurry(), 3)


def tickets() -> None:
    """Three threads."""
    used(Tickets(), 3)


def tickets_unlocked() -> None:
    """Three threads."""
    used(TicketsUnlocked(), 3)
