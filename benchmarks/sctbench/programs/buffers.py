"""circular_buffer, queue, stack: two threads take turns by flags, and a round without a turn is counted all the same.

In the mended twins of the first two, elements are counted and not rounds; in that of the stack, the height is asked.
"""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run

SENT = 7
QUEUED = 20
STACKED = 10


class Log:
    """A circular buffer that is filled and emptied in turns; `filled` says whose turn it is."""

    def __init__(self, size: int) -> None:
        self.lock = threading.Lock()
        self.slots = [-1] * size
        self.first = 0
        self.next = 0
        self.filled = False
        self.sent = 0
        self.received = 0

    def insert(self, element: int) -> None:
        self.slots[self.next] = element
        self.next = (self.next + 1) % len(self.slots)
        self.sent += 1
        self.filled = True

    def remove(self) -> int:
        element = self.slots[self.first]
        self.first = (self.first + 1) % len(self.slots)
        self.received += 1
        self.filled = False
        return element


def _send_round(s: Log) -> None:
    for number in range(SENT):
        with s.lock:
            if not s.filled:
                s.insert(number)


def _receive_round(s: Log) -> None:
    for number in range(SENT):
        with s.lock:
            if s.filled:
                assert s.remove() == number


def _send(s: Log) -> None:
    for _ in range(SENT):
        with s.lock:
            if not s.filled:
                s.insert(s.sent)


def _receive(s: Log) -> None:
    for _ in range(SENT):
        with s.lock:
            if s.filled:
                expected = s.received
                assert s.remove() == expected


def circular_broken() -> None:
    # fails: receive has its round 0 with nothing there | send sends 0 | receive takes 0 in its round 1
    run(Log(SENT + 3), _send_round, _receive_round)


def circular_mended() -> None:
    run(Log(SENT + 3), _send, _receive)


class Queue(Log):
    """A queue that keeps a record of what went in, to hold what comes out against."""

    def __init__(self) -> None:
        super().__init__(QUEUED)
        self.record = [-1] * QUEUED

    def enqueue(self, place: int, element: int) -> None:
        self.insert(element)
        self.record[place] = element


def _enqueue_round(s: Queue) -> None:
    with s.lock:
        s.enqueue(0, 100)
        s.filled = False  # the first element takes no turn
    for number in range(1, QUEUED):
        with s.lock:
            if not s.filled:
                s.enqueue(number, 100 + number)


def _dequeue_round(s: Queue) -> None:
    for number in range(QUEUED):
        with s.lock:
            if s.filled:
                assert s.remove() == s.record[number]


def _enqueue(s: Queue) -> None:
    with s.lock:
        s.enqueue(0, 100)
        s.filled = False
    for number in range(1, QUEUED):
        with s.lock:
            if not s.filled:
                s.enqueue(s.sent, 100 + number)


def _dequeue(s: Queue) -> None:
    for _ in range(QUEUED):
        with s.lock:
            if s.filled:
                expected = s.record[s.received]
                assert s.remove() == expected


def queue_broken() -> None:
    # fails: dequeue has its round 0 with nothing there | two are enqueued | dequeue takes number 0 in its round 1
    run(Queue(), _enqueue_round, _dequeue_round)


def queue_mended() -> None:
    run(Queue(), _enqueue, _dequeue)


class Stack:
    """A stack with a flag that something was pushed, once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots = [0] * STACKED
        self.top = 0
        self.pushed = False  # set once and never cleared

    def push(self, element: int) -> None:
        assert self.top < STACKED, "overflow"
        self.slots[self.top] = element
        self.top += 1

    def pop(self) -> int:
        assert self.top > 0, "underflow"
        self.top -= 1
        return self.slots[self.top]


def _push(s: Stack) -> None:
    for number in range(STACKED):
        with s.lock:
            s.push(number)
            s.pushed = True


def _pop_by_flag(s: Stack) -> None:
    for _ in range(STACKED):
        with s.lock:
            if s.pushed:
                s.pop()


def _pop(s: Stack) -> None:
    for _ in range(STACKED):
        with s.lock:
            if s.top > 0:
                s.pop()


def stack_broken() -> None:
    # fails: one is pushed | two are popped
    run(Stack(), _push, _pop_by_flag)


def stack_mended() -> None:
    run(Stack(), _push, _pop)
