"""Classes whose calls wait, run one call at a time under control."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lockproof.campaign.worker.self_model import SelfModel
from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.engines.control.one_at_a_time import SerialRuns
from tests.lockproof.engines.control import inside as inside  # takes control


class Tokens:
    """`take` waits for `put`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tokens = 1

    def take(self) -> None:
        with self._changed:
            while not self._tokens:
                self._changed.wait()
            self._tokens -= 1

    def put(self) -> None:
        with self._changed:
            self._tokens += 1
            self._changed.notify()


class Locks:
    """`own` waits for a lock of its own, `leak` leaves it taken, and `shut` leaves one that `open` gives back."""

    def __init__(self) -> None:
        self._lock, self._gate = threading.Lock(), threading.Lock()

    def own(self) -> None:
        with self._lock, self._lock:
            pass

    def use(self) -> int:
        with self._lock:
            return 1

    def leak(self) -> None:
        self._lock.acquire()
        raise ValueError

    def shut(self) -> None:
        self._gate.acquire()

    def open(self) -> None:
        self._gate.release()


class Polls:
    """`wait` looks again and again, with a time limit."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_on = False

    def on(self) -> None:
        self._is_on = True

    def wait(self) -> None:
        with self._changed:
            while not self._is_on:
                self._changed.wait(0.1)


class Sleeps:
    """Waits with a plain lock of the call, as `Condition` does."""

    def __init__(self) -> None:
        self._sleeping: list[Any] = []

    def sleep(self) -> None:
        mine = threading.Lock()
        mine.acquire()
        self._sleeping.append(mine)
        mine.acquire()

    def wake(self) -> None:
        while self._sleeping:
            self._sleeping.pop().release()


def _outcomes(make: Callable[[], Any], text: str) -> list[str]:
    runs = SerialRuns(Scenario.parse(text), make, {}).all()
    return sorted({f"{run.results} {run.final} {sorted(run.waited)}" for run in runs})


def _waiting(make: Callable[[], Any], *lines: str) -> list[str]:
    specification = Specification(make, [op(line) for line in lines])
    found = SelfModel(specification, lambda _: None).waiting_calls(5.0)
    return sorted(f"{'; '.join(map(str, each.init))} -> {each.call}" for each in found)


def ask_a_call_that_waits_goes_on() -> list[str]:
    return _outcomes(Tokens, "a.take() -> a.take() || a.put() ->")


def ask_calls_that_wait_for_ever() -> list[str]:
    return _outcomes(Tokens, "a.take(); a.take() || a.take() ->")


def ask_a_final_part_that_waits() -> list[str]:
    return _outcomes(Tokens, "a.put() || a.take() -> a.take(); a.take()")


def ask_threads_that_meet() -> list[str]:
    return _outcomes(lambda: threading.Barrier(2), "a.wait() || a.wait() ->")


def ask_a_call_that_looks_again_and_again() -> list[str]:
    return _outcomes(Polls, "a.wait() || a.on() ->") + _outcomes(Polls, "a.wait() || a.wait() ->")


def ask_waits_of_a_condition() -> list[str]:
    return _waiting(Tokens, "a.take()", "a.put()")


def ask_waits_for_locks() -> list[str]:
    return _waiting(Locks, "a.own()", "a.use()", "a.leak()", "a.shut()", "a.open()")


def ask_waits_for_a_lock_of_the_call() -> list[str]:
    return _waiting(Sleeps, "a.sleep()", "a.wake()")


def ask_waits_for_a_lock_of_the_call_that_nobody_releases() -> list[str]:
    return _waiting(Sleeps, "a.sleep()")
