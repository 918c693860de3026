"""Does shrinking end at a smallest case that still fails, try smaller cases only, and stop when it must?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario
from lockproof.shrink.shrinker import candidates, shrink, with_sentence

pytestmark = pytest.mark.one_build

BIG = Scenario.parse(
    "a.add(2); a.add(3) -> "
    "a.update([3, 2]); a.remove(2) || a.add(2); len(a) || a.discard(3); a.add(3)"
    " -> sorted(a); len(a)"
)


def always() -> bool:
    return True


def shrunk(fails: Callable[[Scenario], bool], scenario: Scenario = BIG) -> str:
    return str(shrink(scenario, fails, always))


def test_what_always_fails_ends_as_two_calls() -> None:
    small = Scenario.parse(shrunk(lambda _: True))
    assert [len(thread) for thread in small.threads] == [1, 1]
    assert (small.init, small.final) == ((), ())


def test_only_what_is_needed_stays() -> None:
    def fails(scenario: Scenario) -> bool:
        parallel = [[each.text for each in thread] for thread in scenario.threads]
        return any("a.remove(2)" in thread for thread in parallel) and "sorted(a)" in map(str, scenario.final)

    small = Scenario.parse(shrunk(fails))
    assert sum(map(len, small.threads)) == 2
    assert [str(each) for each in small.final] == ["sorted(a)"]


def test_an_operation_that_must_come_first_moves_to_the_initial_part() -> None:
    def fails(scenario: Scenario) -> bool:
        lines = [str(each) for each in (*scenario.init, *(each for thread in scenario.threads for each in thread))]
        return "a.update([3, 2])" in lines and "a.remove(2)" in map(str, scenario.threads[0])

    small = Scenario.parse(shrunk(fails))
    assert [str(each) for each in small.init] == ["a.update([3, 2])"]


def test_no_case_gives_a_lock_back_that_nobody_has_taken() -> None:
    def fails(scenario: Scenario) -> bool:
        return "a.end_read()" in str(scenario) and "a.begin_write()" in str(scenario)

    whole = Scenario.parse("a.begin_read(); a.end_read(); a.begin_read() || a.begin_write(); a.end_write()")
    assert shrunk(fails, whole) in {"a.begin_read() -> a.end_read() || a.begin_write() ->",
                                    "a.begin_read(); a.end_read() || a.begin_write()"}  # fmt: skip
    assert shrunk(fails, Scenario.parse("a.end_read(); len(a) || a.begin_write()")) == "a.end_read() || a.begin_write()"


def test_arguments_become_small() -> None:
    assert "a.update([])" in shrunk(lambda each: "update" in str(each))
    assert shrunk(lambda each: len(each.threads) > 1, Scenario.parse("a.add(7) || a.add(7)")) == "a.add(0) || a.add(0)"


def test_a_set_is_never_emptied_into_something_else() -> None:
    assert "{0}" in shrunk(lambda each: "{" in str(each), Scenario.parse("a |= {4, 5} || a |= {4}"))


def test_it_stops_when_it_may_not_go_on() -> None:
    asked: list[Scenario] = []

    def fails(scenario: Scenario) -> bool:
        asked.append(scenario)
        return True

    shrink(BIG, fails, lambda: len(asked) < 2)
    assert len(asked) == 2


OPERATIONS = st.sampled_from(["a.add(1)", "a.add(2)", "a.update([1, 2])", "len(a)", "a |= {3}"]).map(Operation)
SCENARIOS = st.builds(
    Scenario,
    st.lists(OPERATIONS, max_size=2).map(tuple),
    st.lists(st.lists(OPERATIONS, min_size=1, max_size=3).map(tuple), min_size=2, max_size=3).map(tuple),
    st.lists(OPERATIONS, max_size=2).map(tuple),
)


@given(SCENARIOS, OPERATIONS)
def test_the_result_fails_is_no_larger_and_no_case_is_tried_twice(scenario: Scenario, needed: Operation) -> None:
    asked: list[str] = []

    def fails(candidate: Scenario) -> bool:
        asked.append(str(candidate))
        return needed in candidate.operations

    if needed not in scenario.operations:
        return
    small = shrink(scenario, fails, always)
    assert needed in small.operations
    assert small.size <= scenario.size
    assert len(small.threads) >= 2
    assert len(asked) == len(set(asked))
    smaller = [each for each in candidates(small) if each.size < small.size]
    assert not any(needed in each.operations for each in smaller)


@pytest.mark.parametrize("text", ["a.add(1) || a.add(1)", "a.f([[1, 2], {3: 4}], (5,)) || a |= {1, 2}"])
def test_candidates_are_scenarios(text: str) -> None:
    for candidate in candidates(Scenario.parse(text)):
        assert Scenario.parse(str(candidate)) == candidate


def test_the_final_part_and_whole_threads_are_left_out_first() -> None:
    first = list(candidates(BIG))[: 1 + len(BIG.threads)]
    assert first[0].final == () and first[0].threads == BIG.threads
    assert [len(each.threads) for each in first[1:]] == [2] * len(BIG.threads)


def test_a_detail_ends_before_the_next_sentence() -> None:
    assert with_sentence("no thread can go on", "There is more.") == "no thread can go on. There is more."
    assert with_sentence("", "There is more.") == "There is more."
