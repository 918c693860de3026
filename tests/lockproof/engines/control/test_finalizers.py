"""Are finalizers under control, also where the thread that made the object has to run them?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.finalizer_programs")


def test_runs_end_and_every_object_dies_within_its_run(answer: Answers) -> None:
    assert answer["many"]["outcomes"] == {"6": 100}
    assert not answer["many"]["deadlocks"] and not answer["many"]["errors"]


def test_equal_choices_are_equal_runs(answer: Answers) -> None:
    first, again = answer["locked"], answer["locked_again"]
    assert not first["diverged"] and not first["restarts"] and first["runs"] > 100
    assert first == again


def test_a_finalizer_without_a_lock_is_seen_to_lose_a_count(answer: Answers) -> None:
    outcomes = {int(each) for each in answer["open"]["outcomes"]}
    assert max(outcomes) == 4 and min(outcomes) < 4


def test_a_finalizer_with_a_lock_loses_none(answer: Answers) -> None:
    assert set(answer["locked"]["outcomes"]) == {"2"}


def test_an_element_that_calls_its_subject_when_it_dies_does_so_within_the_run() -> None:
    assert answers("tests.lockproof.engines.control.dying_programs")["visits"] == [[1]] * 5
