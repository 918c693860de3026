"""Does `Patience` tell threads that hang from threads that a busy machine keeps waiting? Its clock here is made up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from lockproof.engines.threads import patience
from lockproof.engines.threads.patience import LONGEST, Doing, Patience, Stillness, threads_of

SECONDS = 3.0
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows the state of threads")


class Machine:
    """A clock, and for each thread its time on a processor and its state."""

    def __init__(self) -> None:
        self.now, self.used, self.states = 100.0, [7.0, 7.0], ["S", "S"]
        self.turns = ""

    def passes(self, seconds: float, *used: float) -> None:
        """Let so many seconds pass, of which thread k spends `used[k]` on a processor."""
        self.now += seconds
        for k, each in enumerate(used):
            self.used[k] += each

    def threads_of(self, process: int | None = None) -> dict[int, Doing]:
        return {
            k: Doing(state, self.turns, used)
            for k, (state, used) in enumerate(zip(self.states, self.used, strict=False))
        }


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(patience, "threads_of", made.threads_of)
    return made


pytestmark = pytest.mark.thread_unsafe(reason="replaces the clock of the module")


def looks(waiting: Patience, machine: Machine, seconds: float, *used: float, step: float = 0.1) -> list[bool]:
    """Return what `over` says every `step` for so many seconds, of which thread k spends `used[k]` on a processor."""
    rounds = round(seconds / step)
    seen = []
    for _ in range(rounds):
        machine.passes(step, *(each / rounds for each in used))
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


def test_threads_that_are_seen_asleep_and_had_turns_in_between_wait_for_the_gil(machine: Machine) -> None:
    waiting = Patience(SECONDS)
    for number in range(50):
        machine.turns = str(number)
        machine.passes(0.2)
        assert not waiting.over()
    machine.turns = "50"
    assert [waiting.over() for _ in range(3)] == [False, False, True]


def test_threads_that_spin_for_ever_hang(machine: Machine) -> None:
    machine.states = ["R", "R"]
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, SECONDS - 0.1, SECONDS, SECONDS))
    assert any(looks(waiting, machine, 1.0, 1.0, 1.0))


def test_a_thread_that_spins_beside_one_that_sleeps_hangs(machine: Machine) -> None:
    machine.states = ["S", "R"]
    waiting = Patience(SECONDS)
    assert any(looks(waiting, machine, SECONDS + 1, 0.0, SECONDS + 1))


def test_a_thread_that_spins_for_one_without_a_processor_does_not_hang(machine: Machine) -> None:
    machine.states = ["R", "R"]
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, 3 * SECONDS, 3 * SECONDS, 0.09 * SECONDS))
    assert any(looks(waiting, machine, SECONDS, SECONDS, 0.1 * SECONDS))


def test_a_thread_without_a_processor_does_not_hang(machine: Machine) -> None:
    machine.states = ["R", "S"]
    waiting = Patience(SECONDS)
    assert not any(looks(waiting, machine, 5 * SECONDS, 0.4 * SECONDS))


def test_patience_with_a_busy_machine_has_an_end(machine: Machine) -> None:
    machine.states = ["R", "S"]
    waiting = Patience(SECONDS)
    machine.passes(LONGEST * SECONDS + 0.1)
    assert waiting.over()


def test_whatever_goes_on_begins_the_wait_anew(machine: Machine) -> None:
    for states, used in ((["S"], 0.0), (["R"], SECONDS)):
        machine.states = states
        waiting = Patience(SECONDS)
        for _ in range(5):
            assert not any(looks(waiting, machine, SECONDS - 0.2, used))
            waiting.renew()
        assert any(looks(waiting, machine, SECONDS + 1, SECONDS + 1 if used else 0.0))


def test_the_clock_decides_where_the_system_says_nothing_of_threads(machine: Machine) -> None:
    machine.states = []
    waiting = Patience(SECONDS)
    machine.passes(SECONDS - 0.1)
    assert not waiting.over()
    machine.passes(0.2)
    assert waiting.over()


# What the system says, without any clock.


@contextmanager
def threads() -> Iterator[threading.Thread]:
    """Have a thread that waits, and one that runs, which is given."""
    ready, stop = threading.Event(), threading.Event()

    def spin() -> None:
        ready.set()
        while not stop.is_set():
            pass

    spinner = threading.Thread(target=spin, name="test-spinner", daemon=True)
    sleeper = threading.Thread(target=stop.wait, name="test-sleeper", daemon=True)
    for thread in (spinner, sleeper):
        thread.start()
    try:
        assert ready.wait(60)
        yield spinner
    finally:
        stop.set()
        for thread in (spinner, sleeper):
            thread.join(60)


@pytest.fixture
def childless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_has_children", lambda process: False)


def still(machine: Machine, seconds: float, watched: Stillness | None = None) -> tuple[Stillness, float]:
    """Return for how long a process was still at the end of so many seconds."""
    watched = watched or Stillness(1)
    last = 0.0
    for _ in range(round(seconds / 0.1)):
        machine.passes(0.1)
        last = watched.seconds()
    return watched, last


@pytest.mark.usefixtures("childless")
def test_a_process_whose_threads_all_sleep_is_still(machine: Machine) -> None:
    machine.turns = "5"
    assert still(machine, SECONDS)[1] > SECONDS - 1


@pytest.mark.usefixtures("childless")
def test_one_turn_of_a_thread_begins_the_stillness_anew(machine: Machine) -> None:
    machine.turns = "5"
    watched, _ = still(machine, SECONDS)
    machine.turns = "6"
    assert still(machine, 1.0, watched)[1] < 1.0


@pytest.mark.usefixtures("childless")
def test_nothing_is_known_of_a_time_in_which_nobody_looked(machine: Machine) -> None:
    machine.turns = "5"
    watched, _ = still(machine, 1.0)
    machine.passes(60.0)
    assert watched.seconds() < 1.0


@pytest.mark.usefixtures("childless")
@pytest.mark.parametrize(("state", "turns"), [("R", "5"), ("D", "5"), ("S", "")])
def test_no_process_is_still_that_is_ready_or_reads_a_disk_or_of_which_nothing_is_known(
    machine: Machine, state: str, turns: str
) -> None:
    machine.states[1], machine.turns = state, turns
    assert still(machine, SECONDS)[1] < 1.0


def test_a_process_that_waits_for_one_of_its_own_is_not_still(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.turns = "5"
    monkeypatch.setattr(patience, "_has_children", lambda process: True)
    assert still(machine, SECONDS)[1] < 1.0


@LINUX
def test_the_processes_that_a_process_has_started_are_seen() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert patience._has_children(os.getpid()) and patience._has_children(-1)  # what is not known counts
        assert child.stdin is not None
        child.stdin.close()


@LINUX
def test_a_thread_that_waits_is_seen_asleep_and_one_that_runs_is_seen_running() -> None:
    with threads():
        end = time.monotonic() + 60
        seen: set[str] = set()
        while time.monotonic() < end and not {"R", "S"} <= seen:
            seen |= {each.state for each in threads_of().values()}
    assert {"R", "S"} <= seen


@LINUX
def test_the_time_of_a_thread_on_a_processor_is_read() -> None:
    with threads() as spinner:
        number, end = spinner.native_id or 0, time.monotonic() + 60
        while (used := threads_of()[number].used) < 0.05 and time.monotonic() < end:
            pass
    assert used >= 0.05


@LINUX
def test_all_threads_of_another_process_are_seen() -> None:
    found = threads_of(os.getppid())
    assert os.getppid() in found
    assert all(each.state for each in found.values())


def test_a_process_that_is_gone_has_no_threads() -> None:
    assert threads_of(2**22 + 1) == {}
