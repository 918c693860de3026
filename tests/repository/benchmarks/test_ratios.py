"""The arithmetic of the benchmarks: from times by round to ratios and verdicts."""

from __future__ import annotations

import pytest

from benchmarks.goals import GOALS
from benchmarks.operations import BY_NAME
from benchmarks.ratios import (
    HELD,
    MISSED,
    ROUNDS_FOR_A_VERDICT,
    UNDECIDED,
    Goal,
    Interval,
    Times,
    gain,
    interval,
    judge,
    parallel,
    ratio,
    ratio_between,
    seconds,
)

pytestmark = pytest.mark.one_build

GOAL = Goal("add", "mine", "base", 1.1)


def times(mine: dict[int, list[float]], base: dict[int, list[float]]) -> Times:
    return {"mine": {"add": mine}, "base": {"add": base}}


def test_a_ratio_is_taken_within_its_round() -> None:
    # The machine was ten times slower in the second round; that says nothing about the subjects.
    assert ratio({0: [2.0], 1: [20.0]}, {0: [1.0], 1: [10.0]}) == Interval(2.0, 2.0, 2.0, 2)


def test_one_bad_value_in_a_round_does_not_count() -> None:
    assert ratio({0: [2.0, 2.0, 900.0]}, {0: [1.0, 1.0, 1.0]}) == Interval(2.0, 2.0, 2.0, 1)


def test_one_bad_round_is_outside_of_the_interval() -> None:
    found = ratio({number: [2.0 if number else 50.0] for number in range(5)}, {number: [1.0] for number in range(5)})
    assert found == Interval(2.0, 2.0, 2.0, 5)


def test_rounds_that_only_one_of_the_two_has_are_left_out() -> None:
    assert ratio({0: [3.0], 1: [8.0], 2: []}, {0: [1.0], 2: [1.0]}) == Interval(3.0, 3.0, 3.0, 1)
    assert ratio({0: [3.0]}, {1: [1.0]}) is None


def test_with_few_rounds_the_interval_is_all_of_them() -> None:
    assert interval([3.0, 1.0, 2.0]) == Interval(2.0, 1.0, 3.0, 3)


def test_no_value_has_no_median() -> None:
    with pytest.raises(ValueError, match="no value"):
        interval([])


def test_seconds_is_the_median_of_the_rounds() -> None:
    assert seconds({0: [1.0, 5.0, 1.5], 1: [2.5], 2: [9.0]}).median == 2.5


@pytest.mark.parametrize(("missing", "benchmark"), [("other", "add"), ("base", "pop")])
def test_what_was_not_measured_has_no_ratio(missing: str, benchmark: str) -> None:
    assert ratio_between(times({0: [1.0]}, {0: [1.0]}), "mine", missing, benchmark) is None


@pytest.mark.parametrize(
    ("mine", "verdict"),
    [
        ([1.0, 1.05, 1.1, 1.1], HELD),
        ([1.2, 1.3, 1.4, 1.5], MISSED),
        ([1.0, 1.05, 1.3, 1.4], UNDECIDED),
    ],
)
def test_a_verdict_needs_the_middle_half_of_the_rounds_on_one_side(mine: list[float], verdict: str) -> None:
    measured = times({number: [value] for number, value in enumerate(mine)}, {number: [1.0] for number in range(4)})
    judged = judge(GOAL, measured)
    assert judged is not None
    assert judged.verdict == verdict


def test_too_few_rounds_decide_nothing() -> None:
    few = range(ROUNDS_FOR_A_VERDICT - 1)
    judged = judge(GOAL, times({number: [1.0] for number in few}, {number: [1.0] for number in few}))
    assert judged is not None
    assert judged.verdict == UNDECIDED


def test_a_goal_whose_subject_was_not_measured_is_not_judged() -> None:
    assert judge(GOAL, {"base": {"add": {0: [1.0]}}}) is None


def test_a_goal_can_compare_two_benchmarks() -> None:
    measured = {"mine": {"snapshot": {0: [3.0]}}, "base": {"copy": {0: [2.0]}}}
    judged = judge(Goal("snapshot", "mine", "base", 2.0, base_benchmark="copy"), measured)
    assert judged is not None
    assert judged.measured.median == 1.5


def test_gain_is_throughput_to_throughput() -> None:
    # Two threads that each take as long as one thread alone do twice the work.
    assert gain({0: [1.0]}, {0: [1.0]}, 2) == Interval(2.0, 2.0, 2.0, 1)
    assert gain({0: [1.0]}, {0: [4.0]}, 2) == Interval(0.5, 0.5, 0.5, 1)
    assert gain({0: [1.0]}, {}, 2) is None


def test_a_machine_without_a_second_processor_is_noticed() -> None:
    assert parallel(Interval(1.95, 1.9, 2.0, 3))
    assert not parallel(Interval(1.9, 1.1, 2.0, 3))
    assert not parallel(None)


def test_the_goals_name_benchmarks_that_exist() -> None:
    for goal in GOALS:
        assert goal.benchmark in BY_NAME
        assert (goal.base_benchmark or goal.benchmark) in BY_NAME
