"""Is a class that starts threads judged by its calls, however far its own threads are?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import answers

pytestmark = [pytest.mark.thread_unsafe(reason="starts a process"), pytest.mark.one_build]


def test_what_a_call_says_of_the_threads_is_not_compared_and_the_rest_is() -> None:
    assert answers("tests.lockproof.campaign.worker.beside_programs")["verdicts"] == {
        "each has a number": "held",
        "both have one number": "violation",
        "a line is lost": "violation",
        "the thread is not there yet": "held",
        "what it says of the thread is not compared": "held",
        "the thread was quick": "held",
        "reading raises": "violation",
        "repeats": True,
    }


def test_a_subject_is_observed_when_its_threads_have_come_to_rest() -> None:
    assert answers("tests.lockproof.campaign.worker.beside_programs")["observed"] == [[2]]
