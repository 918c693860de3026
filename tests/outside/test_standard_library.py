"""Does lockproof hold what the standard library promises, and find what it does not?

The verdicts are of code that nobody here wrote, so a false alarm has nowhere to hide. Each push asks one queue and one
container on real threads, and the same container and one that fails under control; the nightly run asks all of them.
"""

from __future__ import annotations

import sys
from typing import Final

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.verdict import FindingKind, Report, Verdict

GIL: Final = sys._is_gil_enabled()
HERE: Final = "tests.outside.specifications"

all_processors = pytest.mark.all_processors
nightly = pytest.mark.nightly(reason="seconds each, for what the one of each push shows by another class")

pytestmark = pytest.mark.thread_unsafe(reason="starts processes that use all processors")


def queues_or_containers(first: str, *others: str) -> pytest.MarkDecorator:
    """Return the parameters: the first on real threads on each push, all of them with both engines in the night."""
    every = [pytest.param(name, "both", marks=nightly) for name in (first, *others)]
    return pytest.mark.parametrize(("name", "engine"), [(first, "threads"), *every])


def checked(target: str, budget: float, engine: str = "both") -> Report:
    return check_target(target, CheckOptions(budget=budget, seed=1, engine=engine))


def holds(target: str, engine: str) -> bool:
    """Check until something worth the name was run: for longer on a machine that is busy."""
    for budget in (1.5, 5.0, 20.0):
        report = checked(target, budget, engine)
        if report.verdict is not Verdict.HELD or report.coverage.invocations > 200:
            break
    assert report.verdict is Verdict.HELD, report.to_json()
    return report.coverage.invocations > 200


@all_processors
@queues_or_containers("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue")
def test_the_queues_hold(name: str, engine: str) -> None:
    assert holds(f"queue:{name}", engine)


@all_processors
@queues_or_containers("DICT", "DEQUE", "SET", "LIST")
def test_the_atomic_operations_of_the_containers_hold(name: str, engine: str) -> None:
    assert holds(f"{HERE}:{name}", engine)


@pytest.mark.parametrize(
    ("name", "scenario", "verdict"),
    [
        ("DICT", "a.setdefault(1, 1) || a.setdefault(1, 2)", Verdict.HELD),
        (
            "CHECK_THEN_ACT",
            "a[1] if 1 in a else a.__setitem__(1, 1) || a[1] if 1 in a else a.__setitem__(1, 2)",
            Verdict.VIOLATION,
        ),
        ("COUNTER", "-> a[1] += 1 || a[1] += 1 -> a[1]", Verdict.VIOLATION),
    ],
    ids=["one step of a dict", "check then act", "an increment"],
)
def test_schedules_tell_two_steps_from_one(name: str, scenario: str, verdict: Verdict) -> None:
    options = ExploreOptions(budget=60.0, seed=1, scenario=scenario, strategy="preemptions")
    report = explore_target(f"{HERE}:{name}", options)
    assert report.verdict is verdict, report.to_json()
    if verdict is Verdict.HELD:
        assert report.coverage.outcomes == 2 and not report.unknown
    else:
        assert [each.kind for each in report.findings] == [FindingKind.NOT_LINEARIZABLE]


@pytest.mark.skipif(GIL, reason="the GIL hides it from real threads: nothing between the two steps lets go of it")
@all_processors
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("CHECK_THEN_ACT", " if "),
        pytest.param("INTERSECTION", "intersection_update", marks=nightly),
        pytest.param("COUNTER", "+= 1", marks=nightly),
    ],
)
def test_two_steps_are_found_without_the_gil(name: str, part: str) -> None:
    for budget in (CheckOptions.budget, 60.0):  # the second for a machine that is busy
        report = checked(f"{HERE}:{name}", budget)
        if report.findings and sum(map(len, report.findings[0].scenario.threads)) <= 3:
            break
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert part in str(finding.scenario)
    assert sum(map(len, finding.scenario.threads)) <= 3


@nightly
@all_processors
@pytest.mark.skipif(not GIL, reason="without the GIL it is a violation")
def test_the_gil_hides_what_intersection_update_does() -> None:
    assert checked(f"{HERE}:INTERSECTION", 1.5).verdict is Verdict.HELD
