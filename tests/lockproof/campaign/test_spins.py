"""Is a lock that waits in loops found broken where it is, and never reported as no progress where it is not?"""

from __future__ import annotations

import pytest

from lockproof.campaign.explore import explore_target
from lockproof.core.evidence import Doubt
from lockproof.core.options import ExploreOptions
from lockproof.core.verdict import Report, Verdict

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def explored(name: str, budget: float, strategy: str = "portfolio") -> Report:
    return explore_target(
        f"tests.lockproof.campaign.spins:{name}", ExploreOptions(budget=budget, seed=1, strategy=strategy)
    )


NIGHTLY = pytest.mark.nightly(reason="two of the three locks are enough for every change")


@pytest.mark.parametrize("name", ["peterson", pytest.param("bakery", marks=NIGHTLY), "tickets"])
def test_a_lock_that_spins_holds(name: str) -> None:
    for budget in (0.6, 3.0, 15.0):  # the later ones for a machine that is busy
        report = explored(name, budget)
        if report.coverage.schedules > 20 and report.verdict is not Verdict.UNKNOWN:
            break
    assert (report.verdict, report.findings) == (Verdict.HELD, ())
    assert report.coverage.schedules > 20


@pytest.mark.parametrize(("strategy", "verdict"), [("pct", Verdict.HELD), ("preemptions", Verdict.UNKNOWN)])
def test_schedules_that_are_drawn_need_not_be_all_and_those_of_an_exhaustive_strategy_must(
    strategy: str, verdict: Verdict
) -> None:
    report = explored("bakery", 1.0, strategy=strategy)  # its loops have many schedules
    assert (report.verdict, report.findings) == (verdict, ())
    assert [reason.code for reason in report.unknown] == ([] if verdict is Verdict.HELD else [Doubt.CUT_OFF])


@pytest.mark.parametrize(
    "name",
    [
        "peterson_turn_first",
        pytest.param("bakery_in_a_hurry", marks=NIGHTLY),
        pytest.param("tickets_unlocked", marks=NIGHTLY),
    ],
)
def test_its_broken_twin_does_not(name: str) -> None:
    report = explored(name, 15.0)
    assert report.verdict is Verdict.VIOLATION
    assert report.findings[0].kind.value in ("exception", "no progress")
