"""Does lockproof hold what the standard library promises, and find what it does not?

The verdicts are of code that nobody here wrote, so a false alarm has nowhere to hide.
"""

from __future__ import annotations

import sys
from typing import Final

import pytest

from lockproof.campaign.check import check_target
from lockproof.campaign.options import CheckOptions
from lockproof.verdict import FindingKind, Report, Verdict

GIL: Final = sys._is_gil_enabled()

pytestmark = [
    pytest.mark.all_processors,
    pytest.mark.thread_unsafe(reason="starts processes that use all processors"),
]


def checked(target: str, budget: float = CheckOptions.budget) -> Report:
    return check_target(target, CheckOptions(budget=budget, seed=1))


def held(target: str) -> Report:
    """Check for long enough to have run something worth the name; longer on a machine that is busy."""
    for budget in (1.5, 20.0):
        report = checked(target, budget)
        if report.verdict is not Verdict.HELD or report.coverage.invocations > 200:
            break
    return report


def asked(name: str, budget: float = CheckOptions.budget) -> Report:
    return checked(f"tests.outside.specifications:{name}", budget)


@pytest.mark.parametrize("name", ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"])
def test_the_queues_hold(name: str) -> None:
    report = held(f"queue:{name}")
    assert report.verdict is Verdict.HELD, report.to_json()
    assert report.coverage.invocations > 200


@pytest.mark.parametrize("name", ["DEQUE", "SET", "DICT", "LIST"])
def test_the_atomic_operations_of_the_containers_hold(name: str) -> None:
    report = held(f"tests.outside.specifications:{name}")
    assert report.verdict is Verdict.HELD, report.to_json()
    assert report.coverage.invocations > 200


@pytest.mark.skipif(GIL, reason="the GIL hides it: nothing between the two steps lets go of it")
@pytest.mark.parametrize(
    ("name", "part"),
    [("INTERSECTION", "intersection_update"), ("COUNTER", "+= 1"), ("CHECK_THEN_ACT", " if ")],
)
def test_two_steps_are_found_without_the_gil(name: str, part: str) -> None:
    for budget in (CheckOptions.budget, 60.0):  # the second for a machine that is busy
        report = asked(name, budget)
        if report.findings and sum(map(len, report.findings[0].scenario.threads)) <= 3:
            break
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert part in str(finding.scenario)
    assert sum(map(len, finding.scenario.threads)) <= 3


@pytest.mark.skipif(not GIL, reason="without the GIL it is a violation")
def test_the_gil_hides_what_intersection_update_does() -> None:
    assert asked("INTERSECTION", 1.5).verdict is Verdict.HELD
