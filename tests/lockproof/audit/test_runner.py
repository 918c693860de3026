"""Does the runner of this machine run each unit once, and does Ctrl-C stop those that run with what they have?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from lockproof.audit import runner as running
from lockproof.audit.runner import LocalRunner
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="interrupts the main thread")]

LONGEST = 60.0
UNITS = [Unit(f"m:{number}", CheckOptions(seed=number)) for number in range(7)]


class FakeProcess:
    """In the place of a process: a unit that ends at once, that waits until it is stopped, or that cannot start."""

    waits: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    together = threading.Semaphore(0)
    most = 0
    alive: ClassVar[set[FakeProcess]] = set()
    lock = threading.Lock()

    def __init__(self, unit: Unit, folder: Path | None) -> None:
        if unit.target in self.fails:
            raise OSError("no process could be started")
        self._unit, self._stopped = unit, threading.Event()

    def __enter__(self) -> Self:
        with self.lock:
            self.alive.add(self)
            type(self).most = max(self.most, len(self.alive))
        return self

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.alive.discard(self)

    def outcome(self, tell: Any) -> UnitOutcome:
        tell(Progress("checking", 0.0, 1.0))
        if self._unit.target in self.waits:
            assert self._stopped.wait(LONGEST)
            return UnitOutcome(self._unit, Ending.INTERRUPTED)
        return UnitOutcome(self._unit, Ending.CHECKED)

    def stop(self) -> None:
        self._stopped.set()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeProcess]]:
    class Processes(FakeProcess):
        alive: ClassVar[set[FakeProcess]] = set()

    monkeypatch.setattr(running, "UnitProcess", Processes)
    yield Processes
    assert Processes.alive == set()


@pytest.mark.parametrize("jobs", [1, 3, 20])
def test_each_unit_is_run_once_and_no_more_than_so_many_at_a_time(processes: type[FakeProcess], jobs: int) -> None:
    told: list[Unit] = []
    outcomes = list(LocalRunner(jobs).run_all(UNITS, lambda unit, _: told.append(unit)))
    assert sorted(each.unit.target for each in outcomes) == [each.target for each in UNITS]
    assert sorted(each.target for each in told) == [each.target for each in UNITS]
    assert 1 <= processes.most <= jobs


def test_a_unit_that_cannot_start_is_an_outcome_and_the_others_run(processes: type[FakeProcess]) -> None:
    processes.fails = ("m:2",)
    outcomes = {each.unit.target: each for each in LocalRunner(2).run_all(UNITS)}
    assert len(outcomes) == len(UNITS)
    assert outcomes["m:2"].ending is Ending.FAILED and "no process could be started" in outcomes["m:2"].trace
    assert {each.ending for name, each in outcomes.items() if name != "m:2"} == {Ending.CHECKED}


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, also where whoever started the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_the_units_that_run_yields_them_and_begins_no_other(processes: type[FakeProcess]) -> None:
    processes.waits = ("m:2",)
    found = []

    def interrupt(unit: Unit, _: Progress) -> None:
        if unit.target == "m:2":
            # `_thread.interrupt_main` would not wake a thread that waits.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        for outcome in LocalRunner(1).run_all(UNITS, interrupt):
            found.append(outcome)
    assert [(each.unit.target, each.ending.value) for each in found] == [
        ("m:0", "checked"), ("m:1", "checked"), ("m:2", "interrupted"),
    ]  # fmt: skip


def test_a_caller_that_leaves_early_leaves_nothing_running(processes: type[FakeProcess]) -> None:
    processes.waits = ("m:1", "m:2")
    outcomes = LocalRunner(3).run_all(UNITS)
    assert next(outcomes).ending is Ending.CHECKED
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
