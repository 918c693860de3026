"""The judge of classes that start threads of their own, by runs of one call at a time that are drawn.

How far these threads are is no matter of the order of the calls, and all ways to interleave them are too many. So runs
are drawn in which the calls come one at a time and these threads go on in between, for a while now and then. A call
that answers otherwise in two such runs of one order tells how far the threads are: its results are not compared, but
for exceptions, and for waiting for ever. What is left depends on the order of the calls alone, and is judged as
everywhere. That a call never differed in the runs that were drawn is evidence and no proof; a note of the report says
so.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import ge
from random import Random
from typing import Any, Final

from lockproof.core.scenario import Scenario
from lockproof.core.values import NOT_BEGUN, WAITS, Raised, TextForm
from lockproof.core.verdict import Consistency, Explanation, Verdict
from lockproof.engines.control.one_at_a_time import SerialRun, SerialRuns
from lockproof.judge.run import Judgement, Results, Seen
from lockproof.judge.stuck import SerialOutcome, StuckJudge

FIRST_DRAWN: Final = 30
DRAWN: Final = 240
"""Runs that are drawn for the judge of a scenario: at first, and more for an outcome that looks wrong."""

MOST_ORDERS_BESIDE: Final = 12
"""Orders of the calls of such a scenario at most: each takes several runs."""

NOT_COMPARED: Final = TextForm("not compared")
"""Stands for a result that tells how far the threads of the class are."""


def outcome_of(run: SerialRun) -> SerialOutcome:
    """Return the outcome of a run, call by call."""
    results = tuple(each for row in run.results for each in row)
    return SerialOutcome(results, tuple(each for row in run.before for each in row), run.final)


class BesideJudge(StuckJudge):
    """Judges a scenario; `runs` draws its runs."""

    def __init__(self, scenario: Scenario, runs: SerialRuns, consistency: Consistency) -> None:
        super().__init__(scenario.threads, scenario.final, (), consistency)
        self._runs, self._random = runs, Random(str(scenario))
        self._calls = sum(map(len, scenario.threads))
        self._known: dict[SerialOutcome, None] = {}
        self._first: dict[tuple[int, ...], Sequence[Any]] = {}
        self._open: set[int] = set()
        """The calls that answer by how far the threads are; those of the final part come after those of the threads."""
        self._draw(FIRST_DRAWN)

    def judge(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Judgement:
        """Judge a run as `StuckJudge.judge` does; draw more runs before it is called wrong."""
        drawn = 0
        while True:
            judgement = super().judge(*self._compared(results, final), seen)
            if judgement.verdict is not Verdict.VIOLATION or drawn >= DRAWN:
                return judgement
            self._draw(FIRST_DRAWN, seen)
            drawn += FIRST_DRAWN

    def explain(self, results: Results, final: Sequence[Any], seen: Seen | None) -> Explanation:
        """Say why no order explains a run, by what is compared of it."""
        return super().explain(*self._compared(results, final), seen)

    def _draw(self, count: int, seen: Seen | None = None) -> None:
        """Draw so many runs; if it is known which calls had returned before which began, in orders that keep to it."""
        before = len(self._open)
        for _ in range(count):
            run = self._runs.drawn(self._random, None if seen is None else self._order(seen))
            if not run.began or run.bounded:
                continue
            self._known[outcome := outcome_of(run)] = None
            answers = (*outcome.results, *outcome.final)
            first = self._first.setdefault(run.order, answers)
            self._open |= {i for i, pair in enumerate(zip(first, answers, strict=False)) if _differs(*pair)}
            self.allow(self._reduced(outcome))
        if len(self._open) > before:
            self._allowed.clear()
            for each in self._known:
                self.allow(self._reduced(each))

    def _reduced(self, outcome: SerialOutcome) -> SerialOutcome:
        results = tuple(self._shown(i, result) for i, result in enumerate(outcome.results))
        final = tuple(self._shown(self._calls + i, result) for i, result in enumerate(outcome.final))
        return SerialOutcome(results, outcome.before, final)

    def _compared(self, results: Results, final: Sequence[Any]) -> tuple[Results, Sequence[Any]]:
        """Return the results of a run without those that are not compared."""
        rows, offset = [], 0
        for thread, row in zip(self._threads, results, strict=True):
            rows.append([self._shown(offset + k, result) for k, result in enumerate(row)])
            offset += len(thread)
        return rows, [self._shown(self._calls + k, result) for k, result in enumerate(final)]

    def _shown(self, call: int, result: Any) -> Any:
        free = call in self._open and not isinstance(result, Raised) and result not in (WAITS, NOT_BEGUN)
        return NOT_COMPARED if free else result

    def _order(self, seen: Seen) -> list[int]:
        """Return an order of the calls, each by its thread, in which those that were seen to come first do so."""
        order: list[int] = []
        done = [0] * len(self._threads)
        while able := [
            t
            for t, thread in enumerate(self._threads)
            if done[t] < len(thread) and (done[t] >= len(seen[t]) or all(map(ge, done, seen[t][done[t]])))
        ]:
            order.append(t := self._random.choice(able))
            done[t] += 1
        return order


def _differs(one: Any, other: Any) -> bool:
    return bool(one != other) and not {one, other} & {WAITS, NOT_BEGUN}
