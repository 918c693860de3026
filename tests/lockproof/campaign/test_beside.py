"""Are several flaws of one class told, the gravest first, and no flaw more than once?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report, Verdict

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def checked(name: str, budget: float, schedules: int | None = None) -> Report:
    options = CheckOptions(budget=budget, schedules=schedules, seed=1, engine="schedules")
    return check_target(f"tests.lockproof.campaign.beside:{name}", options)


def operations(report: Report) -> list[set[str]]:
    return [
        {each.text.partition("(")[0] for thread in finding.scenario.threads for each in thread}
        for finding in report.findings
    ]


def test_an_exception_is_told_before_a_lost_count_whatever_was_found_first() -> None:
    report = checked("Shelf", 10.0)
    assert len(report.findings) > 1 and len({frozenset(each) for each in operations(report)}) == len(report.findings)
    first = report.findings[0]
    assert first.outcome is not None and first.outcome.raises
    (sentence,) = first.outcome.raised
    assert " raised KeyError(0) at beside.py:" in sentence


def test_its_twin_holds() -> None:
    assert checked("LockedShelf", 1.0).verdict is Verdict.HELD


def test_one_flaw_is_told_once() -> None:
    assert operations(checked("HalfLockedShelf", 3.0)) == [{"a.add"}]


def test_a_lock_that_a_refused_call_leaves_taken_hides_no_race() -> None:
    report = checked("LeakyRegister", 5.0, schedules=400)
    leak = next(each for each in report.findings if not each.concurrent)
    assert str(leak.scenario).startswith("a.note([])") and "a call that is over has left it taken" in leak.detail
    assert {"a.claim"} in operations(report)
    assert Doubt.CONFORMANCE_UNFINISHED not in {each.doubt for each in report.evidence.doubts}


def test_the_twin_of_that_holds() -> None:
    report = checked("Register", 1.5)
    assert report.findings == () and report.verdict is Verdict.HELD


def test_a_class_that_waits_shows_each_flaw_once() -> None:
    found = operations(checked("Pulse", 5.0, schedules=400))
    assert sorted(map(sorted, found)) == [["a.beat"], ["a.beat", "a.wait_for"]]


def test_the_twin_of_the_class_that_waits_holds() -> None:
    assert checked("LockedPulse", 5.0, schedules=100).verdict is Verdict.HELD
