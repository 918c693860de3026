"""Does exploring find what a function or a scenario does wrong in some order, report that, and hold for its twin?"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.explore import explore_target
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import ExploreOptions, Progress
from lockproof.core.verdict import Control, Finding, FindingKind, Masking, Report, Verdict

HERE = "tests.lockproof.campaign.races"
STRATEGIES = "tests.lockproof.campaign.strategies"
SOURCE = Path(__file__).with_name("races.py")
GIL = sys._is_gil_enabled()
LONG = 60.0
"""Seconds for what ends by itself, whatever else the machine does."""

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def explored(name: str, budget: float = LONG, **options: Any) -> Report:
    return explore_target(f"{HERE}:{name}", ExploreOptions(budget=budget, seed=1, **options))


def explored_until(enough: Callable[[Report], object], name: str, **options: Any) -> Report:
    """Explore with growing budgets until a report shows enough: on a busy machine that takes longer."""
    for budget in (0.5, 2.0, 10.0, LONG):
        report = explored(name, budget, **options)
        if enough(report):
            break
    return report


def searched(name: str, **options: Any) -> Report:
    """Explore until all schedules within the bound were run: no longer than that takes."""
    return explored(name, strategy="preemptions", **options)


@cache
def found(name: str) -> tuple[Finding, Control]:
    report = explored(name)
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert finding.control is not None
    replays = 2 if finding.kind is FindingKind.NO_PROGRESS else 10  # such a run takes all steps that a run may take
    assert (finding.control.replayed, finding.control.replays) == (replays, replays)
    return finding, finding.control


def line(comment: str) -> str:
    """Return the place of a line by the comment at its end."""
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return f"{SOURCE}:{next(k for k, each in enumerate(lines, 1) if each.endswith(f'# {comment}'))}"


# What is found.


def test_a_lost_update_is_found_with_one_preemption_and_called_masked() -> None:
    finding, control = found("lost_update")
    assert finding.kind is FindingKind.EXCEPTION
    assert finding.detail == "AssertionError: 5, in main thread"
    assert finding.stacks.startswith("Traceback (most recent call last):\n") and "in lost_update" in finding.stacks
    assert "lockproof" not in finding.stacks.replace(str(SOURCE), "")
    assert control.preemptions == 1
    assert control.masking is Masking.MASKED
    assert "schedules" in control.rests_on


def test_its_steps_tell_what_was_read_and_written_and_which_accesses_collided() -> None:
    _, control = found("lost_update")
    paid = [step for step in control.steps if step.source == "account.money += 5"]
    first, second = (f"Thread-{number} (pay)" for number in (1, 2))
    assert [(step.thread, step.notes) for step in paid] == [
        (first, ("reads account.money: 0",)),
        (second, ("reads account.money: 0", "writes account.money: 5")),
        (first, ("writes account.money: 5",)),
    ]
    assert [step.marked for step in control.steps if step.marked] == [True, True]
    assert [step.marked for step in paid] == [True, True, False]
    assert paid[0].switch == "another thread goes on"
    assert all(step.place.startswith(f"{SOURCE}:") for step in paid)


def test_a_check_then_act_across_a_call_in_c_is_shown_with_the_gil_too() -> None:
    finding, control = found("check_then_act")
    assert finding.kind is FindingKind.EXCEPTION and control.preemptions == 1
    assert control.masking is Masking.SHOWN
    assert [step.source for step in control.steps if step.marked] == [
        'if taken.get("seat") is None:', 'taken["seat"] = 1'
    ]  # fmt: skip
    assert {step.thread for step in control.steps} == {"Thread-1 (claim)", "Thread-2 (claim)"}  # not who starts them


@pytest.mark.one_build
def test_of_accesses_that_collided_the_nearest_to_the_switch_are_marked() -> None:
    _, control = found("torn_reading")
    assert {step.source for step in control.steps if step.marked} == {"left = data[0]", "data[0] += 1"}


@pytest.mark.one_build
def test_the_container_that_collided_is_known_by_what_it_is_not_by_its_name() -> None:
    _, control = found("live_iterator")
    assert [step.source for step in control.steps if step.marked] == ["for number in numbers:", "same.add(4)"]


@pytest.mark.one_build
def test_what_no_other_thread_has_is_not_reported() -> None:
    _, control = found("private_lists")
    shown = {step.source for step in control.steps}
    assert {step.source for step in control.steps if step.marked} == {
        "if len(numbers) == 0:", "numbers.append(mine[0])"
    }  # fmt: skip
    assert "both.append(1)" in shown and "mine.sort()" not in shown


def test_a_deadlock_is_reported_with_who_has_what_since_where() -> None:
    finding, control = found("crossed_locks")
    assert finding.kind is FindingKind.DEADLOCK
    rows = {row.thread: row for row in control.blocked}
    assert set(rows) == {"main thread", "Thread-1 (forth)", "Thread-2 (back)"}
    forth, back = rows["Thread-1 (forth)"], rows["Thread-2 (back)"]
    assert (forth.owner, back.owner) == (back.thread, forth.thread)
    assert (forth.place, back.place) == (line("forth waits for other"), line("back waits for one"))
    assert (forth.owned_since, back.owned_since) == (line("back takes other"), line("forth takes one"))
    assert control.masking is Masking.SHOWN


@pytest.mark.two_builds
@pytest.mark.parametrize(
    ("name", "kind", "detail"),
    [
        ("thread_left_behind", FindingKind.LEFT_BEHIND, "waiter still waits"),
        ("lock_never_released", FindingKind.LOCK_HELD, f"the lock made at {SOURCE}:"),
        ("exception_of_a_thread", FindingKind.EXCEPTION, "IndexError: pop from empty list, in Thread-1 (take)"),
        ("generator_of_two", FindingKind.EXCEPTION, "ValueError: generator already executing"),
        ("no_progress", FindingKind.NO_PROGRESS, "every thread goes round in a loop"),
        ("timed_wait", FindingKind.EXCEPTION, "AssertionError: the wait ran out, in main thread"),
    ],
)
def test_whatever_goes_wrong_with_threads_is_found(name: str, kind: FindingKind, detail: str) -> None:
    finding, _ = found(name)
    assert finding.kind is kind
    assert detail in finding.detail


def test_the_stack_of_a_thread_begins_with_what_the_thread_was_given() -> None:
    finding, _ = found("exception_of_a_thread")
    assert re.findall(r'File "(.*)", line', finding.stacks) == [str(SOURCE)]


def test_no_progress_tells_after_how_many_steps() -> None:
    finding, _ = found("no_progress")
    assert "after 0 steps" not in finding.detail
    *_, first, second = finding.detail.replace(",", "").split(" at ")
    # The jump back belongs to the head of a loop up to 3.13, and to its body, the next line, from 3.14 on.
    for name, place in (("first", first.split()[0]), ("second", second)):
        file, _, number = line(f"{name} waits in a loop").rpartition(":")
        assert place in (f"{file}:{number}", f"{file}:{int(number) + 1}")


@pytest.mark.two_builds
def test_a_function_that_ends_the_process_is_a_finding() -> None:
    report = explored("exits")
    (finding,) = report.findings
    assert (finding.kind, finding.detail) == (FindingKind.EXIT, "the process ended with status 5")
    assert finding.control is None


@pytest.mark.two_builds
def test_the_command_of_a_finding_without_a_schedule_has_the_seed_that_was_drawn() -> None:
    report = explore_target(f"{HERE}:exits", ExploreOptions(budget=LONG))
    assert report.findings[0].command == f"lockproof explore {HERE}:exits --seed {report.seed} --budget 60s"


@pytest.mark.two_builds
def test_a_schedule_that_ends_the_process_is_a_finding_too() -> None:
    report = explored("exits", schedule="sync:0x1")
    assert report.findings[0].kind is FindingKind.EXIT


def test_the_command_of_a_finding_shows_it_again() -> None:
    finding, control = found("lost_update")
    assert finding.command == f"lockproof explore {HERE}:lost_update --schedule {control.schedule}"
    again = explored("lost_update", schedule=str(control.schedule), times=20)
    assert again.verdict is Verdict.VIOLATION
    assert (again.findings[0].failures, again.findings[0].tries) == (20, 20)
    assert again.findings[0].detail == finding.detail


@pytest.mark.two_builds
def test_a_possible_deadlock_that_no_run_hit_is_a_note() -> None:
    report = searched("crossed_one_after_the_other")
    assert report.verdict is Verdict.HELD
    (note,) = report.notes
    assert note.startswith("possible deadlock, which no run hit: ") and note.endswith("are taken in both orders")


# What holds.


TWINS = [
    "locked_update", "locked_check_then_act", "locked_in_one_order", "none_left_behind", "locked_and_released",
    "locked_exception_of_a_thread", "locked_generator_of_two", "hours_of_sleep"
]  # fmt: skip
ON_EVERY_BUILD = {"locked_update", "locked_check_then_act", "locked_in_one_order"}
"""The twins of what is found on every build."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=() if each in ON_EVERY_BUILD else pytest.mark.two_builds) for each in TWINS],
)
def test_the_twin_holds_and_all_of_its_schedules_were_run(name: str) -> None:
    report = searched(name)
    assert report.verdict is Verdict.HELD
    assert (report.findings, report.notes, report.unknown) == ((), (), ())
    (covered,) = report.coverage.explored
    assert covered.startswith("all ") and covered.endswith(
        (" schedules with at most 2 preemptions", " schedules there are")
    )


