"""The benchmark of the runner: a whole run that measures next to nothing, and what it takes away to compare."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.runner import SCENARIO, Claims, Unrecorded
from lockproof.engines.threads.compiled import CompiledProgram
from lockproof.engines.threads.crew import in_turn

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.one_build
@pytest.mark.thread_unsafe(reason="starts a process that uses all processors")
def test_the_command_measures_every_runner() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.runner", "--rounds", "1", "--invocations", "400"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("lockproof", "locked", "judged", "unrecorded", "naive", "overlap"):
        assert name in done.stdout


def test_without_recording_the_results_are_the_same_and_no_order_is_known() -> None:
    (recorded,) = in_turn(CompiledProgram(SCENARIO, Claims, {}, patience=0), [0, 1])
    (unrecorded,) = in_turn(Unrecorded(SCENARIO, Claims, {}, patience=0), [0, 1])
    assert recorded.results == unrecorded.results
    assert recorded.seen[1] == ((2, 0), (2, 1))
    assert unrecorded.seen[1] == ((0, 0), (0, 1))
