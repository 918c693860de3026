"""Does the search for every trace see each kind of access, or say that it does not?

Its outcomes are held against those of all schedules with at most three preemptions, which know nothing of accesses.
"""

from __future__ import annotations

import pytest

from lockproof.engines.control import unforeseen
from lockproof.engines.control.foreseen import BY_NAME
from lockproof.engines.control.step_log import INSIDE
from tests.lockproof.engines.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

OUTCOMES = {
    "a_cell": 2, "a_deque": 2, "a_global": 2, "a_list_that_is_replaced": 2, "a_look_that_changes": 2,
    "a_sum_of_a_generator": 2, "a_thread_that_ends": 2, "a_try": 2, "a_view": 2, "an_argument": 2, "an_attribute": 2,
    "an_attribute_by_its_name": 2, "an_event": 2, "an_item": 2, "an_iterator_of_two_threads": 4,
    "an_iterator_that_leaks": 2, "one_list_by_two_names": 2, "the_time": 2, "bytes_through_a_view": 2,
    "a_release_before_the_first_access": 2, "a_last_access_before_a_join": 4, "a_simple_queue_that_is_looked_at": 2,
    "a_sort_and_a_least_without_a_function": 2, "a_list_that_a_call_unpacks": 2, "a_lock_that_two_threads_release": 4,
    "a_release_of_what_another_thread_has_taken": 3,
}  # fmt: skip
"""How many outcomes each program has, counted by hand."""

GAPS = {
    "a_hash_in_the_middle": INSIDE,
    "a_key_of_a_sort": INSIDE,
    "a_name_that_is_a_value": BY_NAME,
    "the_attributes_as_a_dictionary": BY_NAME,
    "a_global_by_its_dictionary": BY_NAME,
    "a_cell_by_its_contents": BY_NAME,
    "a_class_that_changes": unforeseen.OF_CLASS,
    "an_object_through_a_weak_reference": unforeseen.THROUGH_WEAK,
    "a_thread_that_another_one_joins": "a thread looks at one that might not have been started yet",
    "a_sort_that_calls_back": unforeseen.CALLS_BACK,
    "a_sum_that_calls_back": unforeseen.CALLS_BACK,
    "a_least_by_a_key_of_which_no_more_is_known": unforeseen.CALLS_BACK,
    "a_proxy_made_before_the_threads": unforeseen.THROUGH_WEAK,
    "a_reference_that_tells_of_a_death": unforeseen.THROUGH_WEAK,
    "threads_that_are_counted": unforeseen.OF_THREADS,
    "the_environment": unforeseen.OF_ENVIRONMENT,
    "fields_by_their_names": unforeseen.OF_FIELDS,
}


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.engines.strategies.access_programs")


@pytest.fixture(scope="module")
def unseen() -> Answers:
    return answers("tests.lockproof.engines.strategies.unseen_programs")


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_kind_of_access_is_seen(answer: Answers, name: str) -> None:
    found = answer["seen"][name]
    assert set(found["traces"]["outcomes"]) == set(found["schedules"]["outcomes"])
    assert len(found["traces"]["outcomes"]) == OUTCOMES[name]
    assert found["traces"]["exhausted"] and not found["traces"]["errors"] and found["gaps"] == []


def test_a_trace_is_enough_of_many_schedules(answer: Answers) -> None:
    found = answer["seen"].values()
    assert sum(each["traces"]["runs"] for each in found) < sum(each["schedules"]["runs"] for each in found) / 20


@pytest.mark.parametrize("name", GAPS)
def test_what_is_not_seen_is_said(unseen: Answers, name: str) -> None:
    assert GAPS[name] in unseen["unseen"][name]["gaps"]


def test_every_program_is_asked(answer: Answers, unseen: Answers) -> None:
    assert answer["seen"].keys() == OUTCOMES.keys() and unseen["unseen"].keys() == GAPS.keys()