@pytest.mark.two_builds
def test_a_loop_that_another_thread_ends_is_no_finding() -> None:
    report = explored_until(lambda report: report.coverage.schedules > 10, "progress_of_one")
    assert report.findings == () and report.coverage.schedules > 10


@pytest.mark.one_build
def test_all_orders_are_said_to_be_all() -> None:
    report = explored("locked_in_one_order", strategy="orders")
    assert report.verdict is Verdict.HELD
    assert report.coverage.explored == ("all 4 orders of lock operations",)


@pytest.mark.one_build
def test_the_portfolio_says_what_each_of_its_strategies_covered() -> None:
    report = explored_until(lambda report: len(report.coverage.explored) == 8, "waits_with_a_limit")
    covered = report.coverage.explored
    assert covered[0].endswith(" traces, not called every behaviour: a wait has a time limit")
    assert covered[1].startswith("all ") and covered[1].endswith(" orders of lock operations")
    assert covered[2].endswith(" schedules with at most 2 preemptions")
    drawn = [each.rpartition(" ")[0].rpartition(" ")[2] for each in covered[3:]]
    assert drawn == ["SURW", "PCT", "POS", "random-walk", "rare-places"]


@pytest.mark.one_build
def test_where_every_behaviour_was_run_nothing_else_is() -> None:
    report = explored_until(lambda report: report.verdict is Verdict.HELD, "locked_in_one_order")
    assert report.coverage.explored == ("every behaviour (2 traces)",)


