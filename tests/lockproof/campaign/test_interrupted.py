"""Is what was found before Ctrl-C told as a violation, also while it is made small or confirmed?"""

from __future__ import annotations

import threading
from concurrent.futures import wait as futures_wait
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign import mutant_judge, mutate, original
from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.campaign.findings import AS_FIRST_SEEN, UNCONFIRMED
from lockproof.campaign.mutate import mutate_target
from lockproof.campaign.original import Original
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.mutation_report import Fate, MutationInterrupted
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions, Progress
from lockproof.core.verdict import InternalError, Interrupted, Report, Verdict
from lockproof.report.kept_scenarios import failed
from lockproof.report.text import as_text
from tests.lockproof.report import samples

SUBJECTS = "tests.lockproof.campaign.subjects"
BOTH = "a.claim(1) || a.claim(1)"
HERE = "tests.lockproof.campaign.stories"

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def stop_while(phase: str, error: type[BaseException] = KeyboardInterrupt, nth: int = 1) -> Any:
    """Return what raises at the nth progress of a phase."""
    seen: list[str] = []

    def stop(progress: Progress) -> None:
        seen.append(progress.phase)
        if seen.count(phase) == nth:
            raise error

    return stop


def checked(engine: str, tell: Any, **options: Any) -> Report:
    counts: dict[str, Any] = {"runs": 4000} if engine == "threads" else {"schedules": 400}
    return check_target(f"{SUBJECTS}:Claims", CheckOptions(engine=engine, seed=1, **counts, **options), tell)


def told(report: Report, words: str) -> None:
    """See that a report tells its only finding, with these words, and that it was interrupted."""
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert words in finding.detail and finding.command
    assert [reason.code for reason in report.unknown] == [Doubt.INTERRUPTED]
    text = " ".join(as_text(report).split())
    assert "VIOLATION: 1 finding" in text and words in text


@pytest.mark.parametrize("engine", ["threads", "schedules"])
def test_a_failure_that_is_made_small_is_told(engine: str) -> None:
    with pytest.raises(Interrupted) as stopped:
        checked(engine, stop_while("shrinking"))
    told(stopped.value.report, AS_FIRST_SEEN)
    (finding,) = stopped.value.report.findings
    assert len(failed([finding])) == 1  # for the file of --scenarios
    assert Report.from_json(stopped.value.report.to_json()).findings == (finding,)


def test_a_failure_of_the_scenario_that_was_asked_for_is_told() -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == "checking" and progress.invocations > 0:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        check_target(f"{HERE}:SlowClaims", CheckOptions(engine="threads", budget=60.0, scenario=BOTH), stop)
    assert stopped.value.report.verdict is Verdict.VIOLATION


def test_a_fault_of_lockproof_loses_no_failure_either() -> None:
    with pytest.raises(InternalError) as failed_itself:
        checked("threads", stop_while("shrinking", ZeroDivisionError))
    assert failed_itself.value.report.verdict is Verdict.VIOLATION


def test_an_exploration_tells_what_it_confirms() -> None:
    with pytest.raises(Interrupted) as stopped:
        explore_target("tests.lockproof.campaign.races:lost_update", ExploreOptions(seed=1), stop_while("confirming"))
    told(stopped.value.report, UNCONFIRMED)


def test_its_twin_is_not_accused() -> None:
    with pytest.raises(Interrupted) as stopped:
        explore_target(
            "tests.lockproof.campaign.undecided:many_steps",
            ExploreOptions(budget=30.0, seed=1),
            stop_while("exploring", nth=2),
        )
    assert stopped.value.report.verdict is Verdict.UNKNOWN


MUTATED = f"{Path(__file__).with_name('mutated.py')}:Claims"
OF_MUTANTS: dict[str, Any] = {"budget": 1.0, "seed": 1, "jobs": 1, "operators": ("remove-lock",)}


def stopped_with(report: Report) -> Any:
    """Return what stands for a check that is interrupted when it has come to this report."""

    def check(*_: Any, **__: Any) -> Report:
        raise Interrupted(report)

    return check


@pytest.mark.parametrize("report", [samples.LOST_UPDATE, samples.UNKNOWN], ids=["found", "nothing"])
def test_mutate_tells_that_the_class_fails_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setattr(original, "check", stopped_with(report))
    found = report.verdict is Verdict.VIOLATION
    with pytest.raises(LockproofError if found else MutationInterrupted, match="fails as it is" if found else None):
        mutate_target(MUTATED, MutateOptions(store=tmp_path, **OF_MUTANTS))


@pytest.mark.parametrize("report", [samples.LOST_UPDATE, samples.UNKNOWN], ids=["found", "nothing"])
def test_a_mutant_in_which_a_stopped_check_has_found_something_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    begun = threading.Event()

    def check(*_: Any, progress: Any, **__: Any) -> Report:
        begun.set()
        with pytest.raises(KeyboardInterrupt):
            while True:
                progress(Progress("shrinking", 0.0, 1.0))
        raise Interrupted(report)

    first = iter([True])

    def wait(*given: Any, **more: Any) -> Any:
        if next(first, False):
            assert begun.wait(60)
            raise KeyboardInterrupt
        return futures_wait(*given, **more)

    monkeypatch.setattr(Original, "check", lambda *_: None)
    monkeypatch.setattr(Original, "refuse_failure", lambda *_: None)
    monkeypatch.setattr(mutant_judge, "check", check)
    monkeypatch.setattr(mutate, "wait", wait)
    with pytest.raises(MutationInterrupted) as stopped:
        mutate_target(MUTATED, MutateOptions(store=tmp_path, **OF_MUTANTS))
    fates = [each.fate for each in stopped.value.report.judged]
    assert fates == ([Fate.KILLED] if report.verdict is Verdict.VIOLATION else [])
