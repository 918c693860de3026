"""Protocols with the flaw that textbooks warn of: philosophers, Peterson's lock, a barrier that is used twice."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import Atomic, run

PHILOSOPHERS = 5
PATIENCE = 3
MEETING = 3
ROUNDS = 2


class Table:
    """A fork between each two philosophers."""

    def __init__(self) -> None:
        self.forks = [threading.Lock() for _ in range(PHILOSOPHERS)]
        self.seats = iter(range(PHILOSOPHERS))
        self.seat = threading.Lock()
        self.meals = 0

    def take_a_seat(self) -> int:
        with self.seat:
            return next(self.seats)


def _dine(s: Table) -> None:
    here = s.take_a_seat()
    with s.forks[here], s.forks[(here + 1) % PHILOSOPHERS]:
        s.meals += 1


def _dine_in_order(s: Table) -> None:
    here = s.take_a_seat()
    low, high = sorted((here, (here + 1) % PHILOSOPHERS))
    with s.forks[low], s.forks[high]:
        s.meals += 1


def dining_broken() -> None:
    # deadlock: each takes the fork at one side | each waits for the one at the other side. It needs four preemptions
    run(Table(), *[_dine] * PHILOSOPHERS)


def dining_mended() -> None:
    run(Table(), *[_dine_in_order] * PHILOSOPHERS)


class Peterson:
    """Mutual exclusion of two threads by three words: I want to, and you may go first."""

    def __init__(self) -> None:
        self.wants = [False, False]
        self.first = 0
        self.inside = 0

    def enter_politely_too_early(self, me: int) -> bool:
        self.first = 1 - me
        self.wants[me] = True
        return self.wait(me)

    def enter(self, me: int) -> bool:
        self.wants[me] = True
        self.first = 1 - me
        return self.wait(me)

    def wait(self, me: int) -> bool:
        for _ in range(PATIENCE):
            if not self.wants[1 - me] or self.first == me:
                return True
        self.wants[me] = False
        return False

    def work(self, me: int) -> None:
        self.inside += 1
        assert self.inside == 1
        self.inside -= 1
        self.wants[me] = False


def _zero_wrong(s: Peterson) -> None:
    if s.enter_politely_too_early(0):
        s.work(0)


def _one_wrong(s: Peterson) -> None:
    if s.enter_politely_too_early(1):
        s.work(1)


def _zero(s: Peterson) -> None:
    if s.enter(0):
        s.work(0)


def _one(s: Peterson) -> None:
    if s.enter(1):
        s.work(1)


def peterson_broken() -> None:
    # fails: zero lets one go first | one lets zero go first, wants, sees that zero does not, enters | zero may go first
    run(Peterson(), _zero_wrong, _one_wrong)


def peterson_mended() -> None:
    run(Peterson(), _zero, _one)


class Meeting:
    """A barrier of semaphores: who comes last opens the gate, and each who passes leaves it open for the next one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.here = 0
        self.gate = threading.Semaphore(0)
        self.way_out = threading.Semaphore(0)
        self.rounds = [0] * MEETING
        self.names = Atomic(0)

    def wait_once(self) -> None:
        """Pass the gate; it is closed by who leaves last, and who was quick may have passed it twice by then."""
        with self.lock:
            self.here += 1
            if self.here == MEETING:
                self.gate.release()
        self.gate.acquire()
        self.gate.release()
        with self.lock:
            self.here -= 1
            if self.here == 0:
                self.gate.acquire()

    def wait(self) -> None:
        """Pass two gates: nobody comes back to the first before all have left it."""
        with self.lock:
            self.here += 1
            if self.here == MEETING:
                self.gate.release(MEETING)
        self.gate.acquire()
        with self.lock:
            self.here -= 1
            if self.here == 0:
                self.way_out.release(MEETING)
        self.way_out.acquire()


def _meet(s: Meeting, wait: str) -> None:
    with s.lock:
        me = s.names.value
        s.names.value = me + 1
    for number in range(1, ROUNDS + 1):
        s.rounds[me] = number
        getattr(s, wait)()
        assert min(s.rounds) >= number


def _meet_at_one_gate(s: Meeting) -> None:
    _meet(s, "wait_once")


def _meet_at_two_gates(s: Meeting) -> None:
    _meet(s, "wait")


def barrier_broken() -> None:
    # fails: the last one opens the gate | one passes, comes to the second round, and passes again: it is still open
    run(Meeting(), *[_meet_at_one_gate] * MEETING)


def barrier_mended() -> None:
    run(Meeting(), *[_meet_at_two_gates] * MEETING)
