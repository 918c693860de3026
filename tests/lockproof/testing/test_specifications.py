"""Does what a `Specification` says change what is found, in both directions?"""

from __future__ import annotations

from typing import Any

import pytest

import lockproof
from lockproof import Specification, op
from lockproof.core.settings import settings
from tests.lockproof.testing import subjects

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

LONG = 10.0
"""Seconds for a check that must find something. It ends as soon as it does."""

BUDGETS = (0.4, 1.6, 6.4, LONG)
"""Seconds for a check that must hold. Only a busy machine needs the later ones."""

FEWEST = 100
"""The fewest runs that make HELD worth something on real threads."""

ALL = "in each every behaviour ("


@pytest.fixture(params=["schedules", pytest.param("both", marks=pytest.mark.nightly(reason="real threads need luck"))])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the engine. Under control, each run of a test tries the same schedules on every build."""
    return str(request.param)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no failing scenarios, so that no test tries first what another test found."""
    monkeypatch.setattr(settings, "make_store", None)


def found(specification: Specification, engine: str, **more: Any) -> lockproof.Finding:
    with pytest.raises(lockproof.Violation) as caught:
        lockproof.check(specification, budget=LONG, seed=1, engine=engine, **more)
    return caught.value.report.findings[0]


def held(
    specification: Specification, engine: str, scenario: str | None = None, skip: tuple[str, ...] = ()
) -> lockproof.Report:
    """Return the report of a check that holds. Under control, it holds only after all schedules of the scenario."""
    if engine == "both":
        scenario = None
    for budget in BUDGETS:
        report = lockproof.check(specification, budget=budget, seed=1, engine=engine, scenario=scenario, skip=skip)
        coverage = report.coverage
        runs = coverage.schedules if engine == "schedules" else coverage.invocations
        enough = ALL in coverage.explored[0] if scenario and engine == "schedules" else runs > FEWEST
        if enough:
            break
    assert report.verdict is lockproof.Verdict.HELD and enough
    return report


BAG = (op("a.put(x)", x=[1, 2]), op("a.get()"))
TWO = "a.put(1); a.put(2) -> a.get() || a.get() -> "


def test_a_model_that_chooses_allows_each_choice(engine: str) -> None:
    report = held(Specification(subjects.Bag, BAG, model=subjects.AnyBag), engine, TWO)
    assert (report.subject, report.model) == ("tests.lockproof.testing.subjects:Bag", "AnyBag")


def test_names_that_are_given_are_shown() -> None:
    named = Specification(subjects.Bag, BAG, model=subjects.AnyBag, subject_name="bag", model_name="any bag")
    report = held(named, "schedules", TWO)
    assert (report.subject, report.model) == ("bag", "any bag")


def test_a_model_that_chooses_does_not_allow_everything(engine: str) -> None:
    finding = found(Specification(subjects.TornBag, BAG, model=subjects.AnyBag), engine)
    assert [operation.text for operation in finding.scenario.threads[0]] == ["a.get()"]


def test_a_model_that_does_not_choose_is_told_as_a_difference_on_one_thread() -> None:
    with pytest.raises((lockproof.Violation, lockproof.NotShown)) as caught:
        lockproof.check(Specification(subjects.Bag, BAG, model=subjects.LeastBag), budget=0.4, seed=1)
    report = caught.value.report
    assert report.nonconformances and not report.findings


def test_normalize_makes_of_a_result_what_counts(engine: str) -> None:
    held(Specification(subjects.Tickets, [op("a.ticket()", normalize=type)]), engine, "a.ticket() || a.ticket()")


def test_exclusive_operations_do_not_meet(engine: str) -> None:
    held(Specification(subjects.OneWriter, [op("a.add()", exclusive="writer"), op("a.total()")]), engine)


def test_without_exclusive_they_do(engine: str) -> None:
    finding = found(Specification(subjects.OneWriter, [op("a.add()"), op("a.total()")]), engine)
    assert engine == "both" or (finding.control is not None and finding.control.schedules < FEWEST)


HANDOVER = (op("a.give(x)", x=[1, 2]), op("a.take()", blocking=True))
ONE_EACH = "a.take() || a.give(1)"


def test_a_wait_that_the_model_allows_is_no_hang(engine: str) -> None:
    held(Specification(subjects.Handover, HANDOVER, model=subjects.HandoverModel), engine, ONE_EACH)


@pytest.mark.parametrize(
    ("engine", "kind"),
    [("schedules", "deadlock"), pytest.param("threads", "hang", marks=pytest.mark.nightly(reason="it waits"))],
)
def test_a_wait_that_nobody_ends_is_one(engine: str, kind: str) -> None:
    sleepy = Specification(subjects.SleepyHandover, HANDOVER, model=subjects.HandoverModel)
    assert found(sleepy, engine, hang=0.7, scenario=ONE_EACH).kind == kind


def test_on_real_threads_a_wait_that_another_thread_ends_is_no_hang() -> None:
    handover = Specification(subjects.Handover, HANDOVER, model=subjects.HandoverModel)
    report = lockproof.check(handover, runs=50, seed=1, hang=0.7, scenario=ONE_EACH)
    assert report.verdict is lockproof.Verdict.HELD and report.coverage.invocations > 0


def both(pair: subjects.Pair) -> tuple[list[int], list[int]]:
    return pair.left, pair.right


PUSH = (op("a.push(x)", x=[1, 2]),)
TWO_PUSHES = "a.push(1) || a.push(2)"


def test_the_state_at_the_end_counts_if_it_is_named(engine: str) -> None:
    found(Specification(subjects.TornPair, PUSH, state=both), engine, scenario=TWO_PUSHES)


def test_a_scenario_that_says_that_nothing_is_done_at_the_end_is_run_as_it_stands() -> None:
    held(Specification(subjects.TornPair, PUSH, state=both), "schedules", f"-> {TWO_PUSHES} ->")


def test_the_state_at_the_end_of_a_right_class_is_no_finding(engine: str) -> None:
    held(Specification(subjects.Pair, PUSH, state=both), engine, TWO_PUSHES)


def test_what_is_not_named_does_not_count(engine: str) -> None:
    held(Specification(subjects.TornPair, PUSH), engine, TWO_PUSHES, skip=("nothing-observed",))
