"""What follows a failure under control: it is made small, confirmed in a fresh process, and becomes a finding.

What real threads have found is explained here too: a schedule of the same scenario tells its story.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.controlled_child import ControlledChild, labelled
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.findings import Findings, under_control, violation
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import Explored
from lockproof.campaign.schedule_search import BOUND, ScheduleSearch
from lockproof.campaign.thread_failures import PART_FOR_SHRINKING, ThreadFailures
from lockproof.campaign.thread_runs import ThreadRuns
from lockproof.core.environment import Environment
from lockproof.core.evidence import clause
from lockproof.core.options import CheckOptions
from lockproof.core.pace import crowding
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind

SHORT: Final = 1.0
"""Seconds to make the failure of a mutant small, and as many for its label: there are many mutants."""

EXPLAINING: Final = 2.0
"""Seconds to find a schedule for what real threads have shown, and as many for its label."""


def no_schedule(looked: Explored | None, *, ready: bool) -> str:
    """Return in a sentence why there is no schedule for what real threads have shown."""
    if not ready:
        why = "the process under control did not start"
    elif looked is None:
        why = "the process under control ended, or did not answer, while it looked for one"
    elif looked.skipped:
        why = f"under control, {clause(looked.skipped)}"
    elif looked.found is not None:
        why = f"under control, the scenario shows something else: {looked.found.kind.value}"
    else:
        every = "all schedules that there are" if looked.everything else f"{looked.schedules:,} schedules"
        why = f"{every} under control did not show it"
    return f"There is no schedule: {why}."


@dataclass
class ScheduleFailures:
    """Makes findings of what goes wrong under control, with what real threads make of the same scenario."""

    controlled: ControlledChild
    search: ScheduleSearch
    runs: ThreadRuns
    deaths: Deaths
    threads: ThreadFailures
    clock: Clock
    findings: Findings
    options: CheckOptions

    def after_deaths(self) -> None:
        """Follow the deaths of processes under control. A crash there is a crash.

        A hang there may be one of the control itself, and a signal may come from elsewhere: the scenario runs again on
        real threads. What they show is a finding; if they show nothing, a doubt stays.
        """
        while self.search.deaths:
            scenario, died = self.search.deaths.pop()
            seconds = self.clock.elapsed
            if died.kind is not FindingKind.HANG and died.certain:
                concurrent = len(scenario.threads) > 1
                self.findings.add_death(died, scenario, seconds, concurrent=concurrent, unshrunk=concurrent)
                if not concurrent:
                    self.deaths.avoid([scenario.operations[-1].text])
                continue
            if self.threads.waits.explain(died, scenario):
                continue
            again = self.deaths.again(scenario, self.options.hang * crowding())
            if isinstance(again, Died):
                if self.threads.waits.explain(again, scenario):
                    continue
                concurrent = not again.announced
                self.findings.add_death(again, scenario, seconds, concurrent=concurrent, unshrunk=concurrent)
                continue
            self.findings.evidence.add_death(f"under control, `{scenario}`: {died.detail}", found=False)
            if again.failures:
                self.threads.after_violation(scenario, again)

    def after_failure(self, scenario: Scenario, first: Explored) -> None:
        """Make a scenario small that a schedule shows to fail, and see whether real threads show it too."""
        since = self.clock.elapsed
        with self.findings.unless_ended(lambda: under_control(scenario, first, since)):
            finding = self._finding(scenario, first, since)
        self.findings.add(finding)
        self._note_deaths()

    def _finding(self, scenario: Scenario, looked: Explored, since: float) -> Finding:
        of_mutant = bool(self.controlled.setup.aim.kinds)
        seconds = SHORT if of_mutant else max(2.0, self.clock.budget * PART_FOR_SHRINKING)
        with self.clock.during("shrinking"):
            small, looked = self.controlled.small(
                scenario, looked, seconds, BOUND, self.clock.progress, self.clock.limit
            )
        with self.clock.during("confirming"):
            looked = self.controlled.confirmed(small, looked, BOUND)
            finding = self.controlled.finding(small, looked, since, seconds)
            judged = self.options.engine == "both" and finding.kind is FindingKind.NOT_LINEARIZABLE
            if judged and (real := self.runs.failing(small)) is not None:
                finding = replace(finding, failures=real.failures, tries=real.invocations, histogram=real.outcomes)
                finding = labelled(finding, self._environment)
        return finding

    def _note_deaths(self) -> None:
        """Have a case followed that ended the process while another one was made small: it is another finding."""
        self.search.deaths += self.controlled.deaths[:1]
        self.controlled.deaths.clear()

    def explain(self) -> None:
        """Find schedules for what real threads have found: for its story, and to see whether the GIL masks it.

        A schedule shows a race each time, real threads only now and then; so the rest of the shrinking is done under
        control.
        """
        for number, finding in enumerate(self.findings.found):
            if not finding.concurrent or finding.control is not None:
                continue
            if finding.kind not in (FindingKind.NOT_LINEARIZABLE, FindingKind.HANG):
                continue
            with self.clock.during("explaining"):
                ready = self.search.prepare()
                looked = self._looked(finding.scenario) if ready else None
                same = FindingKind.DEADLOCK if finding.kind is FindingKind.HANG else finding.kind
                if looked is not None and looked.found is not None and looked.found.kind is same:
                    self.findings.found[number] = self._explained(finding, looked)
                else:
                    detail = f"{finding.detail} {no_schedule(looked, ready=ready)}".strip()
                    self.findings.found[number] = replace(finding, detail=detail)
                if not ready:
                    return
        self.findings.drop_repeated()
        self._note_deaths()
        self.after_deaths()

    def _looked(self, scenario: Scenario) -> Explored | None:
        """Look for a schedule: first among those with few preemptions, whose story is short."""
        for only in ("preemptions", "portfolio"):
            looked = self.search.look(scenario, EXPLAINING / 2, sys.maxsize, only)
            if looked is None or looked.skipped or looked.found is not None:
                break
        return looked

    def _explained(self, finding: Finding, looked: Explored) -> Finding:
        if finding.kind is FindingKind.NOT_LINEARIZABLE and self.options.scenario is None:
            seconds = EXPLAINING
            small, again = self.controlled.small(
                finding.scenario, looked, seconds, BOUND, self.clock.progress, self.clock.limit
            )
            if small is not finding.scenario and (real := self.runs.failing(small)) is not None:
                finding, looked = self.findings.repeatable(violation(small, real, finding.seconds)), again
        looked = self.controlled.confirmed(finding.scenario, looked, BOUND)
        under = self.controlled.finding(finding.scenario, looked, 0.0, EXPLAINING)
        return labelled(replace(finding, control=under.control), self._environment)

    @property
    def _environment(self) -> Environment:
        return self.runs.child.description.environment
