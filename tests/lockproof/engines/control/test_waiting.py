"""Run one call at a time, does a class show when its calls wait, and which waits are its fault?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.waiting_programs")


def test_a_call_that_waits_goes_on_before_the_next_one_begins(answer: Answers) -> None:
    both = "((None,), (None,)) ()"
    assert answer["a_call_that_waits_goes_on"] == [f"{both} [(0, 0)]", f"{both} []"]


def test_calls_that_wait_for_ever_are_seen_with_those_that_never_begin(answer: Answers) -> None:
    assert answer["calls_that_wait_for_ever"] == [
        "((None, waits for ever), (waits for ever,)) () [(0, 1), (1, 0)]",
        "((waits for ever, never begins), (None,)) () [(0, 0)]",
    ]


def test_an_observer_that_waits_ends_the_final_part(answer: Answers) -> None:
    assert answer["a_final_part_that_waits"] == ["((None,), (None,)) (None, waits for ever) []"]


def test_threads_that_meet_let_each_other_go_on(answer: Answers) -> None:
    assert answer["threads_that_meet"] == ["((0,), (1,)) () [(0, 0)]", "((1,), (0,)) () [(1, 0)]"]


def test_a_wait_with_a_time_limit_in_a_loop_is_a_wait(answer: Answers) -> None:
    assert answer["a_call_that_looks_again_and_again"] == [
        "((None,), (None,)) () [(0, 0)]",
        "((None,), (None,)) () []",
        "((waits for ever,), (waits for ever,)) () [(0, 0), (1, 0)]",
    ]


def test_a_call_that_another_one_lets_go_on_waits(answer: Answers) -> None:
    assert answer["waits_of_a_condition"] == ["a.take() -> a.take()"]
    assert answer["waits_for_a_lock_of_the_call"] == [" -> a.sleep()"]


def test_a_lock_that_another_call_gives_back_is_waited_for_and_a_leaked_or_own_one_is_not(answer: Answers) -> None:
    assert answer["waits_for_locks"] == ["a.shut() -> a.shut()"]
    assert answer["waits_for_a_lock_of_the_call_that_nobody_releases"] == []
