"""carter01, deadlock01, sync02, boundedBuffer: threads that wait for each other, or for a signal that is gone."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run

ITEMS = 2


class Carter:
    """Two kinds of users share `room`: the first of a kind to come takes it, the last to go gives it back."""

    def __init__(self) -> None:
        self.door = threading.Lock()
        self.other_door = threading.Lock()
        self.room = threading.Lock()
        self.a = 0
        self.b = 0


def _use_a(s: Carter) -> None:
    with s.door:
        s.a += 1
        if s.a == 1:
            s.room.acquire()
    with s.door:
        s.a -= 1
        if s.a == 0:
            s.room.release()


def _use_b_by(s: Carter, door: threading.Lock) -> None:
    with door:
        s.b += 1
        if s.b == 1:
            s.room.acquire()
    with door:
        s.b -= 1
        if s.b == 0:
            s.room.release()


def _use_b(s: Carter) -> None:
    _use_b_by(s, s.door)


def _use_b_by_other_door(s: Carter) -> None:
    _use_b_by(s, s.other_door)


def _idle(s: Carter) -> None:
    del s


def carter_broken() -> None:
    # deadlock: a takes the room and leaves the door | b holds the door and waits for the room | a waits for the door
    run(Carter(), _use_a, _use_b, _idle, _idle)


def carter_mended() -> None:
    run(Carter(), _use_a, _use_b_by_other_door, _idle, _idle)


class Pair:
    """A counter that takes two locks."""

    def __init__(self) -> None:
        self.lock1 = threading.Lock()
        self.lock2 = threading.Lock()
        self.counter = 1


def _up(s: Pair) -> None:
    with s.lock1, s.lock2:
        s.counter += 1


def _down_in_opposite_order(s: Pair) -> None:
    with s.lock2, s.lock1:
        s.counter -= 1


def _down(s: Pair) -> None:
    with s.lock1, s.lock2:
        s.counter -= 1


def opposite_broken() -> None:
    # deadlock: up takes lock1 | down takes lock2 | each waits for the other's
    run(Pair(), _up, _down_in_opposite_order)


def opposite_mended() -> None:
    run(Pair(), _up, _down)


class Store:
    """A store with one condition for each reason to wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.no_longer_empty = threading.Condition(self.lock)
        self.no_longer_full = threading.Condition(self.lock)
        self.amount = 0


def _produce(s: Store) -> None:
    for _ in range(ITEMS):
        with s.lock:
            while s.amount == ITEMS:
                s.no_longer_full.wait()
            s.amount += 1
            s.no_longer_empty.notify()


def _consume_by_wrong_condition(s: Store) -> None:
    for _ in range(ITEMS):
        with s.lock:
            while s.amount == 0:
                s.no_longer_full.wait()
            s.amount -= 1
            s.no_longer_full.notify()


def _consume(s: Store) -> None:
    for _ in range(ITEMS):
        with s.lock:
            while s.amount == 0:
                s.no_longer_empty.wait()
            s.amount -= 1
            s.no_longer_full.notify()


def sync_broken() -> None:
    # deadlock: consume finds nothing and waits for a signal that only it would send | produce ends
    run(Store(), _produce, _consume_by_wrong_condition)


def sync_mended() -> None:
    run(Store(), _produce, _consume)


class BoundedBuffer:
    """A buffer of one place. Who wants to put and who wants to take wait for the same condition."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self.full = False

    def put(self) -> None:
        with self.changed:
            while self.full:
                self.changed.wait()
            self.full = True
            self.tell()

    def take(self) -> None:
        with self.changed:
            while not self.full:
                self.changed.wait()
            self.full = False
            self.tell()

    def tell(self) -> None:
        """Wake one thread, which may be of the kind that cannot go on: then the signal is lost."""
        self.changed.notify()


class TellingAll(BoundedBuffer):
    """The mended one: all are woken, so one that can go on is among them."""

    def tell(self) -> None:
        self.changed.notify_all()


def _put(s: BoundedBuffer) -> None:
    s.put()


def _take(s: BoundedBuffer) -> None:
    s.take()


def bounded_broken() -> None:
    # deadlock: both takers wait | put wakes one of them, the other put waits | take wakes the other taker, in vain
    run(BoundedBuffer(), _put, _put, _take, _take)


def bounded_mended() -> None:
    run(TellingAll(), _put, _put, _take, _take)
