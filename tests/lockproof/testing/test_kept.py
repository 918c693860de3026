"""Does the plugin keep the scenarios that failed in a file that people commit, where it is told to?"""

from __future__ import annotations

from pathlib import Path

import pytest

import lockproof
from lockproof.core.errors import LockproofError
from lockproof.core.settings import settings
from lockproof.report.kept_scenarios import read_kept
from lockproof.testing import checks as testing
from tests.lockproof.report.samples import HELD, LOST_UPDATE
from tests.lockproof.testing.running import CLASSES, pytest_in

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="starts processes, changes the settings")]

LOST = str(LOST_UPDATE.findings[0].scenario)
FAKED = f"""
import pathlib

import lockproof
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind
from lockproof.testing import checks
from tests.lockproof.report.samples import report


class Subject:
    pass


def instead(*_, kept, **__):
    print("kept:", *kept)
    return report(findings=(Finding(FindingKind.NOT_LINEARIZABLE, Scenario.parse({LOST!r})),))


checks.run_check = instead


def test_subject():
    lockproof.check(Subject)


def test_other():
    lockproof.check("m:Other")
"""
"""Two tests whose checks have a finding at once."""

BOTH = {"m:Other": {LOST: "not linearizable"}, "test_it:Subject": {LOST: "not linearizable"}}
ROOT = Path(__file__).parents[3]


def run(place: Path, *words: str, alone: bool = True) -> str:
    done = pytest_in(place, FAKED, *words, alone=alone, PYTHONPATH=f"{ROOT / 'src'}:{ROOT}")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_what_failed_is_in_the_file_at_the_end_and_tried_first_the_next_time(tmp_path: Path) -> None:
    assert "kept: " + LOST not in run(tmp_path, "--lockproof-scenarios=kept.toml")
    assert read_kept(tmp_path / "kept.toml") == BOTH
    assert run(tmp_path, "--lockproof-scenarios=kept.toml").count("kept: " + LOST) == 2


def test_the_ini_option_names_the_file_too(tmp_path: Path) -> None:
    run(tmp_path, "-o", "lockproof_scenarios=kept.toml")
    assert read_kept(tmp_path / "kept.toml") == BOTH


def test_without_an_option_there_is_no_file(tmp_path: Path) -> None:
    run(tmp_path, "-p", "no:cacheprovider")
    assert not list(tmp_path.glob("*.toml"))


def test_workers_of_xdist_leave_the_file_to_their_controller(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    run(tmp_path, "-n2", "--lockproof-scenarios=kept.toml", alone=False)
    assert read_kept(tmp_path / "kept.toml") == BOTH


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let each check hold, and return the options that the checks get."""
    given: list[object] = []

    def instead(_: object, options: object, **__: object) -> object:
        given.append(options)
        return HELD

    monkeypatch.setattr(testing, "run_check", instead)
    monkeypatch.setattr(settings, "totals", {})
    return given


def test_counts_reach_a_check_and_a_budget_beside_them_is_refused(
    monkeypatch: pytest.MonkeyPatch, checked: list[object]
) -> None:
    monkeypatch.setattr(settings, "budget", 5.0)
    lockproof.check("m:C", runs=7, schedules=50)
    (options,) = checked
    assert (getattr(options, "runs", 0), getattr(options, "schedules", 0)) == (7, 50)
    with pytest.raises(LockproofError, match="budget and a count are two ends"):
        lockproof.check("m:C", budget=1.0, schedules=50)
    assert len(checked) == 1


def test_the_classes_of_other_tests_are_checked_by_counts_without_stand_ins(tmp_path: Path) -> None:
    source = f"{CLASSES}\n\ndef test_broken():\n    lockproof.check(Claims, schedules=100, seed=1)\n"
    done = pytest_in(tmp_path, source, "--lockproof-scenarios=kept.toml")
    assert done.returncode == 1 and "Violation" in done.stdout
    (scenarios,) = read_kept(tmp_path / "kept.toml").values()
    assert all("a.claim(" in each for each in scenarios)
