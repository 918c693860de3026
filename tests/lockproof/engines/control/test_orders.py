"""Are all orders of synchronization run, and few of them twice? The numbers were counted by hand."""

from __future__ import annotations

from math import comb

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

BY_HAND = {"2x1": 2, "2x2": comb(4, 2), "2x3": comb(6, 3), "2x4": comb(8, 4), "3x1": 6, "3x2": comb(6, 2) * comb(4, 2)}


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.order_programs")


@pytest.mark.parametrize("shape", BY_HAND)
def test_every_order_of_sections_of_one_lock_is_run_and_few_of_them_twice(answer: Answers, shape: str) -> None:
    found = answer["table"][shape]
    assert len(found["outcomes"]) == BY_HAND[shape] and found["exhausted"]
    assert BY_HAND[shape] <= found["runs"] <= 2 * BY_HAND[shape]
    assert not found["deadlocks"] and not found["errors"] and not found["bounded"] and not found["restarts"]


def test_threads_that_share_no_lock_have_one_order(answer: Answers) -> None:
    for found in answer["independent"]:
        assert (found["schedules"], found["exhausted"]) == (1, True)


def test_threads_that_make_locks_of_their_own_have_one_order(answer: Answers) -> None:
    for found in answer["independent_of_their_own"]:
        assert (found["schedules"], found["exhausted"]) == (1, True)


def test_threads_that_share_a_lock_are_ordered_whatever_a_third_one_does(answer: Answers) -> None:
    for found in answer["partly"]:
        assert set(found["outcomes"]) == {"'ab'", "'ba'"} and found["exhausted"]


def test_a_lock_that_is_taken_only_inside_another_one_adds_no_order(answer: Answers) -> None:
    found = answer["nested"]
    assert len(found["outcomes"]) == comb(4, 2) and found["schedules"] <= 3 * comb(4, 2)
    assert not found["deadlocks"] and not found["cycles"]


def test_a_look_at_a_lock_meets_it_free_and_taken(answer: Answers) -> None:
    assert set(answer["locked_asked"]["outcomes"]) == {"True", "False"} and not answer["locked_asked"]["deadlocks"]


def test_a_notification_that_comes_too_early_is_a_deadlock(answer: Answers) -> None:
    found = answer["wakeup"]["lost"]
    assert found["deadlocks"] and found["outcomes"]


def test_a_wait_whose_condition_may_hold_already_is_no_deadlock(answer: Answers) -> None:
    found = answer["wakeup"]["kept"]
    assert not found["deadlocks"] and set(found["outcomes"]) == {"'it'"} and found["exhausted"]


@pytest.mark.parametrize("how", ["limit", "sleep"])
def test_the_clock_is_read_before_and_after_time_passes_elsewhere(answer: Answers, how: str) -> None:
    assert set(answer["clock"][how]["outcomes"]) == {"True", "False"} and answer["clock"][how]["exhausted"]


def test_a_flag_of_an_event_is_read_before_and_after_it_is_set(answer: Answers) -> None:
    assert set(answer["event"]["outcomes"]) == {"True", "False"} and answer["event"]["exhausted"]


def test_a_thread_is_seen_alive_and_ended(answer: Answers) -> None:
    assert set(answer["alive"]["outcomes"]) == {"True", "False"}


def test_runs_that_are_given_up_do_not_wear_out_a_semaphore_made_at_import(answer: Answers) -> None:
    found = answer["semaphore_of_a_module"]
    assert set(found["outcomes"]) == {"1"} and not found["deadlocks"]


def test_no_deterministic_program_diverges(answer: Answers) -> None:
    found = [answer[name] for name in ("locked_asked", "event", "alive", "semaphore_of_a_module")]
    found += [*answer["wakeup"].values(), *answer["clock"].values()]
    assert [each["restarts"] for each in found] == [0] * len(found)
