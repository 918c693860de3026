"""Does a scenario say the same as text, as JSON and as an object, and is every wrong text refused?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.errors import LockproofError
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario

pytestmark = pytest.mark.one_build

LINES = st.sampled_from(
    ["a.add(1)", "a |= {2 | 3}", "len(a)", "a.add('x;y || -> ')", "b.update(a)", "del a[0]", "a[1] = (2, 3)"]
)
PART = st.lists(LINES.map(Operation), max_size=3).map(tuple)
THREAD = st.lists(LINES.map(Operation), min_size=1, max_size=3).map(tuple)
SCENARIOS = st.builds(Scenario, PART, st.lists(THREAD, min_size=1, max_size=3).map(tuple), PART)


@given(SCENARIOS)
def test_text_and_json_say_the_whole_scenario(scenario: Scenario) -> None:
    assert Scenario.parse(str(scenario)) == scenario
    assert Scenario.from_json(scenario.to_json()) == scenario


def test_the_text_is_what_a_user_would_type() -> None:
    scenario = Scenario.parse("a.add(1) -> a.remove(1); len(a) || a.add(2) -> sorted(a)")
    assert [len(thread) for thread in scenario.threads] == [2, 1]
    assert str(Scenario.parse("a.add(1)||a.add(1)")) == "a.add(1) || a.add(1)"
    assert str(scenario) == "a.add(1) -> a.remove(1); len(a) || a.add(2) -> sorted(a)"


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("a.add(1) -> a.pop() || a.pop()", "a.add(1) -> a.pop() || a.pop() ->"),
        ("a.add(1) || a.add(1) -> len(a)", "-> a.add(1) || a.add(1) -> len(a)"),
    ],
)
def test_of_two_parts_the_one_with_several_threads_is_parallel(short: str, whole: str) -> None:
    assert Scenario.parse(short) == Scenario.parse(whole)


def test_an_operator_is_no_mark_between_threads() -> None:
    assert len(Scenario.parse("a | b || a | {1}").threads) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.add(1) || ", "without operations"),
        ("", "without operations"),
        ("a.add(1) -> a.add(2)", "two parts with one thread each"),
        ("a || b -> c || d", "two parts with several threads each"),
        ("a -> b -> c -> d", "4 parts"),
        ("a.add(1 || a.add(2)", "not a scenario"),
        ("a.add('x || a.add(2)", "not"),
        ("a.add(1) || import os", "not"),
    ],
)
def test_a_wrong_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(LockproofError, match=message):
        Scenario.parse(text)


def test_smaller_means_fewer_operations_then_threads_then_shorter_lines() -> None:
    texts = ["a.f(1) || a.f(1)", "a.f(1) || a.f(2)", "a.f(1) || a.f(11)", "a.f(9) -> a.f(1) || a.f(1) ->",
             "a.f(1); a.f(1) || a.f(1)", "a.f(1) || a.f(1) || a.f(1)"]  # fmt: skip
    sizes = [Scenario.parse(text).size for text in texts]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


def test_subjects_are_those_that_are_used_and_always_a() -> None:
    assert Scenario.parse("b.add(1) || b.add(2)").subjects == ("a", "b")


@pytest.mark.parametrize(
    ("text", "crosses"),
    [
        ("a.update(b) || b.update(a)", True),
        ("a.add(1); a |= b || len(a); b |= a", True),
        ("a.update(b) || a.update(b)", True),
        ("a.update(b) || b.add(1)", False),
        ("a.update(b) || b.update(c)", False),
        ("a.update(b); b.update(a) || a.add(1)", False),
    ],
)
def test_threads_cross_if_two_of_them_use_the_same_two_subjects(text: str, crosses: bool) -> None:
    assert Scenario.parse(text).crosses is crosses
