"""Are the programs of SCTBench what they say, and does the benchmark find what is there and flag no twin?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.sctbench.programs import PROGRAMS

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")
ROOT = Path(__file__).resolve().parents[3]


def sctbench(*words: str, limit: float = 100) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.sctbench", *words], cwd=ROOT, capture_output=True, text=True,
        encoding="utf-8", timeout=limit, check=False,
    )  # fmt: skip


def test_there_are_as_many_programs_as_were_asked_for_and_each_has_a_twin() -> None:
    assert len(PROGRAMS) >= 40
    assert {"SafeStack", "WSQ", "IWSQ", "StateWSQ"} <= PROGRAMS.keys()
    for name, program in PROGRAMS.items():
        assert program.name == name
        assert program.broken is not program.mended


@pytest.mark.parametrize("name", sorted(PROGRAMS.keys() - {"reorder_100", "twostage_100"}))
def test_a_mended_twin_ends_well_on_real_threads(name: str) -> None:
    PROGRAMS[name].mended()


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("programs", "strategies"),
    [
        (["account"], ["portfolio"]),
        pytest.param(
            ["account", "deadlock01", "wronglock_3", "hugo3251", "dining_5", "treiber"], ["portfolio", "surw"],
            marks=pytest.mark.nightly(reason="tests of the engine ask for the same kinds of bugs"),
        ),
    ],
)  # fmt: skip
def test_bugs_are_found_and_their_twins_are_not_flagged(programs: list[str], strategies: list[str]) -> None:
    done = sctbench(*programs, "--trials", "1", "--seconds", "20", "--most", "3000", "--strategies", *strategies)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"portfolio: found {len(programs)} of {len(programs)}" in done.stdout
    assert "not found by the portfolio in each trial: none" in done.stdout
    assert "mended and flagged: none" in done.stdout


@pytest.mark.one_build
def test_two_of_a_hundred_threads_are_made_to_meet() -> None:
    done = sctbench("reorder_100", "--trials", "1", "--seconds", "30", "--most", "100", "--strategies", "few")
    assert "few: found 1 of 1" in done.stdout, done.stdout + done.stderr
    assert "mended and flagged: none" in done.stdout


@pytest.mark.one_build
@pytest.mark.nightly(reason="takes minutes")
def test_what_needs_seven_switches_is_found() -> None:
    done = sctbench(
        "SafeStack", "--trials", "1", "--seconds", "600", "--most", "60000", "--strategies", "rare", limit=1500
    )
    assert "rare: found 1 of 1" in done.stdout, done.stdout + done.stderr


@pytest.mark.one_build
def test_a_bug_that_is_missed_is_said_to_be() -> None:
    done = sctbench("reorder_5", "--trials", "1", "--seconds", "5", "--most", "2", "--strategies", "portfolio")
    assert done.returncode == 1
    assert "not found by the portfolio in each trial: reorder_5" in done.stdout
