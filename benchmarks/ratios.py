"""From times to ratios. Pure functions over plain data; no process, no file.

A ratio is taken within a round, where both times were measured seconds apart, and the median of the rounds is what
is told, with the middle half of the rounds as its interval. Means and standard deviations are not used: on a shared
machine the noise is one-sided and has a long tail.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Rounds = Mapping[int, Sequence[float]]
"""Seconds for one operation, as measured in each round."""

Times = Mapping[str, Mapping[str, Rounds]]
"""By subject, then by benchmark."""

REACHED = "reached"
MISSED = "missed"
UNDECIDED = "undecided"

ROUNDS_FOR_A_VERDICT = 3
COUNTED = 0


@dataclass(frozen=True)
class Interval:
    """A median with the middle half of what it is the median of."""

    median: float
    low: float
    high: float
    rounds: int
    """How many values there were; `COUNTED` for what was counted, not timed."""


def interval(values: Iterable[float]) -> Interval:
    """The median and the quartiles; with fewer than four values, all of them.

    >>> interval([1.0, 2.0, 3.0, 4.0, 100.0])
    Interval(median=3.0, low=2.0, high=4.0, rounds=5)
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no value to take the median of")
    if len(ordered) < 4:
        low, high = ordered[0], ordered[-1]
    else:
        low, _, high = statistics.quantiles(ordered, n=4, method="inclusive")
    return Interval(statistics.median(ordered), low, high, len(ordered))


def seconds(rounds: Rounds) -> Interval:
    """The time of one operation over all rounds."""
    return interval(statistics.median(values) for values in rounds.values() if values)


def ratio(times: Rounds, base: Rounds) -> Interval | None:
    """How many times as long as the base, round by round; None where no round has both.

    >>> ratio({0: [2.0], 1: [40.0]}, {0: [1.0], 1: [20.0]})
    Interval(median=2.0, low=2.0, high=2.0, rounds=2)
    """
    common = [number for number in times if times[number] and base.get(number)]
    if not common:
        return None
    return interval(statistics.median(times[number]) / statistics.median(base[number]) for number in common)


def ratio_between(
    times: Times, subject: str, base: str, benchmark: str, base_benchmark: str | None = None
) -> Interval | None:
    """The ratio of a subject to another in one benchmark; None where one of them has none."""
    mine = times.get(subject, {}).get(benchmark)
    other = times.get(base, {}).get(base_benchmark or benchmark)
    return None if mine is None or other is None else ratio(mine, other)


@dataclass(frozen=True)
class Figures:
    """What was measured on one build."""

    build: str
    gil: bool
    times: Times
    memory: Mapping[str, Any]


@dataclass(frozen=True)
class Goal:
    """A limit for a figure."""

    name: str
    unit: str
    """What the figure is: "times set", "us", ..."""
    limit: float
    figure: Callable[[Figures], Interval | None]
    """Finds the figure; None where it was not measured."""
    least: bool = False
    """The figure has to reach the limit, and not to stay within it."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Other limits, by build."""
    sharing: str = ""
    """How threads shared sets, for a figure that says nothing on a machine that runs one thread at a time."""

    def limit_on(self, build: str) -> float:
        """The limit for a build."""
        return self.limits.get(build, self.limit)

    def describe(self, build: str) -> str:
        """The goal in words."""
        return f"{self.name}: {'at least' if self.least else 'within'} {self.limit_on(build):g} {self.unit}"


@dataclass(frozen=True)
class Judged:
    """A goal with what was measured."""

    goal: Goal
    measured: Interval
    verdict: str


def judge(goal: Goal, figures: Figures) -> Judged | None:
    """Say whether a goal is reached; None where its figure was not measured.

    `undecided` where the limit lies inside the middle half of the rounds, and where there were too few of them.
    """
    measured = goal.figure(figures)
    if measured is None:
        return None
    limit = goal.limit_on(figures.build)
    if goal.least:
        reached, missed = measured.low >= limit, measured.high < limit
    else:
        reached, missed = measured.high <= limit, measured.low > limit
    if measured.rounds != COUNTED and measured.rounds < ROUNDS_FOR_A_VERDICT:
        verdict = UNDECIDED
    else:
        verdict = REACHED if reached else MISSED if missed else UNDECIDED
    return Judged(goal, measured, verdict)


ENOUGH_OF_A_SECOND_PROCESSOR = 1.6
"""Where threads that share nothing gain less than this from a second one, the machine had none to give."""


def parallel(control: Interval | None) -> bool:
    """Whether the machine ran two threads at once, so that what other pairs of threads gained says something."""
    return control is not None and control.low >= ENOUGH_OF_A_SECOND_PROCESSOR


def gain(one: Rounds, several: Rounds, threads: int) -> Interval | None:
    """How many times the throughput of one thread several threads have together.

    The times are those in which each thread does one operation.
    """
    common = [number for number in several if several[number] and one.get(number)]
    if not common:
        return None
    return interval(threads * statistics.median(one[number]) / statistics.median(several[number]) for number in common)
