"""Do all threads of a run share one processor, and does the program not notice?"""

from __future__ import annotations

import os

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes"),
    pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not let a process choose"),
]


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.processor_programs")


def test_a_thread_knows_the_processor_that_it_is_on(answer: Answers) -> None:
    assert len(answer["current"]) == len(os.sched_getaffinity(0))
    assert all(put == read for put, read in answer["current"])


def test_the_threads_of_a_run_share_a_processor_and_go_to_another_one_together(answer: Answers) -> None:
    runs, _ = answer["where"]
    assert len(runs) >= 8
    assert all(len(run) == 1 for run in runs)
    assert {each for run in runs for each in run} == os.sched_getaffinity(0)


def test_they_stay_there_until_it_is_time_to_choose_anew(answer: Answers) -> None:
    _, runs = answer["where"]
    assert len(runs) >= 8
    assert len({tuple(run) for run in runs[1:]}) == 1  # the first one still chooses


def test_a_program_sees_as_many_processors_as_without_control(answer: Answers) -> None:
    seen, expected = answer["what_a_program_sees"]
    assert seen == expected
