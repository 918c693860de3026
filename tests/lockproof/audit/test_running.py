"""Does a unit of work do in a process of its own what a check does here, and is nothing lost when that ends early?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lockproof.audit.running import UnitProcess
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import Verdict

pytestmark = pytest.mark.one_build

SOURCE = """
import os

class Counter:
    def __init__(self): self.n = 0
    def increment(self):
        n = self.n
        self.n = n + 1
        return n
    def value(self): return self.n

class Fatal:
    def __init__(self): os.kill(os.getppid(), 9)  # the process of the unit
"""

LONGEST = 60.0
ROOT = Path(__file__).resolve().parents[3]


def unit(target: str, **options: Any) -> Unit:
    return Unit(target, replace(CheckOptions(budget=2.0, seed=1), **options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "counted.py").write_text(SOURCE)
    return tmp_path


def outcome_of(asked: Unit, folder: Path) -> UnitOutcome:
    with UnitProcess(asked, folder) as process:
        return process.outcome()


def test_a_unit_has_the_report_of_its_check_and_tells_how_far_it_is(folder: Path) -> None:
    told: list[Progress] = []
    asked = unit("counted:Counter", engine="schedules")
    with UnitProcess(asked, folder) as process:
        outcome = process.outcome(told.append)
    assert (outcome.unit, outcome.ending) == (asked, Ending.CHECKED)
    assert outcome.report is not None and outcome.report.verdict is Verdict.VIOLATION
    assert outcome.report.findings[0].command.startswith("lockproof check counted:Counter")
    assert "exploring" in {each.phase for each in told}


def test_a_wrong_target_is_refused_with_the_next_step(folder: Path) -> None:
    outcome = outcome_of(unit("counted:Conuter"), folder)
    assert outcome.ending is Ending.REFUSED and outcome.report is None and outcome.refusal is not None
    assert "did you mean Counter" in outcome.refusal.step


def test_a_unit_that_is_stopped_says_what_it_has_done(folder: Path) -> None:
    started = threading.Event()
    with UnitProcess(unit("queue:Queue", budget=LONGEST), folder) as process:

        def stop() -> None:
            assert started.wait(LONGEST)
            process.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        outcome = process.outcome(lambda progress: started.set() if progress.phase == "checking" else None)
        stopper.join()
    assert outcome.ending is Ending.INTERRUPTED and outcome.report is not None
    assert outcome.report.verdict is Verdict.UNKNOWN and "interrupted" in {each.code for each in outcome.report.unknown}


def test_a_unit_is_stopped_although_this_process_ignores_ctrl_c(folder: Path) -> None:
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from tests.lockproof.audit.test_running import *\n"
        "test_a_unit_that_is_stopped_says_what_it_has_done(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=LONGEST, cwd=ROOT)


def test_a_lost_process_is_told(folder: Path) -> None:
    outcome = outcome_of(unit("counted:Fatal"), folder)
    assert outcome.ending is Ending.FAILED
    assert f"ended with status -{signal.SIGKILL.value}" in outcome.trace


def test_nothing_is_left_behind(folder: Path) -> None:
    with UnitProcess(unit("counted:Counter", budget=LONGEST), folder) as process:
        number = process._process.pid
    with pytest.raises(ProcessLookupError):
        os.killpg(number, 0)
