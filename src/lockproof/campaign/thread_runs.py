"""Runs of scenarios on real threads: the child makes them, the parent adds them up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.clock import Work
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Run, RunResult
from lockproof.core.pace import DEATH, RUN, SKIPPED
from lockproof.core.scenario import Scenario

MOST_INVOCATIONS: Final = 20_000
"""Invocations at most in one request, so that the parent can show progress."""

SHORT_RUN: Final = 0.5
"""Seconds for running a scenario once more."""


@dataclass
class ThreadRuns:
    """Runs scenarios on real threads, and counts what they cover.

    `invocations` counts all runs. `scenarios`, `kinds` and `outcomes` are of the search, without runs that only shrink
    or confirm: `kinds` are those of the operations, `outcomes` says how many distinct outcomes each scenario showed.
    `counted`: seconds are counts of runs; `work` adds these up. `watch` is called after each request that has run a
    scenario, also one that the process did not survive.
    """

    child: Child
    evidence: EvidenceBuilder
    counted: bool = False
    watch: Callable[[Scenario], object] = lambda _: None
    work: Work = field(default_factory=lambda: Work(RUN))
    scenarios: int = 0
    invocations: int = 0
    kinds: set[str] = field(default_factory=set)
    outcomes: dict[Scenario, int] = field(default_factory=dict)

    def run(
        self,
        scenario: Scenario,
        invocations: int,
        seconds: float,
        *,
        until_failure: bool = True,
        hang: float | None = None,
    ) -> RunResult:
        """Run a scenario until one of the bounds is reached, or until its first failure.

        Raises:
            Died: the process ended, or did not answer for `hang` seconds.

        """
        if self.counted:
            invocations = self.work.fitting(seconds, invocations)
        try:
            result = self.child.ask(Run(scenario, invocations, seconds, until_failure, hang), seconds)
        except Died:
            self.work.idle += DEATH
            raise
        finally:
            self.watch(scenario)
        self.invocations += result.invocations
        self.work.count += result.invocations
        self.work.idle += SKIPPED if result.skipped else 0.0
        return replace(result, seconds=result.invocations * RUN) if self.counted else result

    def add(self, result: RunResult) -> None:
        """Count runs of the search as evidence and as coverage."""
        self.kinds |= set(result.kinds)
        self.outcomes[result.scenario] = max(self.outcomes.get(result.scenario, 0), result.distinct)
        self.evidence.add_runs(result)

    def failing(self, scenario: Scenario) -> RunResult | None:
        """Run a scenario for a short while; None if no run fails."""
        with suppress(Died):
            result = self.run(scenario, MOST_INVOCATIONS, SHORT_RUN, until_failure=False)
            return result if result.failures else None
        return None
