"""Four kinds of bugs of GoBench's GoKer (Yuan and others, CGO 2021), told in Python: channels, locks and wait groups.

The names are those of the projects with the number of the report. What a channel does there, a queue or a condition
does here.
"""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack

from benchmarks.sctbench.programs._run import run

REPORTS = 3


class Statuses:
    """kubernetes10182: statuses go through a channel of one place to a thread that writes them down under the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.channel = queue.Queue[int](maxsize=1)
        self.written: list[int] = []


def _report_in_lock(s: Statuses) -> None:
    for status in range(REPORTS):
        with s.lock:
            s.channel.put(status)


def _report(s: Statuses) -> None:
    for status in range(REPORTS):
        with s.lock:
            pass  # what is reported is computed under the lock, and sent without it
        s.channel.put(status)


def _write_down(s: Statuses) -> None:
    for _ in range(REPORTS):
        status = s.channel.get()
        with s.lock:
            s.written.append(status)


def channel_broken() -> None:
    # deadlock: report puts 0 | write takes it | report puts 1, takes the lock, waits for a place | write waits for it
    run(Statuses(), _report_in_lock, _write_down)


def channel_mended() -> None:
    run(Statuses(), _report, _write_down)


class ReadersAndWriters:
    """hugo3251: a lock of readers and writers that lets a writer who waits go before new readers."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self.reading = self.waiting = 0
        self.writing = False

    def begin_to_read(self) -> None:
        with self.changed:
            while self.writing or self.waiting:
                self.changed.wait()
            self.reading += 1

    def end_to_read(self) -> None:
        with self.changed:
            self.reading -= 1
            self.changed.notify_all()

    def write(self) -> None:
        with self.changed:
            self.waiting += 1
            while self.writing or self.reading:
                self.changed.wait()
            self.waiting -= 1
            self.changed.notify_all()


def _read_in_a_read(s: ReadersAndWriters) -> None:
    s.begin_to_read()
    s.begin_to_read()
    s.end_to_read()
    s.end_to_read()


def _read_twice(s: ReadersAndWriters) -> None:
    for _ in range(2):
        s.begin_to_read()
        s.end_to_read()


def _write(s: ReadersAndWriters) -> None:
    s.write()


def nested_broken() -> None:
    # deadlock: read begins | write waits for its end | read begins again, and waits for the writer that waits
    run(ReadersAndWriters(), _read_in_a_read, _write)


def nested_mended() -> None:
    run(ReadersAndWriters(), _read_twice, _write)


class Stopper:
    """cockroach1055: tasks that are counted, and a stop that waits for all of them."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self.running = 0
        self.draining = False
        self.stopped = False

    def add(self) -> None:
        with self.changed:
            self.running += 1

    def add_if_open(self) -> bool:
        with self.changed:
            if self.draining:
                return False
            self.running += 1
            return True

    def done(self) -> None:
        with self.changed:
            self.running -= 1
            self.changed.notify_all()

    def stop(self) -> None:
        with self.changed:
            self.draining = True
            while self.running:
                self.changed.wait()
        self.stopped = True


def _task_looks_first(s: Stopper) -> None:
    if s.draining:
        return
    s.add()
    assert not s.stopped
    s.done()


def _task(s: Stopper) -> None:
    if s.add_if_open():
        assert not s.stopped
        s.done()


def _stop(s: Stopper) -> None:
    s.stop()


def drain_broken() -> None:
    # fails: a task sees no draining | stop drains, waits for nobody, has stopped | the task is counted too late
    run(Stopper(), _task_looks_first, _task_looks_first, _stop)


def drain_mended() -> None:
    run(Stopper(), _task, _task, _stop)


class Gossip:
    """cockroach584: a loop that is left in the middle of a step, while it has the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.closed = False
        self.connected = 0


def _bootstrap_keeps_the_lock(s: Gossip) -> None:
    for _ in range(2):
        s.lock.acquire()
        if s.closed:
            break
        s.connected += 1
        s.lock.release()


def _bootstrap(s: Gossip) -> None:
    for _ in range(2):
        with ExitStack() as stack:
            stack.enter_context(s.lock)
            if s.closed:
                break
            s.connected += 1


def _close(s: Gossip) -> None:
    with s.lock:
        s.closed = True


def _manage(s: Gossip) -> None:
    for _ in range(2):
        with s.lock:
            s.connected += 1


def unlock_broken() -> None:
    # deadlock: bootstrap goes round | close | bootstrap takes the lock, sees that it is closed, leaves | manage waits
    run(Gossip(), _bootstrap_keeps_the_lock, _manage, _close)


def unlock_mended() -> None:
    run(Gossip(), _bootstrap, _manage, _close)
