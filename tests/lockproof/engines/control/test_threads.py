"""Does a program under control see the threads, locks, queues, pools and clocks that it would see without?"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

NOT_OWNED = "'RuntimeError: cannot release un-acquired lock'"


@pytest.fixture(scope="module")
def processes() -> list[Answers]:
    return [answers(f"tests.lockproof.engines.control.{module}") for module in ("thread_programs", "time_programs")]


@pytest.fixture(scope="module")
def answer(processes: list[Answers]) -> Answers:
    return Answers(processes[0] | processes[1])


def only(found: dict[str, Any], outcome: str) -> bool:
    """Tell whether every run had this outcome, and nothing went wrong."""
    assert found["outcomes"] == {outcome: found["runs"] - (found["redundant"] or 0)}, found["outcomes"]
    assert not found["errors"] and not found["deadlocks"] and not found["bounded"] and not found["left"]
    return True


ALWAYS = {
    "a subclass of Thread with a run of its own": ("subclass", "['worker 0', 'worker 1', 'worker 2']"),
    "misuse of start and join": (
        "started_twice",
        "('RuntimeError: cannot join thread before it is started', 'RuntimeError: threads can only be started once', "
        "'RuntimeError: cannot join current thread', 'nothing')",
    ),
    "a reentrant lock": ("rlock", f"[True, True, True, {NOT_OWNED}, False, False, {NOT_OWNED}]"),
    "a reentrant lock that several want": ("rlock_excludes", "1"),
    "a condition with time limits": (
        "condition",
        "[False, False, 'yes', True, 'RuntimeError: cannot notify on un-acquired lock', "
        "'RuntimeError: cannot wait on un-acquired lock']",
    ),
    "two conditions of one lock": ("condition_of_two", "[1, 2]"),
    "an event": ("event", "[False, True, True, True, False]"),
    "a barrier": ("barrier", "([3, 3, 3], 'BrokenBarrierError: ', True)"),
    "timers": ("timer", "[True]"),
    "thread-local data": ("local", "False"),
    "thread-local data of a module": ("local_of_a_module", "[0, 0, 0]"),
    "queues": (
        "queues",
        "[[1, 2], 'Empty: ', 'Empty: ', [1, 2], 'Empty: ', 'Empty: ', [1, 2], 'Empty: ', 'Empty: ', "
        "[1, 2], 'Empty: ', 'Empty: ', 'Full: ', 'Full: ']",
    ),
    "a bounded queue": ("bounded_queue", "[0, 1, 2]"),
    "a pool": (
        "pool",
        "([1, 2, 4, [1, 2], 'ZeroDivisionError', [1, 2, 4]], "
        "'RuntimeError: cannot schedule new futures after shutdown')",
    ),
    "an hour of sleep": ("hour", "([True, True, True], True, True)"),
    "polling until a time": ("polling", "True"),
    "polling until a time without sleep": ("busy_polling", "True"),
    "locks made at import, and names imported": ("imported", "(1, True, True)"),
}


@pytest.mark.parametrize("what", ALWAYS)
def test_a_program_sees_what_it_would_see_without_control(answer: Answers, what: str) -> None:
    question, outcome = ALWAYS[what]
    assert only(answer[question], outcome)


def test_a_semaphore_lets_in_as_many_as_it_says_and_no_more(answer: Answers) -> None:
    rest = "[True, True, False, False], 'ValueError: Semaphore released too many times')"
    assert set(answer["semaphore"]["outcomes"]) == {f"(1, {rest}", f"(2, {rest}"} and not answer["semaphore"]["errors"]


def test_a_lock_answers_as_a_lock_does(answer: Answers) -> None:
    (outcome,) = answer["lock"]["outcomes"]
    assert outcome.startswith("[True, True, False, False, False, False, 'RuntimeError: release unlocked lock', ")
    assert "can't specify a timeout for a non-blocking call" in outcome


def test_a_lock_refuses_a_negative_time_limit(answer: Answers) -> None:
    (outcome,) = answer["lock"]["outcomes"]
    assert "ValueError: timeout value must be" in outcome


def test_sleep_instead_of_synchronization_is_found(answer: Answers) -> None:
    assert set(answer["sleep_instead"]["outcomes"]) == {"0", "1"}


def test_a_new_thread_of_the_inner_module_runs_under_control(answer: Answers) -> None:
    (outcome,) = answer["new_thread"]["outcomes"]
    assert outcome.startswith("([1, 2], ") and not answer["new_thread"]["errors"]


def test_start_new_thread_returns_the_identity_that_the_thread_has(answer: Answers) -> None:
    assert set(answer["new_thread"]["outcomes"]) == {"([1, 2], True)"}


def test_a_thread_that_was_started_is_enumerated_and_has_an_identity(answer: Answers) -> None:
    assert only(answer["known_at_once"], "[True, 2, True]")


def test_a_thread_is_no_daemon_unless_it_is_said(answer: Answers) -> None:
    assert only(answer["daemon"], "False")


def test_threads_have_the_same_names_in_each_run(answer: Answers) -> None:
    assert len(answer["names"]["outcomes"]) == 1


def test_a_join_that_ends_at_its_limit_has_taken_that_long(answer: Answers) -> None:
    assert only(answer["join_with_limit"], "True")


def test_a_join_that_ended_at_its_limit_lets_nobody_into_a_lock(answer: Answers) -> None:
    found = answer["join_with_limit_excludes"]
    assert set(found["outcomes"]) == {"1"} and not found["errors"]


def test_a_join_that_ended_at_its_limit_cuts_no_other_join_short(answer: Answers) -> None:
    assert only(answer["join_with_limit_then_another"], "False")


def test_a_lock_that_the_import_has_taken_is_taken(answer: Answers) -> None:
    assert only(answer["taken_at_import"], "'passed'")


def test_the_id_of_an_object_made_at_import_stays(answer: Answers) -> None:
    assert only(answer["id"], "(True, True, True)")


def test_threads_and_futures_hash_alike_in_each_run_and_none_is_left_for_the_next(answer: Answers) -> None:
    (outcome,) = answer["hashes"]["outcomes"]
    assert outcome.startswith("(True, ") and outcome.endswith(", 0)")
    assert len(set(outcome.split(", ")[1:4])) == 3


@pytest.mark.skipif(sys.version_info < (3, 15), reason="`lazy import` is of 3.15")
def test_a_module_is_imported_by_the_thread_that_first_uses_it() -> None:
    found = answers("tests.lockproof.engines.control.lazy_import_programs")["lazily"]
    assert set(found["outcomes"]) == {"[(0.0, 1.0, 1), (0.0, 1.0, 1)]"} and sum(found["outcomes"].values()) >= 20
    assert not found["errors"] and not found["deadlocks"] and not found["bounded"]


@pytest.mark.parametrize("inherits", ["0", "1"])
def test_a_thread_runs_in_the_context_that_it_would_have_without_control(inherits: str) -> None:
    found = answers("tests.lockproof.engines.control.context_programs", PYTHON_THREAD_INHERIT_CONTEXT=inherits)
    assert only(found["contexts"], found["uncontrolled"])
    inherited = sys.version_info >= (3, 14) and inherits == "1"
    assert found["uncontrolled"].startswith("[1, " if inherited else "[0, ")


def test_outside_of_runs_everything_is_the_real_thing(answer: Answers) -> None:
    assert answer["uncontrolled"] == "200 1 0 True"


def test_each_process_ends_without_an_error(processes: list[Answers]) -> None:
    assert [(each.status, each.tail) for each in processes] == [(0, ""), (0, "")]
