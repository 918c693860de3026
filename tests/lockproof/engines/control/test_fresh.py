"""Is the first run of a process as good as any later one?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.first_run_programs")


def test_a_context_variable_does_not_leak_from_run_to_run(answer: Answers) -> None:
    assert answer["context"]["outcomes"] == {"[0, 0, 0]": 10}


def test_a_run_that_meets_new_code_has_the_same_decisions_or_says_so(answer: Answers) -> None:
    first, second, third = answer["first_runs_under_gil"]
    assert second[:2] == third[:2]
    assert first[:2] == second[:2] or first[2]


def test_a_try_to_take_a_lock_meets_it_free_and_taken(answer: Answers) -> None:
    assert set(answer["tries"]["outcomes"]) == {"True", "False"} and not answer["tries"]["deadlocks"]


def test_a_schedule_can_be_replayed(answer: Answers) -> None:
    assert answer["replayed"] == "same"
