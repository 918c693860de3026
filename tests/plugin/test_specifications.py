"""Does what a `Specification` says change what is found, in both directions?"""

from __future__ import annotations

from typing import Any

import pytest

import lockproof
from lockproof import Specification, op
from lockproof.settings import settings
from tests.plugin import subjects

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

LONG = 30.0  # for what must be found: the check ends when it is
SHORT = 0.4


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here gets what another run found."""
    monkeypatch.setattr(settings, "make_store", None)


def found(specification: Specification, **more: Any) -> lockproof.Finding:
    with pytest.raises(lockproof.Violation) as caught:
        lockproof.check(specification, budget=LONG, seed=1, **more)
    return caught.value.report.findings[0]


def held(specification: Specification) -> lockproof.Report:
    for budget in (SHORT, LONG):  # the second for a machine that is busy
        report = lockproof.check(specification, budget=budget, seed=1)
        if report.coverage.invocations > 100:
            break
    assert report.verdict is lockproof.Verdict.HELD and report.coverage.invocations > 100
    return report


BAG = (op("a.put(x)", x=[1, 2]), op("a.get()"))


def test_a_model_that_chooses_allows_each_choice() -> None:
    report = held(Specification(subjects.Bag, BAG, model=subjects.AnyBag))
    assert (report.subject, report.model) == ("tests.plugin.subjects:Bag", "AnyBag")


def test_names_that_are_given_are_shown() -> None:
    report = held(Specification(subjects.Bag, BAG, model=subjects.AnyBag, subject_name="bag", model_name="any bag"))
    assert (report.subject, report.model) == ("bag", "any bag")


def test_a_model_that_chooses_does_not_allow_everything() -> None:
    finding = found(Specification(subjects.TornBag, BAG, model=subjects.AnyBag))
    assert [operation.text for operation in finding.scenario.threads[0]] == ["a.get()"]


def test_a_model_that_does_not_choose_is_told_as_a_difference_on_one_thread() -> None:
    with pytest.raises((lockproof.Violation, lockproof.NotShown)) as caught:
        lockproof.check(Specification(subjects.Bag, BAG, model=subjects.LeastBag), budget=SHORT, seed=1)
    report = caught.value.report
    assert report.nonconformances and not report.findings


def test_normalize_makes_of_a_result_what_counts() -> None:
    held(Specification(subjects.Tickets, [op("a.ticket()", normalize=type)]))


def test_exclusive_operations_do_not_meet() -> None:
    held(Specification(subjects.OneWriter, [op("a.add()", exclusive="writer"), op("a.total()")]))


def test_without_exclusive_they_do() -> None:
    found(Specification(subjects.OneWriter, [op("a.add()"), op("a.total()")]))


HANDOVER = (op("a.give(x)", x=[1, 2]), op("a.take()", blocking=True))


def test_a_wait_that_the_model_allows_is_no_hang() -> None:
    held(Specification(subjects.Handover, HANDOVER, model=subjects.HandoverModel))


def test_a_wait_that_nobody_ends_is_one() -> None:
    finding = found(Specification(subjects.SleepyHandover, HANDOVER, model=subjects.HandoverModel),
                    hang=0.7, scenario="a.take() || a.give(1)")  # fmt: skip
    assert finding.kind == "hang"


def both(pair: subjects.Pair) -> tuple[list[int], list[int]]:
    return pair.left, pair.right


PUSH = (op("a.push(x)", x=[1, 2]),)


def test_the_state_at_the_end_counts_if_it_is_named() -> None:
    found(Specification(subjects.TornPair, PUSH, state=both))
    held(Specification(subjects.Pair, PUSH, state=both))


def test_what_is_not_named_does_not_count() -> None:
    held(Specification(subjects.TornPair, PUSH))
