"""Ten small tests, each with a planted race, for `python -m benchmarks.races_in_tests`. Each passes alone and in turns.

Most windows open once for an object, or need three steps of two threads in one order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest


class Counter:
    """Lost update: two threads read the same value."""

    def __init__(self) -> None:
        self.value = 0
        self.calls: list[int] = []

    def add(self) -> None:
        self.calls.append(1)
        self.value += 1


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    yield made
    assert made.value == len(made.calls)


def test_lost_update(counter: Counter) -> None:
    counter.add()


_made: object | None = None


def singleton() -> object:
    """Make an object at the first call in a process."""
    global _made
    if _made is None:
        _made = object()
    return _made


def test_made_twice() -> None:
    assert singleton() is singleton()


class Job:
    """Check, then act: a job that is claimed twice."""

    def __init__(self) -> None:
        self.claimed = False
        self.runs: list[int] = []

    def run_once(self) -> None:
        if not self.claimed:
            self.claimed = True
            self.runs.append(1)


@pytest.fixture
def job() -> Iterator[Job]:
    made = Job()
    yield made
    assert len(made.runs) == 1


def test_claimed_twice(job: Job) -> None:
    job.run_once()


class Settings:
    """Published too early: the flag is set before the value."""

    def __init__(self) -> None:
        self.loaded = False
        self.value: int | None = None

    def get(self) -> int | None:
        if not self.loaded:
            self.loaded = True
            self.value = 7
        return self.value


@pytest.fixture
def loading() -> Settings:
    return Settings()


def test_published_early(loading: Settings) -> None:
    assert loading.get() == 7


class Transfer:
    """Two locks, taken in the other order by every second call, for one step."""

    def __init__(self) -> None:
        self.locks = threading.Lock(), threading.Lock()
        self.turns = iter(range(1_000_000))

    def move(self) -> None:
        turn = next(self.turns) % 2
        with self.locks[turn], self.locks[1 - turn]:
            pass


@pytest.fixture
def transfer() -> Transfer:
    return Transfer()


def test_order_of_locks(transfer: Transfer) -> None:
    transfer.move()


class Bounded:
    """Eviction: two threads find the cache full, and drop the same oldest key."""

    def __init__(self) -> None:
        self.kept = dict.fromkeys(range(8))
        self.keys = iter(range(8, 1_000_000))

    def put(self) -> None:
        if len(self.kept) >= 8:
            oldest = next(iter(self.kept))
            del self.kept[oldest]
        self.kept[next(self.keys)] = None


@pytest.fixture
def bounded() -> Bounded:
    return Bounded()


def test_evicted_twice(bounded: Bounded) -> None:
    bounded.put()


class Connection:
    """Closed while another thread opens it: three steps of two threads."""

    def __init__(self) -> None:
        self.users, self.closed = 0, False
        self.lock = threading.Lock()

    def use(self) -> None:
        with self.lock:
            if self.closed:
                return
            self.users += 1
        assert not self.closed
        with self.lock:
            self.users -= 1
            last = self.users == 0
        if last:
            self.closed = True


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_closed_in_use(connection: Connection) -> None:
    connection.use()


class Gate:
    """Lost wakeup: the flag is read before the lock is taken, so the notification may come between."""

    def __init__(self) -> None:
        self.condition, self.callers, self.open = threading.Condition(), iter(range(1_000_000)), False

    def pass_through(self) -> None:
        if next(self.callers) == 0:
            self.open = True
            with self.condition:
                self.condition.notify_all()
        elif not self.open:
            with self.condition:
                self.condition.wait()


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_lost_wakeup(gate: Gate) -> None:
    gate.pass_through()


class Token:
    """Two threads renew the same token: once for an object, when it is used up."""

    def __init__(self) -> None:
        self.left, self.renewed = 0, 0

    def use(self) -> None:
        if self.left == 0:
            renewed = self.renewed
            self.left = 1_000_000
            self.renewed = renewed + 1
            assert self.renewed == 1


@pytest.fixture
def token() -> Token:
    return Token()


def test_renewed_twice(token: Token) -> None:
    token.use()


class Votes:
    """Three threads are needed: the first one's old value must overwrite what two others have written."""

    def __init__(self) -> None:
        self.count, self.lock = 0, threading.Lock()
        self.first: Any = iter(range(1_000_000))

    def vote(self) -> None:
        if next(self.first):
            with self.lock:
                self.count += 1
        else:
            count = self.count
            self.count = count + 1


@pytest.fixture
def votes() -> Iterator[Votes]:
    made = Votes()
    yield made
    voted = next(made.first)
    assert made.count >= voted - 1


def test_two_votes_lost(votes: Votes) -> None:
    votes.vote()