@pytest.mark.one_build
def test_what_was_not_finished_is_not_said_to_be_complete() -> None:
    report = explored("progress_of_one", budget=0.3, strategy="preemptions", bound=9)
    assert "schedules there are" not in str(report.coverage.explored)
    assert report.verdict is Verdict.UNKNOWN
    assert [reason.code for reason in report.unknown] == [Doubt.CUT_OFF]
    assert report.unknown[0].text.startswith("the search was not complete when its time was over")
    assert "--budget" in report.unknown[0].step


# Strategies of one's own.


@pytest.mark.one_build
def test_a_strategy_of_ones_own_chooses_the_schedules() -> None:
    for name, verdict in (("lost_update", Verdict.VIOLATION), ("locked_update", Verdict.HELD)):
        report = explored(name, strategy=f"{STRATEGIES}:AtRandom")
        assert report.verdict is verdict
        (covered,) = report.coverage.explored
        assert covered.endswith(f" {STRATEGIES}:AtRandom schedules")
        if report.findings:
            assert report.findings[0].control is not None and report.findings[0].control.replayed == 10


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("AtRando", "did you mean"),
        ("WithoutSeed", "cannot be made: TypeError"),
        ("NoChoice", "is no strategy: it has no choose"),
        ("ChoosesWrongly", "the strategy chose thread 77, and only "),
    ],
)
def test_what_is_no_strategy_is_refused(strategy: str, message: str) -> None:
    with pytest.raises(LockproofError, match=message):
        explored("lost_update", strategy=f"{STRATEGIES}:{strategy}")


