"""What follows a failure on real threads: it is repeated, made small, confirmed, and becomes a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.findings import Findings, of_death, violation
from lockproof.campaign.known_waits import KnownWaits
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import RunResult
from lockproof.campaign.results import merged
from lockproof.campaign.thread_runs import MOST_INVOCATIONS, SHORT_RUN, ThreadRuns
from lockproof.core.options import CheckOptions
from lockproof.core.pace import crowding
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind
from lockproof.shrink.shrinker import UNFINISHED, shrink

PART_FOR_SHRINKING: Final = 0.3
"""Part of the budget for making one failing scenario small."""

SHORT_HANG: Final = 3.0
"""Seconds without progress that are a hang while a scenario is made small and there is no time."""


@dataclass
class ThreadFailures:
    """Makes findings of what goes wrong on real threads: of runs that were judged a violation, and of deaths.

    `hurried`: tells whether no time is left to make what ends the process small. `put_off`: violations that nobody has
    followed yet, each with the seconds after which it was seen; None: each is followed at once.
    """

    runs: ThreadRuns
    deaths: Deaths
    clock: Clock
    findings: Findings
    options: CheckOptions
    waits: KnownWaits
    hurried: Callable[[], bool] = lambda: False
    put_off: list[tuple[Scenario, RunResult, float]] | None = None

    def after_death(self, died: Died, scenario: Scenario) -> None:
        """Make a scenario small that hung or killed the process, and avoid its operations from then on."""
        concurrent = not died.announced
        self.runs.scenarios += 1
        self.runs.invocations += 1
        seconds, hurried = self.clock.elapsed, self.hurried()  # before a new process starts, which may take seconds
        confirmed = self.confirmed_death(died, scenario)
        if confirmed is None:
            return

        def first_seen() -> Finding:
            return of_death(confirmed, scenario, seconds, concurrent=concurrent)

        small, last = scenario, confirmed
        if not hurried:
            with self.findings.unless_ended(first_seen), self.clock.during("shrinking"):
                small, last = self.deaths.small(scenario, confirmed)
        self.findings.add_death(last, small, seconds, concurrent=concurrent, unshrunk=hurried)
        self.deaths.avoid([each.text for thread in small.threads for each in thread])

    def confirmed_death(self, died: Died, scenario: Scenario) -> Died | None:
        """Return how a scenario ends the process; None if it was seen once and not again.

        A hang that only the clock shows must come again: the machine may have been busy. If it does not, the runs that
        were to show it again may fail otherwise, and the failure is followed. A doubt stays, with one exception: one
        thread alone was slow before the threads met. That thread has since done the same to its end, and no run was
        lost.
        """
        if self.waits.explain(died, scenario):
            self.deaths.restart()
            return None
        if died.certain:
            self.deaths.restart()
            return died
        usual = (1 if self.clock.left() < 0 else 2) * self.options.hang * crowding()
        hang = self.options.hang / 2 if self.hurried() else usual
        again = self.deaths.again(scenario, hang)
        if isinstance(again, Died):
            return again
        if died.kind is FindingKind.HANG and died.announced and again.tally.judged == again.invocations > 0:
            self.runs.add(again)
        else:
            self.findings.evidence.add_death(f"`{scenario}`: {died.detail}", found=False)
        if again.failures:
            self.after_violation(scenario, again)
        return None

    def after_violation(self, scenario: Scenario, result: RunResult, seconds: float | None = None) -> None:
        """Make a scenario small whose runs were judged a violation, and see how often the smallest one fails.

        The violation was seen `seconds` after the campaign began; None: now.
        """
        rate = result.failures / result.invocations
        seconds = self.clock.elapsed if seconds is None else seconds
        if self.put_off is not None:
            self.put_off.append((scenario, result, seconds))
            return
        goes_on = self.clock.limit(max(1.5, self.clock.budget * PART_FOR_SHRINKING))
        best = result
        deaths: list[tuple[Died, Scenario]] = []

        def still_fails(candidate: Scenario) -> bool:
            nonlocal best, rate
            self.clock.progress(str(candidate))
            # Often enough that a race four times as rare shows with probability 0.98, but no longer than patience.
            tries = int(min(max(200, 16 / rate), 40_000))
            try:
                found = self.runs.run(candidate, tries, 1.0, hang=SHORT_HANG if self.hurried() else None)
            except Died as died:
                deaths.append((died, candidate))
                self.deaths.restart()
                return False
            if found.failures:
                best, rate = found, max(found.failures / found.invocations, rate / 4)
            return bool(found.failures)

        with self.findings.unless_ended(lambda: violation(scenario, result, seconds)):
            with self.clock.during("shrinking"):
                small = shrink(scenario, still_fails, goes_on)
            finished = goes_on()
            with self.clock.during("confirming"):
                self.clock.progress(str(small))
                confirmed = self._confirmed(small, best)
        self.findings.add(replace(violation(small, confirmed, seconds), detail="" if finished else UNFINISHED))
        if deaths and not self.hurried():  # a smaller case ended the process: another finding, and a graver one
            self.after_death(*deaths[0])
        for died, candidate in deaths[:1] if self.hurried() else ():
            if died.certain:
                self.findings.add_death(died, candidate, self.clock.elapsed, unshrunk=True)
            else:
                self.findings.evidence.add_death(f"`{candidate}`: {died.detail}", found=False)

    def _confirmed(self, scenario: Scenario, shown: RunResult) -> RunResult:
        """Run the smallest scenario on its own again: a rate of failures from shrinking would be biased."""
        try:
            hang = SHORT_HANG if self.hurried() else None
            again = self.runs.run(scenario, MOST_INVOCATIONS, SHORT_RUN, until_failure=False, hang=hang)
        except Died:
            self.deaths.restart()
            return shown
        return again if again.failures else merged(again, shown)
