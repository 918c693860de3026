"""Does a check say "every behaviour" only where it was run, and tell of data races that changed no result?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.verdict import Report, Verdict

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.two_builds]

RACE = "data race, which changed no result: "
HERE = "tests.lockproof.campaign.traced"


def checked(name: str, scenario: str = "a.hit() || a.hit()", **options: float) -> Report:
    return check_target(
        f"{HERE}:{name}", CheckOptions(**{"engine": "schedules", "seed": 1, "scenario": scenario, **options})
    )


def races(report: Report) -> list[str]:
    return [note for note in report.notes if note.startswith(RACE)]


def test_a_harmless_data_race_is_a_note_with_both_places_and_no_violation() -> None:
    report = checked("Seen")
    assert report.verdict is Verdict.HELD
    assert "in each every behaviour (" in report.coverage.explored[0]
    (note,) = races(report)
    assert note.count("traced.py:18 writes ._seen") == 2


def test_its_twin_has_none() -> None:
    report = checked("SeenInOrder")
    assert report.verdict is Verdict.HELD and races(report) == []
    assert "in each every behaviour (2 traces)" in report.coverage.explored[0]


def test_a_property_is_no_place_in_memory() -> None:
    report = checked("Behind")
    assert report.verdict is Verdict.HELD and races(report) == []
    assert "in each every behaviour (" in report.coverage.explored[0]


def test_a_data_race_that_changes_a_result_is_a_violation_and_no_note() -> None:
    report = checked("Lost")
    assert report.verdict is Verdict.VIOLATION and races(report) == []


@pytest.mark.one_build
def test_nothing_is_claimed_where_an_access_was_not_seen() -> None:
    report = checked("ByName")
    assert report.verdict is Verdict.HELD
    assert "every behaviour" not in report.coverage.explored[0]


@pytest.mark.one_build
def test_traces_alone_leave_a_doubt_there() -> None:
    options = ExploreOptions(scenario="a.hit() || a.hit()", strategy="traces", seed=1)
    report = explore_target(f"{HERE}:ByName", options)
    assert (report.verdict, [each.code for each in report.unknown]) == (Verdict.UNKNOWN, [Doubt.UNSEEN_ACCESS])
    twin = explore_target(f"{HERE}:SeenInOrder", options)
    assert (twin.verdict, twin.coverage.explored) == (Verdict.HELD, ("every behaviour (2 traces)",))


@pytest.mark.one_build
def test_the_share_of_small_scenarios_is_told() -> None:
    report = checked("SeenInOrder", "a.hit(); a.hit() || a.hit(); a.hit()")
    assert "; of two threads with two operations each, 1 of 1" in report.coverage.explored[0]


@pytest.mark.one_build
def test_the_report_names_the_model_that_the_class_was_compared_with_at_last() -> None:
    report = check_target(f"{HERE}:Bag", CheckOptions(engine="schedules", seed=1, schedules=60))
    assert any("it is compared with itself" in each for each in report.notes)
    assert report.model == "itself, run by one thread"