# What can be repeated, and what cannot.


@pytest.mark.one_build
@pytest.mark.parametrize("strategy", ["orders", "preemptions"])
def test_the_same_exploration_covers_the_same(strategy: str) -> None:
    first, second = (explored("locked_update", strategy=strategy) for _ in range(2))
    assert first.coverage.explored == second.coverage.explored != ()
    assert first.coverage.schedules == second.coverage.schedules > 0


@pytest.mark.one_build
def test_the_same_exploration_finds_the_same_and_tells_the_same_of_it() -> None:
    for name in ("lost_update", "check_then_act"):
        first, second = (searched(name).findings[0] for _ in range(2))
        assert first.control == second.control
        assert (first.detail, first.command) == (second.detail, second.command)


UNSTABLE = ["depends_on_randomness", "depends_on_addresses", "depends_on_what_was_left"]


@pytest.mark.one_build
def test_a_generator_that_is_first_met_in_the_middle_of_the_search_starts_it_again() -> None:
    late, early = (searched(f"generator_met_{when}") for when in ("late", "early"))
    assert late.coverage.explored == early.coverage.explored == ("all 61 schedules with at most 2 preemptions",)


@pytest.mark.two_builds
def test_a_pool_has_its_threads_and_futures_in_the_same_order_again() -> None:
    report = explored_until(lambda report: report.coverage.schedules > 10, "pool_of_three", strategy="orders")
    assert report.coverage.schedules > 10
    assert (report.findings, [note for note in report.notes if "led elsewhere" in note]) == ((), [])


@pytest.mark.one_build
@pytest.mark.parametrize("name", UNSTABLE)
def test_what_depends_on_more_than_the_schedule_is_noted_and_never_called_complete(name: str) -> None:
    report = explored_until(lambda report: "led elsewhere" in str(report.notes), name)
    assert any(note.startswith("the same choices led elsewhere: ") for note in report.notes)
    assert not any(covered.startswith("all ") for covered in report.coverage.explored)
    assert report.coverage.explored  # it is drawn from all the same


@pytest.mark.two_builds
def test_a_search_that_was_given_up_is_no_held() -> None:
    report = searched("depends_on_what_was_left")
    assert report.coverage.explored == ()
    assert report.verdict is Verdict.UNKNOWN
    assert Doubt.NOT_REPEATABLE in [reason.code for reason in report.unknown]


@pytest.mark.one_build
def test_the_clock_and_the_hashes_of_texts_are_under_control() -> None:
    for name in ("depends_on_the_clock", "depends_on_the_calendar", "depends_on_hashes_of_texts"):
        report = searched(name, bound=1)
        assert report.notes == ()
        assert any(covered.startswith("all ") for covered in report.coverage.explored)


@pytest.mark.two_builds
def test_a_wait_with_a_time_limit_is_noted_and_takes_no_time() -> None:
    report = explored("timed_wait")  # it waits for an hour
    assert report.verdict is Verdict.VIOLATION
    assert report.notes == ("waits with a time limit ran out whenever that made a difference, not by the clock",)


