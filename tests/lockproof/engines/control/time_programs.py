"""Programs that read the clock under control, or wait with a time limit."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.lockproof.engines.control.inside import together
from tests.lockproof.engines.control.thread_programs import all_orders, sampled


def ask_hour() -> dict[str, Any]:
    def program() -> object:
        begin, clocks = time.time(), (time.monotonic, time.perf_counter, time.time)
        first = [clock() for clock in clocks]
        nanoseconds = time.monotonic_ns()
        time.sleep(3600)
        waited = [3600 <= clock() - before < 3601 for clock, before in zip(clocks, first, strict=True)]
        return waited, time.time() - begin >= 3600, time.monotonic_ns() - nanoseconds >= 3600 * 10**9

    return sampled(program, 3)


def ask_sleep_instead() -> dict[str, Any]:
    """A thread that sleeps until another one must be done: under control "must" is put to the test."""

    def program() -> object:
        ready: list[int] = []

        def prepare() -> None:
            time.sleep(0.001)
            ready.append(1)

        def use() -> None:
            time.sleep(10)
            seen.append(len(ready))

        seen: list[int] = []
        together(prepare, use)
        return seen[0]

    return all_orders(program)


def ask_polling() -> dict[str, Any]:
    """Loops that end at a point of time, though nothing else happens."""

    def program() -> object:
        end, rounds = time.monotonic() + 5, 0
        while time.monotonic() < end:
            rounds += 1
            time.sleep(0.1)
        thread = threading.Thread(target=threading.Event().wait, args=(3,))
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
        return 10 < rounds <= 60

    return sampled(program, 10)


def ask_busy_polling() -> dict[str, Any]:
    def program() -> object:
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
        return True

    return sampled(program, 1)


def ask_join_with_limit() -> dict[str, Any]:
    def program() -> object:
        event = threading.Event()
        thread = threading.Thread(target=event.wait)
        thread.start()
        begin = time.monotonic()
        thread.join(5)
        waited = time.monotonic() - begin
        event.set()
        thread.join()
        return waited >= 5

    return sampled(program, 5)


def ask_join_with_limit_excludes() -> dict[str, Any]:
    """A join that ended at its limit, and the thread that it was for ends while its caller waits for a lock."""

    def program() -> object:
        mutex, inside, worst = threading.Lock(), 0, 0

        def work() -> None:
            nonlocal inside, worst
            with mutex:
                inside += 1
                worst = max(worst, inside)
                time.sleep(1)
                inside -= 1

        sleeper, worker = threading.Thread(target=time.sleep, args=(3,)), threading.Thread(target=work)
        sleeper.start()
        worker.start()
        sleeper.join(1)
        work()
        sleeper.join()
        worker.join()
        return worst

    return all_orders(program)


def ask_join_with_limit_then_another() -> dict[str, Any]:
    """A join that ended at its limit, and the thread that it was for ends while its caller joins another one."""

    def program() -> object:
        event = threading.Event()
        sleeper, other = threading.Thread(target=time.sleep, args=(3,)), threading.Thread(target=event.wait)
        sleeper.start()
        other.start()
        sleeper.join(1)
        timer = threading.Timer(9, event.set)
        timer.start()
        other.join()
        alive = other.is_alive()
        sleeper.join()
        timer.join()
        return alive

    return sampled(program, 50)
