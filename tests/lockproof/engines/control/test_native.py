"""Does the engine notice a wait that is not under control, go on with other threads, and report the place?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

PROGRAMS = Path(__file__).with_name("native_wait_programs.py")


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.control.native_wait_programs")


def line(comment: str) -> str:
    """Return the place of a line by the comment at its end."""
    lines = PROGRAMS.read_text(encoding="utf-8").splitlines()
    return f"{PROGRAMS}:{next(k for k, each in enumerate(lines, 1) if each.endswith(f'# {comment}'))}"


def ended(found: dict[str, object], outcome: str) -> bool:
    assert not found["deadlocks"] and not found["errors"] and not found["left"]
    return found["outcomes"] == {outcome: 1}


WAITS = {"lock": "['released', 'waited']", "queue": "[1]", "pipe": "[b'x']"}


@pytest.mark.parametrize("what", WAITS)
def test_a_run_goes_on_around_a_wait_that_is_not_under_control(answer: Answers, what: str) -> None:
    assert ended(answer[what], WAITS[what])


@pytest.mark.parametrize("what", WAITS)
def test_a_wait_that_is_not_under_control_is_named_with_its_place(answer: Answers, what: str) -> None:
    (place,) = answer[what]["native"]
    assert place.startswith(f"{PROGRAMS}:")


def test_the_place_is_the_line_of_the_wait(answer: Answers) -> None:
    assert answer["lock"]["native"] == [line("waits for a native lock")]


def test_a_thread_that_waits_by_itself_comes_back(answer: Answers) -> None:
    assert ended(answer["alone"], "'ended'")


def test_a_system_that_starts_threads_slowly_makes_nobody_wait(answer: Answers) -> None:
    assert ended(answer["slow_start"], "'ended'") and not answer["slow_start"]["native"]


def test_a_thread_that_computes_waits_for_nothing(answer: Answers) -> None:
    assert ended(answer["busy"], "2") and line("computes") not in answer["busy"]["native"]


def test_runs_afterwards_are_under_control(answer: Answers) -> None:
    found = answer["still_controlled"]
    assert set(found["outcomes"]) == {"6"} and found["runs"] >= 20 and not found["native"]


def test_a_run_that_can_neither_go_on_nor_be_given_up_is_lost_and_says_where_each_thread_is(answer: Answers) -> None:
    message, stacks = answer["lost"]
    assert message.endswith((" made no step for 1 s", " does not end when its run is given up"))
    assert "Thread-1 (wait):" in stacks and "Thread-2 (hang):" in stacks and str(PROGRAMS) in stacks
