"""The arithmetic of the benchmarks: from times by round to ratios and verdicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.goals import EMPTY_BYTES, GOALS, MULTIPLES
from benchmarks.operations import BY_NAME, SHARINGS, threads_name
from benchmarks.ratios import (
    COUNTED,
    MISSED,
    REACHED,
    ROUNDS_FOR_A_VERDICT,
    UNDECIDED,
    Figures,
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
from benchmarks.subjects import BESIDE, OURS

pytestmark = pytest.mark.one_build

GOAL = Goal("add", "times base", 1.1, lambda figures: ratio_between(figures.times, "mine", "base", "add"))
AT_LEAST = dataclasses.replace(GOAL, least=True)


def figures(times: Times, build: str = "3.13", memory: Mapping[str, Any] | None = None) -> Figures:
    return Figures(build, not build.endswith("t"), times, memory or {})


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
    ("mine", "within", "at_least"),
    [
        ([1.0, 1.05, 1.09, 1.09], REACHED, MISSED),
        ([1.2, 1.3, 1.4, 1.5], MISSED, REACHED),
        ([1.0, 1.05, 1.3, 1.4], UNDECIDED, UNDECIDED),
        ([1.1, 1.1, 1.1, 1.1], REACHED, REACHED),
    ],
)
@pytest.mark.parametrize("goal", [GOAL, AT_LEAST], ids=["within", "at least"])
def test_a_verdict_needs_the_middle_half_of_the_rounds_on_one_side(
    goal: Goal, mine: list[float], within: str, at_least: str
) -> None:
    measured = times({number: [value] for number, value in enumerate(mine)}, {number: [1.0] for number in range(4)})
    judged = judge(goal, figures(measured))
    assert judged is not None
    assert judged.verdict == (at_least if goal.least else within)


def test_too_few_rounds_decide_nothing() -> None:
    few = range(ROUNDS_FOR_A_VERDICT - 1)
    judged = judge(GOAL, figures(times({number: [1.0] for number in few}, {number: [1.0] for number in few})))
    assert judged is not None
    assert judged.verdict == UNDECIDED


def test_a_goal_whose_subject_was_not_measured_is_not_judged() -> None:
    assert judge(GOAL, figures({"base": {"add": {0: [1.0]}}})) is None


def test_a_limit_can_differ_on_a_build() -> None:
    goal = dataclasses.replace(GOAL, limits={"3.13t": 1.4})
    measured = times({number: [1.3] for number in range(3)}, {number: [1.0] for number in range(3)})
    verdicts = [judged.verdict for build in ("3.13", "3.13t") if (judged := judge(goal, figures(measured, build)))]
    assert verdicts == [MISSED, REACHED]
    assert [goal.describe(build) for build in ("3.13", "3.13t")] == [
        "add: within 1.1 times base",
        "add: within 1.4 times base",
    ]
    assert AT_LEAST.describe("3.13") == "add: at least 1.1 times base"


def test_what_is_counted_needs_no_rounds() -> None:
    counted = dataclasses.replace(GOAL, figure=lambda figures: Interval(1.0, 1.0, 1.0, COUNTED))
    judged = judge(counted, figures({}))
    assert judged is not None
    assert judged.verdict == REACHED


def test_gain_is_throughput_to_throughput() -> None:
    # Two threads that each take as long as one thread alone do twice the work.
    assert gain({0: [1.0]}, {0: [1.0]}, 2) == Interval(2.0, 2.0, 2.0, 1)
    assert gain({0: [1.0]}, {0: [4.0]}, 2) == Interval(0.5, 0.5, 0.5, 1)
    assert gain({0: [1.0]}, {}, 2) is None


def test_a_machine_without_a_second_processor_is_noticed() -> None:
    assert parallel(Interval(1.95, 1.9, 2.0, 3))
    assert not parallel(Interval(1.9, 1.1, 2.0, 3))
    assert not parallel(None)


THREADED = [threads_name(sharing, threads) for sharing in SHARINGS for threads in (1, 2)]
ROUNDS = range(ROUNDS_FOR_A_VERDICT)


def ours(factor: float, build: str, length: int) -> Figures:
    """A run in which everything takes LockedSet so many times as long as `set`, which takes 100 ns."""
    named = [*BY_NAME, *THREADED]
    measured = {
        OURS: {name: {number: [factor * 1e-7] for number in ROUNDS} for name in named},
        BESIDE[OURS]: {name: {number: [1e-7] for number in ROUNDS} for name in named},
    }
    return figures(measured, build, {OURS: {"empty": {"tracemalloc": length}}})


def verdicts(run: Figures) -> dict[str, str]:
    return {goal.describe(run.build): judged.verdict for goal in GOALS if (judged := judge(goal, run)) is not None}


def test_the_goals_name_benchmarks_that_exist() -> None:
    assert set(MULTIPLES) <= set(BY_NAME)
    assert {goal.name for goal in GOALS} - set(BY_NAME) <= {*THREADED, "an empty one"}


@pytest.mark.parametrize("build", ["3.13", "3.13t"])
def test_every_goal_finds_its_figure_and_can_be_reached_and_missed(build: str) -> None:
    fast, slow = verdicts(ours(1.0, build, EMPTY_BYTES)), verdicts(ours(9.0, build, EMPTY_BYTES + 8))
    assert len(fast) == len(slow) == len(GOALS) - (build == "3.13")
    assert set(fast.values()) == {REACHED}
    # A thread that is slow alone too gains as much from a second one; so that goal is not about being slow.
    alone = {name: verdict for name, verdict in slow.items() if "of one thread" not in name}
    assert set(alone.values()) == {MISSED}


def test_two_threads_that_wait_for_each_other_miss_the_goal_for_own_sets() -> None:
    run = ours(1.0, "3.13t", EMPTY_BYTES)
    one, two = (threads_name(SHARINGS[0], threads) for threads in (1, 2))
    waits = {**run.times[OURS], one: {number: [1e-7] for number in ROUNDS}, two: {number: [2e-7] for number in ROUNDS}}
    found = verdicts(dataclasses.replace(run, times={**run.times, OURS: waits}))
    assert [name for name, verdict in found.items() if verdict == MISSED] == [
        f"{two}: at least 1.8 times the throughput of one thread"
    ]