@pytest.mark.one_build
def test_a_wait_that_is_not_under_control_is_noted_with_its_place() -> None:
    report = explored_until(lambda report: report.coverage.explored, "native_wait", strategy="preemptions")
    assert report.verdict is Verdict.UNKNOWN
    assert [reason.code for reason in report.unknown] == [Doubt.NOT_CONTROLLED]
    assert any(
        note.startswith(f"a wait that is not under control, at {line('a wait in the system')}") for note in report.notes
    )
    assert not any(covered.startswith("all ") for covered in report.coverage.explored)


@pytest.mark.one_build
def test_progress_is_reported_and_never_goes_back() -> None:
    reports: list[Progress] = []
    explore_target(f"{HERE}:lost_update", ExploreOptions(budget=LONG, seed=1), reports.append)
    phases = list(dict.fromkeys(each.phase for each in reports))
    assert phases == ["starting", "exploring", "confirming"]
    assert [each.elapsed for each in reports[1:]] == sorted(each.elapsed for each in reports[1:])


# What is refused.


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("target", "options", "fact", "step"),
    [
        (f"{HERE}:with_a_parameter", {}, "with_a_parameter has parameters: amount", "write a function around it"),
        (f"{HERE}:starts_no_thread", {}, "starts no thread: there is nothing to schedule", "start threads in it"),
        (
            f"{HERE}:Money",
            {},
            "explore needs a scenario for a class",
            f"lockproof check {HERE}:Money, or give --scenario",
        ),
        (f"{HERE}:lost_update", {"scenario": "a.f() || a.f()"}, "a function has no scenario", "leave --scenario out"),
        (f"{HERE}:lost_update", {"model": "set"}, "no model and no factory", "leave the options out"),
        (f"{HERE}:Money", {"scenario": "a.pay()"}, "one thread shows nothing", "separate the threads"),
        (f"{HERE}:lost_updat", {}, "lost_updat", "did you mean"),
        (f"{HERE}:lost_update", {"schedule": "free:1x"}, "not a schedule: 'free:1x'", "it looks like free:1x3,2x1"),
        ("tests.lockproof.campaign.nowhere:f", {}, "no module tests.lockproof.campaign.nowhere", ""),
        ("no/such/file.py:f", {}, "no file", ""),
    ],
)
def test_a_wrong_use_is_refused_with_a_reason_and_a_next_step(
    target: str, options: dict[str, Any], fact: str, step: str
) -> None:
    with pytest.raises(LockproofError) as caught:
        explore_target(target, ExploreOptions(budget=1.0, seed=1, **options))
    assert fact in str(caught.value)
    assert step in str(caught.value)


@pytest.mark.one_build
@pytest.mark.parametrize(
    ("source", "fact", "step"),
    [
        ("1 / 0", "ZeroDivisionError", "next step: "),
        ("import os; os._exit(4)", "failed: the process ended with status 4", "next step: "),
        ("import threading; threading.Lock().acquire(); f = 5", "int", ""),
    ],
)
def test_a_module_that_does_not_import_is_reported_with_a_next_step(
    tmp_path: Path, source: str, fact: str, step: str
) -> None:
    file = tmp_path / "broken_subject.py"
    file.write_text(source, encoding="utf-8")
    with pytest.raises(LockproofError) as caught:
        explore_target(f"{file}:f", ExploreOptions(budget=1.0, seed=1))
    assert fact in str(caught.value)
    assert step in str(caught.value)


# Classes.


@pytest.mark.one_build
def test_one_scenario_of_a_class_is_explored() -> None:
    report = searched("Money", scenario="a.pay() || a.pay()")
    (finding,) = report.findings
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert finding.explanation.why and finding.outcome is not None and finding.control is not None
    assert f"--scenario 'a.pay() || a.pay()' --schedule {finding.control.schedule}" in finding.command


@pytest.mark.two_builds
def test_the_same_scenario_of_its_twin_holds() -> None:
    report = searched("LockedMoney", scenario="a.pay() || a.pay()")
    assert report.verdict is Verdict.HELD
    assert report.coverage.kinds == ("a.pay()",)
    assert report.coverage.outcomes == 2
    assert any(covered.startswith("all ") for covered in report.coverage.explored)
