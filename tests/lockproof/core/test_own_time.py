"""Does the time of a run stand still while nobody waits, and pass for sleeps, time limits and `time_passes`?

The clocks are replaced in processes of their own, since the replacement holds for a whole process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from lockproof.core.own_time import AWAITED, BEGIN, MET, STILL, OwnTime
from tests.lockproof.core.clocked import QUESTIONS


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What the programs in `clocked` answer, in a process with replaced clocks."""
    command = [sys.executable, "-m", "tests.lockproof.core.clocked"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_clock_stands_still_and_shows_the_time_that_passes(answers: dict[str, Any], name: str) -> None:
    still, passed = answers[name]
    assert still == 0 and passed == 3600


def test_dates_stay_dates(answers: dict[str, Any]) -> None:
    assert answers["dates"] == [True, True, True, True, False]


def test_a_sleep_and_a_limit_that_runs_out_let_time_pass(answers: dict[str, Any]) -> None:
    assert answers["sleep"] == 60 and answers["limit"] == 0.25 and answers["in time"] == 0


def test_a_long_limit_that_nobody_can_keep_runs_out_at_once(answers: dict[str, Any]) -> None:
    assert answers["long"] == [False, False, True]
    assert answers["long, passed"] == pytest.approx(1800, abs=1)
    assert answers["long, real"] < 600


def test_a_wait_takes_real_time_only_where_another_thread_may_end_it() -> None:
    clock = OwnTime()
    assert clock.waits(30.0) == 30.0  # a thread of the subject
    with clock.adopted():
        assert clock.waits(30.0) == 0.0
        clock.parallel = True
        assert 0.0 < clock.waits(30.0) <= MET and clock.waits(0.001) == 0.001
        clock.has_threads = True
        assert MET < clock.waits(30.0) <= AWAITED
        with clock.adopted():
            pass
        assert clock.waits(30.0) < 30.0  # it belongs to the outer one still
    assert clock.waits(30.0) == 30.0


def test_a_loop_that_waits_for_the_clock_ends(answers: dict[str, Any]) -> None:
    assert answers["loop"] > STILL


def test_only_code_outside_the_library_reads_the_clock_for_itself(answers: dict[str, Any]) -> None:
    assert answers["library"] is False and answers["read"] is True


def test_each_run_begins_at_the_same_time() -> None:
    clock = OwnTime()
    clock.advance(5.0)
    assert clock.now == BEGIN + 5.0
    clock.advance(-1.0)
    assert clock.now == BEGIN + 5.0
    clock.begin()
    assert clock.now == BEGIN


@pytest.mark.parametrize("runs", [1, 64])
def test_the_looks_of_runs_that_begin_together_are_those_of_all_of_them(runs: int) -> None:
    clock = OwnTime()
    clock.begin(runs)
    looks = [clock.look(sys._getframe()) for _ in range(STILL * runs)]
    assert {*looks} == {BEGIN}
    assert clock.look(sys._getframe()) > BEGIN


def test_times_that_pass_in_several_threads_add_up() -> None:
    clock = OwnTime()
    threads = [threading.Thread(target=lambda: [clock.advance(1.0) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
    assert clock.now == BEGIN + 2000.0


def test_a_negative_sleep_is_refused_as_python_does() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        OwnTime().sleep(-1.0)
