"""Does the engine report what goes wrong in a run, with the places, and nothing of a run in which all is well?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

PROGRAMS = Path(__file__).with_name("alarm_programs.py")


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.alarm_programs")


@pytest.fixture(scope="module")
def endless() -> Answers:
    return answers("tests.lockproof.engines.control.endless_programs")


def line(comment: str) -> str:
    """Return the place of a line by the comment at its end."""
    lines = PROGRAMS.read_text(encoding="utf-8").splitlines()
    return f"{PROGRAMS}:{next(k for k, each in enumerate(lines, 1) if each.endswith(f' {comment}'))}"


def quiet(found: dict[str, Any]) -> bool:
    """Tell whether nothing at all was reported."""
    names = ("deadlocks", "errors", "left", "held", "bounded", "spinning", "cycles")  # `test_native` has the others
    reported = {name: found[name] for name in names if found[name]}
    assert not reported
    return set(found["outcomes"]) == {"'ended'"}


def rows(found: dict[str, object]) -> dict[str, dict[str, object]]:
    return {row["thread"]: row for row in found["table"]}  # type: ignore[attr-defined]


def test_two_locks_in_opposite_orders_are_a_deadlock_in_some_order(answer: Answers) -> None:
    found = answer["two_locks"]["broken"]
    assert found["deadlocks"] and found["outcomes"] and found["exhausted"]


def test_the_deadlock_table_names_waiter_lock_holder_and_place(answer: Answers) -> None:
    table = rows(answer["two_locks"]["broken"])
    assert set(table) == {"main thread", "F", "B"}
    forward, backward = table["F"], table["B"]
    assert (forward["owner"], backward["owner"]) == ("B", "F")
    assert table["main thread"]["waits_for"] == "the end of F"
    assert (forward["count"], backward["count"]) == (1, 1)
    assert forward["owned_since"] == line("backward takes two")
    assert backward["owned_since"] == line("forward takes one")
    assert "reentrant lock made at" in str(forward["waits_for"]) and "the lock made at" in str(backward["waits_for"])


def test_the_deadlock_table_has_the_place_of_each_wait(answer: Answers) -> None:
    table = rows(answer["two_locks"]["broken"])
    assert table["F"]["place"] == line("forward waits for two")
    assert table["B"]["place"] == line("backward waits for one")


def test_two_locks_in_one_order_are_no_deadlock(answer: Answers) -> None:
    found = answer["two_locks"]["mended"]
    assert quiet(found) and found["exhausted"]


def test_a_lock_order_that_can_hang_is_reported_though_the_run_did_not(answer: Answers) -> None:
    found = answer["order_alone"]["broken"]
    assert found["outcomes"] == {"'ended'": 1} and len(found["cycles"]) == 1
    assert quiet(answer["order_alone"]["mended"])


def test_a_thread_that_waits_for_itself_is_its_own_row(answer: Answers) -> None:
    (row,) = answer["itself"]["table"]
    assert row["thread"] == row["owner"] == "main thread" and row["owned_since"]


def test_a_gate_that_both_threads_hold_keeps_opposite_orders_apart(answer: Answers) -> None:
    assert quiet(answer["gate"]["held by both"])
    assert answer["gate"]["held by none"]["cycles"] and answer["gate"]["held only the first time"]["cycles"]


def test_one_thread_alone_makes_no_cycle(answer: Answers) -> None:
    assert not answer["order_more"]["one thread"]["cycles"]


def test_a_lock_that_is_only_tried_makes_no_cycle(answer: Answers) -> None:
    found = answer["order_more"]["tries"]
    assert found["exhausted"] and not found["deadlocks"] and not found["cycles"]


def test_a_ring_of_three_locks_is_a_cycle(answer: Answers) -> None:
    assert answer["order_more"]["ring"]["cycles"]


def test_a_lock_that_no_thread_releases_is_reported_with_its_last_holder(answer: Answers) -> None:
    ((lock, holder),) = answer["held"]["never"]["held_table"]
    assert "the lock made at" in lock and str(PROGRAMS) in lock and holder.startswith("Thread-")


def test_a_lock_that_another_thread_releases_was_released(answer: Answers) -> None:
    assert not answer["held"]["another"]["held"]


def test_a_thread_that_waits_when_the_function_has_ended_was_left_behind(answer: Answers) -> None:
    (row,) = answer["left"]["said"]["left_table"]
    assert row["thread"] == "left" and not answer["left"]["said"]["deadlocks"]


def test_a_daemon_may_be_left_behind_and_so_may_a_thread_that_ends(answer: Answers) -> None:
    assert quiet(answer["left"]["daemon"]) and quiet(answer["left"]["set"])


def test_a_thread_is_no_daemon_by_default(answer: Answers) -> None:
    assert answer["left"]["plain"]["left"] == 1


def test_a_thread_is_left_behind_though_a_daemon_has_its_name(answer: Answers) -> None:
    assert answer["left"]["of one name"]["left"] == 1


def test_an_exception_of_a_thread_is_reported_and_the_others_go_on(answer: Answers) -> None:
    found = answer["errors"]["thread"]
    ((error, times),) = found["errors"].items()
    assert "ZeroDivisionError" in error and times == 1 and found["outcomes"] == {"'ended'": 1}
    assert quiet(answer["errors"]["exit"])
    assert list(answer["errors"]["main"]["errors"]) == ["main thread: KeyError('main')"]


ENDED = ["free True", "free True first", "gil True", "gil True first", "sleeping True", "sync True first"]


@pytest.mark.parametrize("how", ENDED)
def test_a_loop_that_waits_for_another_thread_is_no_alarm(answer: Answers, how: str) -> None:
    assert quiet(answer["spin"][how])


@pytest.mark.parametrize("strategy", ["Unfair", "SURW", "PCT", "POS"])
def test_two_threads_that_loop_until_a_third_is_done_let_it_go_on(answer: Answers, strategy: str) -> None:
    found = answer["spin"][f"two, {strategy}"]
    assert quiet(found) and found["outcomes"] == {"'ended'": found["runs"]}


def test_a_strategy_sees_that_a_thread_yields(answer: Answers) -> None:
    assert answer["spin"]["yielded"]


def test_a_thread_that_was_hardly_chosen_does_not_count_as_spinning(answer: Answers) -> None:
    found = answer["spin"]["two, long"]
    assert found["bounded"] == found["runs"] and not found["spinning"]


@pytest.mark.parametrize("how", ["free False", "free False first", "gil False", "gil False first"])
def test_two_threads_that_wait_for_each_other_in_loops_are_spinning(answer: Answers, how: str) -> None:
    found = answer["spin"][how]
    assert found["bounded"] == found["spinning"] == found["runs"] and not found["outcomes"]


@pytest.mark.parametrize("how", ["free", "free, first"])
def test_a_long_loop_that_would_end_is_not_spinning(answer: Answers, how: str) -> None:
    assert not answer["long_loop"][how]["spinning"]


def test_a_loop_of_nine_thousand_rounds_ends_under_gil(answer: Answers) -> None:
    assert not answer["long_loop"]["gil"]["spinning"]


def test_a_program_that_recurses_too_deep_gets_the_error_itself(answer: Answers) -> None:
    assert answer["recursion"]["outcomes"] == {"['RecursionError', 'RecursionError']": 2}


def test_a_program_that_catches_everything_is_given_up_all_the_same(answer: Answers) -> None:
    assert answer["all_is_caught"]["deadlocks"] == 1


def test_later_runs_are_what_they_were_before_the_alarms(answer: Answers) -> None:
    for which in ("broken", "mended"):
        before, after = answer["two_locks"][which], answer["afterwards"][which]
        assert set(before["outcomes"]) == set(after["outcomes"])
        assert bool(before["deadlocks"]) == bool(after["deadlocks"]) == (which == "broken")
    assert answer.status == 0 and answer.tail == ""


def test_what_other_programs_of_the_process_did_changes_no_count(answer: Answers) -> None:
    for which in ("broken", "mended"):
        assert answer["two_locks"][which]["runs"] == answer["afterwards"][which]["runs"]


def test_a_daemon_that_goes_on_for_ever_is_no_alarm(endless: Answers) -> None:
    assert quiet(endless["heartbeat"])


def test_two_threads_that_wait_for_each_other_in_loops_of_sleeps_are_spinning(endless: Answers) -> None:
    assert endless["sleeping"]["spinning"]


def test_two_threads_that_wait_for_each_other_are_spinning_where_only_locks_switch(endless: Answers) -> None:
    assert endless["spinning"]["spinning"]
