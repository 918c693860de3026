"""Is a class with threads of its own checked for what it can be, and do the threads end with each run?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.verdict import Report, Verdict

HERE = "tests.lockproof.campaign.threaded"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def checked(name: str, **options: object) -> Report:
    return check_target(f"{HERE}:{name}", CheckOptions(runs=200, schedules=200, seed=1, **options))  # type: ignore[arg-type]


def outlive(report: Report) -> list[str]:
    return [note for note in report.notes if "outlive" in note]


def test_how_far_the_threads_of_a_class_are_is_no_fault_of_its_calls() -> None:
    report = checked("Worker")
    assert report.verdict is Verdict.HELD
    assert any("the class starts threads of its own" in note for note in report.notes)
    assert outlive(report) == []
    assert not any("of the standard library touched" in note for note in report.notes)  # lockproof draws, not the class


def test_a_scenario_alone_is_judged_so_too() -> None:
    target = f"{HERE}:Worker"
    scenario = "a.submit(1) || a.submit(2); a.done() -> a.done()"
    report = explore_target(target, ExploreOptions(schedules=200, seed=1, scenario=scenario))
    assert report.findings == () and report.coverage.outcomes > 1


@pytest.mark.parametrize("line", [None, "a.leave()"])
def test_threads_that_outlive_their_runs_are_named_unless_the_teardown_ends_them(line: str | None) -> None:
    report = checked("Counter", teardown=line)
    assert report.verdict is Verdict.HELD
    assert bool(outlive(report)) is (line is None)


def test_a_teardown_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LockproofError, match=r"the teardown `a.leaf\(\)` raises AttributeError"):
        checked("Counter", teardown="a.leaf()")


@pytest.mark.parametrize(
    ("name", "scenario", "verdict"),
    [
        ("Mended", "a.event() -> a.calls() || a.calls() -> a.calls()", Verdict.HELD),
        ("Broken", "a.event() || a.event()", Verdict.VIOLATION),
    ],
)
def test_that_a_timer_has_not_rung_is_no_fault(name: str, scenario: str, verdict: Verdict) -> None:
    # Not by counts: programs of one thread would start thousands of timers.
    options = CheckOptions(budget=2.0, engine="schedules", seed=2, scenario=scenario)
    assert check_target(f"tests.corpus.beside:{name}Reminder", options).verdict is verdict
