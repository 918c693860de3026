"""The search on real threads: many scenarios, each run many times, until one fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from lockproof.campaign.clock import Clock, Turn
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.findings import Findings, violation
from lockproof.campaign.protocol.child import Died, generated
from lockproof.campaign.protocol.messages import RunResult
from lockproof.campaign.results import enough, merged, not_judged
from lockproof.campaign.scenario_pool import FIRST_LOOK, ScenarioPool, Tried
from lockproof.campaign.schedule_search import LATE, LEAST_LATE, MOST_LATE
from lockproof.campaign.thread_failures import ThreadFailures
from lockproof.campaign.thread_runs import MOST_INVOCATIONS, ThreadRuns
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind
from lockproof.core.watched import Watched

MOST_DEATHS: Final = 3
"""Findings that ended the process, after which the search ends."""

LATEST_AFTER_DEATH: Final = 0.5
"""Part of the budget after which no more scenarios run once one has ended the process: a hang takes seconds to see."""

FEWEST_RUNS: Final = 10
"""Runs that mean something. The search goes on for them a little when the budget is spent: the machine may be busy."""


@dataclass
class ThreadSearch:
    """Chooses which scenario runs next: a new one, or one from the pool. `notes` are those of the check.

    `past_failures`: the search goes on after a violation, since it looks for something else too. `first_look`: seconds
    for a scenario that runs for the first time. `has_enough`: tells whether the verdict needs no runs any more.
    """

    runs: ThreadRuns
    deaths: Deaths
    failures: ThreadFailures
    clock: Clock
    findings: Findings
    notes: list[str]
    past_failures: bool = False
    first_look: float = FIRST_LOOK
    has_enough: Callable[[], bool] = lambda: False
    _pool: ScenarioPool = field(default_factory=lambda: ScenarioPool(0))
    _new: Iterator[Scenario] = field(default_factory=lambda: iter(()))

    def begin(self, first: Sequence[Scenario]) -> None:
        """Have an empty pool. The new scenarios are `first`, and then those that the child makes."""
        self._pool = ScenarioPool(20 + 10 * len(self.runs.child.description.kinds))
        self._new = self._scenarios(first)

    def prefer_exposed(self, watched: Watched) -> None:
        """Let the child make scenarios of what looked exposed under control, if it has not got that yet."""
        if watched.exposed and self.deaths.watched is None:
            self.deaths.watched = watched
            self.deaths.restart()
            self._new = self._scenarios(())

    def _scenarios(self, first: Sequence[Scenario]) -> Iterator[Scenario]:
        yield from first
        # What looks for more than wrong results needs no scenario whose results reveal the order of its threads.
        yield from generated(self.runs.child, self.deaths.restart, revealing=not self.past_failures)

    def search(self, turn: Turn) -> None:
        """Run scenarios until there is a violation, or the turn is over."""
        tries, deaths, pool = 0, len(self.findings), self._pool
        while deaths < MOST_DEATHS and (turn.left() > 0 or (self._has_few(turn) and tries < MOST_LATE)):
            if deaths and not self.past_failures and self.clock.spent > self.clock.budget * LATEST_AFTER_DEATH:
                return
            if tries >= LEAST_LATE and turn.left() < -LATE:
                return
            tries += turn.left() <= 0
            if pool.wants_new:
                scenario = next(self._new, None)
                if scenario is None and self.failures.waits.kinds:
                    return  # control runs the others
                if scenario is None:
                    self.notes.append("each scenario that is left has an operation that a finding is about")
                    return
                tried, look = Tried(scenario), self.first_look
            else:
                tried, look = pool.known()
            try:
                result = self.runs.run(tried.scenario, MOST_INVOCATIONS, max(0.0, turn.look(look)))
            except Died as died:
                deaths += 1
                self.failures.after_death(died, tried.scenario)
                if self.findings.has(FindingKind.NOT_LINEARIZABLE):
                    return
                continue
            if result.skipped:
                self.runs.evidence.add_skipped(result.skipped, str(tried.scenario))
                continue
            self.runs.scenarios += pool.add(tried, result)
            self.runs.add(result)
            self.clock.progress(str(tried.scenario))
            if result.failures:
                self.failures.after_violation(tried.scenario, result)
                if not self.past_failures:
                    return

    def _has_few(self, turn: Turn) -> bool:
        few = self.runs.invocations < FEWEST_RUNS and turn.left() > -LATE
        return turn.late and not self.has_enough() and (not self._pool.tried or few)

    def run_one(self, scenario: Scenario, most: int | None) -> None:
        """Run one scenario: `most` times, for the whole budget, or until it is plain how often it fails.

        Raises:
            LockproofError: the scenario cannot be judged.

        """
        most = most or sys.maxsize
        self.clock.progress(str(scenario))
        total: RunResult | None = None
        seconds, turn = 0.0, self.clock.turn("threads", 1.0, 0.0, last=True)
        try:
            while total is None or (turn.left() > 0 and total.invocations < most and not enough(total)):
                try:
                    result = self.runs.run(scenario, most, max(0.0, turn.look(1.0)), until_failure=False)
                except Died as died:
                    ended = self.clock.elapsed
                    if (confirmed := self.failures.confirmed_death(died, scenario)) is not None:
                        self.findings.add_death(confirmed, scenario, ended, concurrent=not confirmed.announced)
                    break
                if result.skipped:
                    raise not_judged(result.skipped)
                self.runs.add(result)
                if result.failures and not seconds:
                    seconds = self.clock.elapsed
                total = result if total is None else merged(total, result)
                self.clock.progress(str(scenario))
        finally:  # after Ctrl-C too: what the runs until then have shown was found
            if total is not None and total.failures:
                self.findings.add(violation(scenario, total, seconds))
