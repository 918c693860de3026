"""Are threads that hang told from those that a busy machine keeps waiting? The time here is made up."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from lockproof.run import patience
from lockproof.run.patience import LONGEST, Patience, thread_states

SECONDS = 3.0
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what threads do")


class Machine:
    """What the clock says, how much processor time was used, and what the threads do."""

    def __init__(self) -> None:
        self.now, self.used, self.states = 100.0, 7.0, ["S", "S"]

    def passes(self, seconds: float, used: float = 0.0) -> None:
        """Let time pass, and processor time with it."""
        self.now += seconds
        self.used += used

    def thread_states(self, process: int | None = None) -> Iterator[str]:
        yield from self.states


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(patience, "thread_states", made.thread_states)
    monkeypatch.setattr(Patience, "_processor_time", lambda self: made.used)
    return made


pytestmark = pytest.mark.thread_unsafe(reason="puts a clock in the place of the one that the module has")


def looks(waiting: Patience, machine: Machine, seconds: float, used: float = 0.0, step: float = 0.1) -> list[bool]:
    """Look every tenth of a second, for so long, while that much processor time is used."""
    rounds = round(seconds / step)
    seen = []
    for _ in range(rounds):
        machine.passes(step, used / rounds)
        seen.append(waiting.over())
    return seen


def test_threads_that_sleep_for_ever_hang(machine: Machine) -> None:
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, SECONDS - 0.1))
    assert any(looks(waiting, machine, 1.0))


def test_threads_that_were_seen_asleep_once_may_only_have_waited_for_each_other(machine: Machine) -> None:
    waiting = Patience(SECONDS)
    machine.passes(SECONDS + 0.1)
    assert not waiting.over()
    machine.states = ["S", "R"]
    assert not waiting.over()
    machine.states = ["S", "S"]
    assert [waiting.over() for _ in range(3)] == [False, False, True]


def test_threads_that_spin_for_ever_hang(machine: Machine) -> None:
    machine.states = ["R", "R"]
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, SECONDS - 0.1, used=2 * SECONDS))
    assert any(looks(waiting, machine, 1.0, used=2.0))


def test_one_that_spins_beside_one_that_sleeps_hangs(machine: Machine) -> None:
    machine.states = ["S", "R"]
    waiting = Patience(SECONDS)
    assert any(looks(waiting, machine, SECONDS + 1, used=SECONDS + 1))


def test_a_thread_that_is_not_given_a_processor_does_not_hang(machine: Machine) -> None:
    machine.states = ["R", "S"]
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, 5 * SECONDS, used=0.4 * SECONDS))


def test_that_has_an_end_too(machine: Machine) -> None:
    machine.states = ["R", "S"]
    waiting = Patience(SECONDS)
    machine.passes(LONGEST * SECONDS + 0.1)
    assert waiting.over()


def test_whatever_goes_on_begins_the_wait_anew(machine: Machine) -> None:
    for states, used in ((["S"], 0.0), (["R"], SECONDS)):
        machine.states = states
        waiting = Patience(SECONDS)
        for _ in range(5):
            assert not any(looks(waiting, machine, SECONDS - 0.2, used=used))
            waiting.renew()
        assert any(looks(waiting, machine, SECONDS + 1, used=SECONDS + 1 if used else 0.0))


def test_where_nothing_is_told_of_threads_the_clock_is_enough(machine: Machine) -> None:
    machine.states = []
    waiting = Patience(SECONDS)
    machine.passes(SECONDS - 0.1)
    assert not waiting.over()
    machine.passes(0.2)
    assert waiting.over()


# What the system says, without any clock.


@LINUX
def test_a_thread_that_waits_is_seen_asleep_and_one_that_runs_is_seen_running() -> None:
    ready, stop = threading.Event(), threading.Event()

    def spin() -> None:
        ready.set()
        while not stop.is_set():
            pass

    sleeper = threading.Thread(target=stop.wait, name="test-sleeper", daemon=True)
    spinner = threading.Thread(target=spin, name="test-spinner", daemon=True)
    for thread in (sleeper, spinner):
        thread.start()
    try:
        assert ready.wait(60)
        end = time.monotonic() + 60
        seen: set[str] = set()
        while time.monotonic() < end and not {"R", "S"} <= seen:
            seen |= {each[0] for each in thread_states()}
        assert {"R", "S"} <= seen
    finally:
        stop.set()
        for thread in (sleeper, spinner):
            thread.join(60)


@LINUX
def test_another_process_is_looked_at_with_all_its_threads() -> None:
    assert len(list(thread_states(os.getpid()))) == len(list(thread_states())) + 1
    assert Patience(SECONDS, os.getpid())._processor_time() > 0


def test_a_process_that_is_gone_has_no_threads_and_used_no_time() -> None:
    assert list(thread_states(2**22 + 1)) == []
    assert Patience(SECONDS, 2**22 + 1)._processor_time() == 0.0
