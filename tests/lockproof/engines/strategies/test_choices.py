"""Do strategies decide what the engine does: those that draw, those that a user wrote, and those that fail?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

SAMPLERS = ["walk", "PCT", "POS", "SURW"]


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.strategies.choice_programs")


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_lost_update_is_found_and_none_under_a_lock(answer: Answers, name: str) -> None:
    assert set(answer["found"][f"{name} paid"]["outcomes"]) == {"1", "2"}
    assert set(answer["found"][f"{name} paid_locked"]["outcomes"]) == {"2"}


@pytest.mark.parametrize("name", SAMPLERS)
def test_choices_are_a_function_of_the_seed(answer: Answers, name: str) -> None:
    one, again, other = answer["seeds"][name]
    assert one == again and one != other and len(one) == 15


def test_anything_with_the_three_methods_is_a_strategy(answer: Answers) -> None:
    found = answer["own"]
    assert found["runs"] == 30 and set(found["outcomes"]) == {"1", "2"} and not found["errors"]


def test_an_error_of_a_strategy_reaches_the_caller_and_the_next_run_works(answer: Answers) -> None:
    failed, after, strayed, after_that = answer["raises"]
    assert failed == "ZeroDivisionError: by the strategy"
    assert strayed.startswith("LockproofError: the strategy chose thread 77")
    assert after == after_that == "['1', '2']"


def test_no_program_catches_what_a_strategy_raises(answer: Answers) -> None:
    assert answer["raises_past_the_program"] == "by the strategy"


def test_a_run_that_shows_nothing_new_goes_on_to_its_end_and_is_no_finding(answer: Answers) -> None:
    assert answer["redundant"] == [True, [2], 0, 0, False]


def test_a_replay_makes_the_same_choices_and_has_the_same_outcome(answer: Answers) -> None:
    assert answer["replay"] == [100, 100]


def test_an_impossible_schedule_fails_a_strict_replay_and_not_a_lenient_one(answer: Answers) -> None:
    longer, _, _, _, stray, _ = answer["replay_of_another"]
    assert (longer, stray) == ("Diverged", "Diverged")
    assert answer["replay_of_another"][1::2] == ["True"] * 3


def test_an_interrupt_in_a_strategy_reaches_the_caller(answer: Answers) -> None:
    assert answer["interrupted"] == "raised"
