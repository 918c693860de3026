"""Programs that wait for something that is not under control."""

from __future__ import annotations

import _queue
import os
import select
import threading
from collections.abc import Callable
from typing import Any

from lockproof.core.schedule import Switching
from lockproof.engines.control import carriers as workers
from lockproof.engines.control.primitives import _real_lock as native_lock
from lockproof.engines.control.task import Lost
from lockproof.engines.strategies.exhaustive import SyncOrders
from tests.lockproof.engines.control.inside import engine, explore, first_schedule, have_threads, together

have_threads()


def once(program: Callable[[], object]) -> dict[str, Any]:
    return explore(program, first_schedule, Switching.SYNC, 1)


def ask_slow_start() -> dict[str, Any]:
    """The system takes a third of a second to start a thread."""
    start = vars(workers)["start_joinable_thread"]

    def slow(function: Callable[[], object], daemon: bool) -> object:
        def run() -> None:
            select.select([], [], [], 0.3)
            function()

        return start(run, daemon=daemon)

    def program() -> object:
        together(int, int)
        return "ended"

    once(program)  # the first exploration meets new code and starts again, when all threads are there already
    engine.carriers._idle.clear()
    vars(workers)["start_joinable_thread"] = slow
    try:
        return once(program)
    finally:
        vars(workers)["start_joinable_thread"] = start


def ask_alone() -> dict[str, Any]:
    """Only one thread, which waits by itself for a third of a second: nothing to schedule around."""

    def program() -> object:
        select.select([], [], [], 0.3)
        return "ended"

    return once(program)


def ask_busy() -> dict[str, Any]:
    """A thread that computes for long without a switch point waits for nothing."""

    def program() -> object:
        out: list[int] = []

        def compute() -> None:
            out.append(sum(range(20_000_000)) % 2)  # computes

        together(compute, lambda: out.append(0))
        return len(out)

    return once(program)


def native() -> object:
    lock, out = native_lock(), list[str]()
    lock.acquire()

    def wait() -> None:
        with lock:  # waits for a native lock
            out.append("waited")

    def release() -> None:
        out.append("released")
        lock.release()

    together(wait, release)
    return out


def ask_lock() -> dict[str, Any]:
    return once(native)


def line() -> object:
    items: Any = _queue.SimpleQueue()
    out: list[object] = []
    together(lambda: out.append(items.get()), lambda: items.put(1))
    return out


def ask_queue() -> dict[str, Any]:
    return once(line)


def pipe() -> object:
    out: list[object] = []
    reading, writing = os.pipe()
    together(lambda: out.append(os.read(reading, 1)), lambda: os.write(writing, b"x"))
    os.close(reading)
    os.close(writing)
    return out


def ask_pipe() -> dict[str, Any]:
    return once(pipe)


def ask_still_controlled() -> dict[str, Any]:
    def program() -> object:
        lock, out = threading.Lock(), list[int]()

        def work() -> None:
            for k in range(3):
                with lock:
                    out.append(k)

        together(work, work)
        return len(out)

    return explore(program, SyncOrders, Switching.SYNC)


def ask_lost() -> list[str]:
    """Two waits that never end. The last program, since a process in which a run was lost cannot do more runs."""
    lock = native_lock()
    lock.acquire()

    def program() -> object:
        mine = threading.Lock()

        def wait() -> None:
            with lock:
                pass

        def hang() -> None:
            with mine, mine:
                pass

        together(wait, hang)
        return "ended"

    try:
        explore(program, first_schedule, Switching.SYNC, 1, 1.0)
    except Lost as lost:
        return [str(lost), lost.stacks]
    return []
