"""Does a check find what the GIL masks, say so, and hold for the twin?"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.verdict import FindingKind, Masking, Report, Verdict

HERE = "tests.lockproof.campaign.races"
LIBRARY = "tests.lockproof.campaign.handed_over"
GIL = sys._is_gil_enabled()

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def checked(name: str, engine: str, budget: float, **options: Any) -> Report:
    return check_target(f"{HERE}:{name}", CheckOptions(budget=budget, seed=1, engine=engine, **options))


@pytest.mark.parametrize("engine", ["schedules", pytest.param("both", marks=pytest.mark.two_builds)])
def test_a_check_finds_what_the_gil_masks_and_says_so(engine: str) -> None:
    report = checked("Money", engine, 20.0)
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert str(finding.scenario) == "a.pay() || a.pay()"
    assert finding.control is not None and finding.control.steps
    assert finding.control.replayed == finding.control.replays == 10
    assert finding.control.masking is Masking.MASKED
    if engine == "both" and not GIL:  # real threads have found it, and a schedule explains it
        assert finding.histogram and finding.failures > 1


@pytest.mark.two_builds
@pytest.mark.skipif(not GIL, reason="real threads show it there")
def test_real_threads_under_the_gil_do_not_show_what_it_masks() -> None:
    report = checked("Money", "threads", 0.5, runs=1_000)
    assert report.verdict is Verdict.HELD and report.coverage.invocations >= 1_000
    assert (report.coverage.schedules, report.coverage.explored) == (0, ())


@pytest.mark.skipif(GIL, reason="the GIL masks it")
def test_real_threads_alone_find_it_without_a_story() -> None:
    (finding,) = checked("Money", "threads", 20.0).findings
    assert finding.control is None and finding.histogram


@pytest.mark.one_build
@pytest.mark.parametrize("engine", ["schedules", "both"])
def test_the_twin_of_that_holds(engine: str) -> None:
    for budget in (0.6, 3.0, 15.0):  # the later ones for a machine that is busy
        report = checked("LockedMoney", engine, budget)
        if report.coverage.explored:
            break
    assert report.verdict is Verdict.HELD and report.findings == ()
    assert report.coverage.schedules > 0
    assert report.coverage.explored and report.coverage.explored[0].startswith("under control: ")
    assert (report.coverage.invocations > 0) == (engine == "both")


@pytest.mark.two_builds
@pytest.mark.parametrize("name", ["published_late", "set_before_done"])
def test_where_the_library_may_hand_over_the_gil_nothing_is_masked(name: str) -> None:
    report = explore_target(f"{LIBRARY}:{name}", ExploreOptions(schedules=200, seed=1))
    (finding,) = report.findings
    assert finding.control is not None and finding.control.masking is Masking.SHOWN


@pytest.mark.two_builds
def test_the_twin_that_sets_the_event_last_holds_in_every_behaviour() -> None:
    report = explore_target(f"{LIBRARY}:done_before_set", ExploreOptions(schedules=200, seed=1))
    assert report.verdict is Verdict.HELD and any("every behaviour" in each for each in report.coverage.explored)
