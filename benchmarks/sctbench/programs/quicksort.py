"""qsort_mt: a worker is marked as working before its lock is held and its range is set.

A worker that is about to look at its state in that moment sorts the range that it had before; the new one is lost.
"""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run

WORKERS = 2
VALUES = (3, 1, 4, 0, 2)
IDLE = 0
WORK = 1
END = 2


class Worker:
    """`wake` guards the state and the range."""

    def __init__(self) -> None:
        self.wake = threading.Condition(threading.Lock())
        self.state = IDLE
        self.low = 0
        self.high = 0

    def hand_over(self, low: int, high: int) -> None:
        """Set the range of a worker that `allocate` returned."""
        self.low = low
        self.high = high
        self.wake.notify()
        self.wake.release()


class Pool:
    """`lock` guards who is idle. It is taken before the lock of a worker."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values = list(VALUES)
        self.workers = [Worker() for _ in range(WORKERS)]
        self.idle = WORKERS
        self.started = 0

    def enlist(self) -> Worker:
        """Give a new thread its place."""
        with self.lock:
            worker = self.workers[self.started]
            self.started += 1
            return worker

    def allocate(self) -> Worker | None:
        """Return an idle worker, which is now at work and whose lock the caller holds."""
        with self.lock:
            for worker in self.workers:
                if worker.state == IDLE:
                    self.idle -= 1
                    self.employ(worker)
                    return worker
            return None

    def employ(self, worker: Worker) -> None:
        worker.state = WORK
        worker.wake.acquire()

    def retire(self, worker: Worker) -> None:
        """Make a worker idle; the last one to become so ends them all."""
        with self.lock:
            worker.state = IDLE
            self.idle += 1
            if self.idle == WORKERS:
                for other in self.workers:
                    with other.wake:
                        other.state = END
                        other.wake.notify()


class PoolMended(Pool):
    """The lock comes before the mark."""

    def employ(self, worker: Worker) -> None:
        worker.wake.acquire()
        worker.state = WORK


def _work(pool: Pool) -> None:
    worker = pool.enlist()
    while True:
        with worker.wake:
            while worker.state == IDLE:
                worker.wake.wait()
        if worker.state == END:
            return
        _sort(pool, worker.low, worker.high)
        pool.retire(worker)


def _sort(pool: Pool, low: int, high: int) -> None:
    """Sort from `low` up to and without `high`; smaller values may go to another worker."""
    values = pool.values
    while high - low > 1:
        place = low
        for i in range(low, high - 1):
            if values[i] < values[high - 1]:
                values[place], values[i] = values[i], values[place]
                place += 1
        values[place], values[high - 1] = values[high - 1], values[place]
        helper = pool.allocate() if place - low > 1 else None
        if helper is None:
            _sort(pool, low, place)
        else:
            helper.hand_over(low, place)
        low = place + 1


def _order(pool: Pool) -> None:
    """Hand the whole range to the first worker, as the thread that called the sort."""
    worker = pool.allocate()
    assert worker is not None
    worker.hand_over(0, len(pool.values))


def _result_is_sorted(pool: Pool) -> None:
    run(pool, _work, _work, _order)
    assert pool.values == sorted(VALUES)


def broken() -> None:
    # fails: employ marks the worker | the worker, not waiting yet, takes its lock and sorts nothing | it gets its range
    _result_is_sorted(Pool())


def mended() -> None:
    _result_is_sorted(PoolMended())
