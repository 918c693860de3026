"""Is HELD refused to a class of which something was never called or seen, and does its twin hold?"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

import lockproof
from lockproof.campaign.called import Called
from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.campaign.health import health
from lockproof.campaign.protocol.answers import WAITED, Answer, Answers, joined
from lockproof.campaign.protocol.messages import Fresh
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import HEALTH, Doubt, Evidence, Tally, verdict_of
from lockproof.core.members import Member
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.scenario import Scenario
from lockproof.core.values import NOT_BEGUN, WAITS
from lockproof.core.verdict import Report, Verdict
from lockproof.report.text import as_text
from tests.lockproof.campaign import uncalled

HERE = "tests.lockproof.campaign.uncalled"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


@cache
def checked(name: str, **options: Any) -> Report:
    given = {"seed": 1, "engine": "threads", **options}
    if given["engine"] == "threads" and "budget" not in options:
        given["runs"] = 1_000  # by time, a busy machine may make too few
    return check_target(f"{HERE}:{name}", CheckOptions(**given))


def codes(report: Report) -> list[str]:
    return [reason.code for reason in report.unknown]


def test_a_class_of_which_everything_was_called_holds() -> None:
    report = checked("Shelf")
    assert (report.verdict, codes(report)) == (Verdict.HELD, [])
    assert (report.coverage.called, report.coverage.uncalled) == (("put", "count"), ())
    assert as_text(report).startswith(f"{HERE}:Shelf: HELD: 2 of 2 methods, ")


@pytest.mark.parametrize(
    ("name", "member", "why", "line"),
    [
        ("AsyncShelf", "put_later", "it is asynchronous", "asyncio.run(a.put_later(book))"),
        ("PickyShelf", "lend", "every call raised Refusal: the shelf is shut", "a.lend(book)"),
    ],
)
def test_a_member_that_was_never_called_makes_it_unknown_until_it_is_excused(
    name: str, member: str, why: str, line: str
) -> None:
    report = checked(name)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, [Doubt.MEMBER_NEVER_CALLED])
    (reason,) = report.unknown
    assert reason.text.endswith(f"{member}: {why}")
    assert f'op("{line}", book=[...])' in reason.step and f"--skip {member}" in reason.step
    assert report.coverage.uncalled == (member,)
    excused = checked(name, skip=(member,))
    assert excused.verdict is Verdict.HELD
    assert "2 of 2 methods, 1 skipped, " in as_text(excused).partition("\n")[0]


@pytest.mark.parametrize("engine", ["threads", "schedules"])
def test_a_member_that_needs_the_right_contents_gets_a_scenario_of_its_own(engine: str) -> None:
    report = checked("SeldomShelf", engine=engine, budget=0.05)
    assert report.verdict is Verdict.HELD and "take" in report.coverage.called


@pytest.mark.parametrize(
    ("name", "excused"),
    [
        ("HookedShelf", ("sort: every call raised NotImplementedError: subclasses sort",)),
        ("WatchedShelf", ("start: it starts threads or processes", "stop: no operation starts what it would end")),
    ],
)
def test_what_cannot_be_called_for_a_good_reason_is_told_and_does_not_matter(
    name: str, excused: tuple[str, ...]
) -> None:
    report = checked(name)
    assert (report.verdict, codes(report)) == (Verdict.HELD, [])
    assert (report.coverage.called, report.coverage.excused) == (("put", "count"), excused)
    assert f": HELD: 2 of {2 + len(excused)} methods, " in as_text(report).partition("\n")[0]
    assert f"not called, and not counted against it: {excused[0]}" in " ".join(as_text(report).split())
    assert not any("left out" in note for note in report.notes)


def test_blocks_of_with_are_called() -> None:
    report = checked("OpenedShelf")
    assert (report.verdict, report.coverage.uncalled, report.coverage.excused) == (Verdict.HELD, (), ())
    assert report.coverage.called == ("put", "count", "opened", "__enter__")


def test_a_method_that_only_seems_to_end_the_object_is_called_and_its_race_is_found() -> None:
    report = checked("ClosingShelf")
    assert (report.verdict, report.coverage.called) == (Verdict.HELD, ("put", "count", "close"))
    broken = checked("HastyClosingShelf", scenario="a.close() || a.close()", engine="schedules", budget=2.0)
    assert broken.verdict is Verdict.VIOLATION


def test_what_a_class_inherits_from_the_library_is_not_needed() -> None:
    report = checked("Reader")
    assert (report.verdict, codes(report)) == (Verdict.HELD, [])
    assert "turn" in report.coverage.called


def test_a_call_that_returns_only_beside_calls_that_wait_runs_under_control() -> None:
    report = checked("Permits", engine="both", runs=1_000, schedules=300)
    assert (report.verdict, codes(report)) == (Verdict.HELD, [])
    assert report.coverage.called == ("acquire", "release")
    alone = checked("Permits")
    assert (alone.verdict, Doubt.MEMBER_NEVER_CALLED in codes(alone)) == (Verdict.UNKNOWN, True)


def test_a_result_by_chance_does_not_keep_a_method_from_being_called() -> None:
    report = checked("Lottery")
    assert (report.verdict, report.coverage.called) == (Verdict.HELD, ("sell", "draw"))
    assert any("a.draw(): run, and only exceptions compared" in note for note in report.notes)


def test_the_functions_of_a_module_count() -> None:
    report = check_target("tests.lockproof.campaign.counted", CheckOptions(runs=1_000, seed=1))
    assert (report.verdict, report.coverage.called, report.coverage.uncalled) == (Verdict.HELD, ("add", "total"), ())


def test_a_line_of_the_final_part_alone_is_not_called_beside_others() -> None:
    final = joined({}, [Answer("len(a)", True, "", "0"), Answer("a.add(1)", False, "", "None")])
    called = Called((Member("add"), Member("__len__")), wanted=True)
    assert called.returned(final) == {"add": True, "__len__": False}
    both = joined(final, [Answer("len(a)", False, "", "0")])
    assert called.returned(both) == {"add": True, "__len__": True}


def test_a_call_by_another_name_of_the_function_is_a_call() -> None:
    answers = joined({}, [Answer("a.place(1)", False, "", "True")])
    assert Called((Member("put", aliases=("place",)),)).returned(answers) == {"put": True}


def test_calls_that_waited_for_ever_neither_returned_nor_raised() -> None:
    answers = Answers(Scenario.parse("a.get(); a.put(1) || a.put(2) -> len(a)"))
    answers.note([(WAITS, NOT_BEGUN), (None,)], ())
    assert [(each.line, each.raised) for each in answers.all()] == [("a.get()", WAITED), ("a.put(2)", "")]
    answers.note([(2, None), (None,)], (1,))
    assert not any(each.raised for each in answers.all())


def test_a_misspelt_name_to_skip_is_refused() -> None:
    with pytest.raises(LockproofError, match="did you mean put"):
        checked("Shelf", skip=("putt",))


def test_what_the_user_says_to_run_is_all_that_counts_and_the_first_line_counts_all() -> None:
    for name, options in (("few", {}), ("AsyncShelf", {"scenario": "a.put(1) || a.put(2)"})):
        report = checked(name, **options)
        assert report.verdict is Verdict.HELD, report.unknown
        assert ": HELD: 1 of 3 methods, " in as_text(report).partition("\n")[0]
        assert any("put_later is left out" in note for note in report.notes) or name == "few"


@pytest.mark.parametrize(
    ("name", "line"),
    [("unawaited", "put_later(1)"), ("unlooped", "each()"), ("unawaited_by_a_function", "soon(1)")],
)
def test_a_coroutine_that_nobody_awaits_is_no_call(name: str, line: str) -> None:
    report = checked(name)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, [Doubt.NEVER_AWAITED])
    assert report.unknown[0].text.endswith(f": a.{line}") and f"asyncio.run(a.{line})" in report.unknown[0].step
    assert line.partition("(")[0] not in report.coverage.called
    alone = checked("LaterShelf", scenario=f"a.{line} || a.{line} ->")
    assert codes(alone) == [Doubt.NEVER_AWAITED, Doubt.NOTHING_RETURNED]


def test_an_operation_that_runs_the_coroutine_is_a_call_of_the_method() -> None:
    report = checked("awaited", runs=100)
    assert report.verdict is Verdict.HELD, report.unknown
    assert "put_later" in report.coverage.called


# Health checks.


@pytest.mark.parametrize(
    ("name", "twin", "code"),
    [
        ("shut", "few", Doubt.OPERATION_ALWAYS_RAISED),
        ("Ledger", "ReadLedger", Doubt.NOTHING_OBSERVED),
        ("mute", "read", Doubt.NOTHING_OBSERVED),
        ("Notice", "ChangingNotice", Doubt.NOTHING_CHANGED),
        ("Notice", "Arithmetic", Doubt.NOTHING_CHANGED),
    ],
)
def test_an_unhealthy_check_is_unknown_until_it_is_excused(name: str, twin: str, code: Doubt) -> None:
    report = checked(name)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, [code])
    assert f"--skip {code}" in report.unknown[0].step
    assert checked(name, skip=(code,)).verdict is Verdict.HELD
    assert checked(twin).verdict is Verdict.HELD


RAN = {each.line: each for each in (Answer("a.f()", False, "", None),)}
VARIED = joined({}, RAN.values())


@pytest.mark.parametrize(
    ("threads", "schedules", "complete", "few"),
    [
        (Tally(9, 9, 9), None, False, True),
        (Tally(10, 10, 10), None, False, False),
        (Tally(9, 9, 9), Tally(4, 4, 4), False, True),
        (Tally(10, 10, 10), Tally(4, 4, 4), False, False),
        (Tally(9, 9, 9), Tally(5, 5, 5), False, False),
        (None, Tally(4, 4, 4), False, True),
        (None, Tally(4, 4, 4), True, False),
        (None, Tally(5, 5, 5), False, False),
        (Tally(3, 3, 3), Tally(4, 4, 4), True, False),
        (Tally(), Tally(), False, False),  # nothing was run, which is another doubt
    ],
)
def test_too_few_runs_mean_nothing(threads: Tally | None, schedules: Tally | None, complete: bool, few: bool) -> None:
    found = [each.doubt for each in health(VARIED, Fresh(), threads, schedules, complete=complete)]
    assert found == [Doubt.TOO_FEW_RUNS] * few


@pytest.mark.parametrize(("scenarios", "code"), [(1, Doubt.TOO_FEW_RUNS), (2, Doubt.NOTHING_CHANGED)])
def test_one_scenario_in_which_nothing_changed_wants_time_and_not_other_operations(scenarios: int, code: Doubt) -> None:
    same = joined({}, [Answer("a.f()", False, "", "1")])
    fresh = Fresh(has_state=True)
    (doubted,) = health(same, fresh, Tally(500, 500, 500), None, complete=False, scenarios=scenarios)
    assert doubted.doubt is code
    (reason,) = verdict_of(Evidence(Tally(500, 500, 500), doubts=(doubted,))).reasons
    assert ("--budget" in reason.step) == (code is Doubt.TOO_FEW_RUNS)


def test_each_health_check_has_a_class_here() -> None:
    assert set(HEALTH) == {Doubt.OPERATION_ALWAYS_RAISED, Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED,
                           Doubt.TOO_FEW_RUNS}  # fmt: skip


def test_a_result_that_varies_once_is_not_always_the_same() -> None:
    one, other = Answer("a.f()", False, "", "1"), Answer("a.f()", False, "", "2")
    assert joined({}, [one, one])["a.f()", False].always == "1"
    assert joined({}, [one, other])["a.f()", False].always is None
    assert joined({}, [one, other, one])["a.f()", False].always is None


# Code without switch points.


def test_schedules_alone_do_not_hold_where_trusted_code_shares_state() -> None:
    scenario = "a.put(0) || a.count() -> a.count()"
    report = checked("Weak", engine="schedules", scenario=scenario, budget=1.0)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, [Doubt.TRUSTED_CODE])
    assert report.unknown[0].text.endswith(": weakref")
    assert not any("all schedules" in each or "every" in each for each in report.coverage.explored)
    twin = checked("Strong", engine="schedules", scenario=scenario, budget=1.0)
    assert twin.verdict is Verdict.HELD and any("every behaviour" in each for each in twin.coverage.explored)


@pytest.mark.parametrize(("name", "call", "trusted"), [("Dice", "throw()", "random"), ("Weak", "count()", "weakref")])
def test_an_exploration_claims_nothing_of_trusted_code(name: str, call: str, trusted: str) -> None:
    options = ExploreOptions(scenario=f"a.{call} || a.{call}", strategy="preemptions", seed=1)
    report = explore_target(f"{HERE}:{name}", options)
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, [Doubt.TRUSTED_CODE])
    assert report.unknown[0].text.endswith(f": {trusted}")


# In tests.


def test_the_exception_says_the_same() -> None:
    with pytest.raises(lockproof.NotShown, match="never called with success: put_later: it is asynchronous"):
        lockproof.check(uncalled.AsyncShelf, runs=200)
    assert lockproof.check(uncalled.AsyncShelf, runs=200, skip="put_later").coverage.skipped == ("put_later",)


@pytest.mark.lockproof(skip=["put_later"])
def test_a_mark_excuses_for_one_test() -> None:
    assert lockproof.check(uncalled.AsyncShelf, runs=200).verdict is Verdict.HELD


def test_a_loop_that_sleeps_until_a_time_does_not_wait_for_ever() -> None:
    scenario = "a.try_take() -> a.try_take() || a.take() ->"
    options = CheckOptions(budget=2.0, seed=1, engine="schedules", scenario=scenario)
    report = check_target("tests.corpus.arguments:MendedBucket", options)
    assert (report.verdict, report.findings) == (Verdict.HELD, ())
