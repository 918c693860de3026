"""Are operations called exposed where another thread can come in the middle, and only there?"""

from __future__ import annotations

import pytest

from lockproof.generation import Generator, Watched
from lockproof.operation import op
from lockproof.specification import Specification
from tests.control.running import Answers, answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

READERS = [op(f"a.{name}()", reads=True) for name in ("one", "two", "three")]
WRITERS = [op(f"a.{name}(x)", x=[1, 2]) for name in ("add", "remove", "merge", "clear")]
SPECIFICATION = Specification(list, [*READERS, *WRITERS])


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.campaign.asked_exposure")


def test_what_is_read_unlocked_and_what_locks_twice_or_never_is_exposed(answer: Answers) -> None:
    assert answer["exposed"]["exposed"] == ["a.last()", "a.name()", "a.size()", "a.take()"]


def test_what_is_done_under_one_lock_is_not(answer: Answers) -> None:
    assert answer["held"]["exposed"] == []


def test_nothing_stands_out_of_a_class_without_locks(answer: Answers) -> None:
    assert answer["bare"]["exposed"] == []
    assert answer["bare"]["told"] == 9


def test_accesses_are_counted(answer: Answers) -> None:
    accesses = answer["held"]["accesses"]
    assert accesses["a.add(x)"] > accesses["a.size()"] > accesses["a.name()"]


def test_two_in_three_scenarios_have_a_kind_that_is_exposed_and_long_ones_meet_it_first() -> None:
    watched = Watched(frozenset({"a.two()"}), {"a.merge(x)": 40, "a.add(x)": 2})
    made = [Generator(SPECIFICATION, 2, 1, watched=watched).scenario(index) for index in range(60)]
    aimed = [scenario for k, scenario in enumerate(made) if k % 3 < 2]
    assert all(any(each.kind.text == "a.two()" for each in scenario.operations) for scenario in aimed)
    first = {each.kind.text for thread in made[0].threads for each in thread}
    assert first == {"a.two()", "a.merge(x)"}
    others = {each.kind.text for scenario in made[2::3] for thread in scenario.threads for each in thread}
    assert others == {kind.text for kind in (*READERS, *WRITERS)}


def test_without_anything_exposed_scenarios_are_as_before() -> None:
    plain = [str(Generator(SPECIFICATION, 2, 1).scenario(index)) for index in range(60)]
    seen = Watched(frozenset(), {"a.merge(x)": 40})
    assert [str(Generator(SPECIFICATION, 2, 1, watched=seen).scenario(index)) for index in range(60)] == plain
