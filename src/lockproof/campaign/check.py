"""What a check does with its budget: conformance, scenarios, schedules, shrinking, confirmation.

The parent decides and the child does: everything that runs the subject is a request to the child, so whatever the
subject does to its process is an answer like another one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign import results
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.explore import ControlledChild, labelled
from lockproof.campaign.protocol.child import Child, Died, generated, not_started, with_known_names
from lockproof.campaign.protocol.messages import (
    CheckNames,
    Conform,
    Description,
    Explored,
    Run,
    RunResult,
    Setup,
)
from lockproof.campaign.results import Pool, Tried, enough, limits, merged, not_judged
from lockproof.campaign.under_control import BOUND, MOST_LATE, Schedules, alone
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Evidence, Omission
from lockproof.core.options import CheckOptions, Progress, Tell
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Coverage, Finding, FindingKind, Interrupted, Nonconformance, Report
from lockproof.shrink.shrinker import shrink

MOST_DEATHS: Final = 3
"""Findings that ended the process after which a check stops looking for more."""

MOST_INVOCATIONS: Final = 20_000


@dataclass
class Checking:
    """One check. `repeat` makes the command of a finding; `tell` is told how far it is."""

    child: Child
    controlled: ControlledChild
    setup: Setup
    options: CheckOptions
    repeat: Callable[[Finding], Repeat]
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    findings: list[Finding] = field(default_factory=list)
    nonconformances: list[Nonconformance] = field(default_factory=list)
    evidence: EvidenceBuilder = field(default_factory=EvidenceBuilder)
    notes: list[str] = field(default_factory=list)
    scenarios: int = 0
    invocations: int = 0
    outcomes: dict[Scenario, int] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    phase: str = "starting"
    _since: float = 0.0

    def __post_init__(self) -> None:
        def tried(candidate: Scenario, hang: float) -> RunResult:
            self._progress(str(candidate))
            return self._run(candidate, 3000, 0.5, hang=hang)

        self._deaths = Deaths(self.child, self.options, tried)
        self._schedules = Schedules(self.controlled, self._progress, self._left, self._deaths.alone, self.evidence)

    def run(self, first: Sequence[Scenario]) -> Report:
        self._progress("")
        description = self._start()
        self.began = time.monotonic()
        try:
            only = None
            if self.options.scenario is not None:
                only = Scenario.asked(self.options.scenario, description.observers)
                self.child.ask(CheckNames(only))
            first = list(with_known_names(self.child, first, self.notes))
            with self._in("conformance"):
                self._conform()
            if only is not None:
                self._alone(only)
            else:
                self._schedules.first = first
                if self.setup.aim.kinds:
                    self._begin_anew()
                self._all(first)
            self._explain()
        except KeyboardInterrupt:
            self.evidence.add_doubt(Doubt.INTERRUPTED, f"{self._elapsed:.1f} of {self.options.budget:g} s")
            raise Interrupted(self._report(description)) from None
        except Died as died:  # not even a new process could be started
            self.evidence.add_death(f"it does not start again: {died.detail}", found=False)
        return self._report(description)

    def _begin_anew(self) -> None:
        """Give the whole budget to the search: that of a mutant is short, and what comes before takes half of it."""
        if self.options.engine != "threads":
            self._schedules.prepare()
        self.began = time.monotonic()

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _left(self) -> float:
        return self.options.budget - self._elapsed

    def _progress(self, text: str) -> None:
        self.tell(
            Progress(self.phase, self._elapsed, self.options.budget, self.scenarios, self.invocations, text,
                     len(self.findings))
        )  # fmt: skip

    @contextmanager
    def _in(self, phase: str) -> Iterator[None]:
        outer, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = outer

    def _start(self) -> Description:
        self.child.launch()
        if self.options.engine != "threads":
            self.controlled.child.launch()  # both import the subject at the same time
        try:
            description = self.child.start()
        except Died as died:
            raise not_started(died) from None
        self.notes += description.notes
        return description

    def _run(
        self,
        scenario: Scenario,
        invocations: int,
        seconds: float,
        *,
        until_failure: bool = True,
        hang: float | None = None,
    ) -> RunResult:
        result = self.child.ask(Run(scenario, invocations, seconds, until_failure, hang), seconds)
        self.invocations += result.invocations
        return result

    def _conform(self) -> None:
        """Compare with the model on one thread. What hangs or kills there is a finding, and is left out afterwards."""
        for _ in range(MOST_DEATHS):
            seconds = min(0.5, self.options.budget / (10 if self.setup.aim.kinds else 100))
            self._progress("")
            try:
                answer = self.child.ask(Conform(seconds, self._deaths.alone()), seconds)
            except Died as died:
                self._deaths.restart()
                if not died.announced:
                    self.evidence.add_death(f"before any operation: {died.detail}", found=False)
                    continue
                with self._in("shrinking"):
                    lines, last = self._deaths.small_program(died)
                if last is not None:
                    self._finding_of(last, alone(lines), concurrent=False)
                elif died.kind is FindingKind.HANG:
                    self.evidence.add_skipped(Omission.TOO_SLOW, "; ".join(lines))
                else:
                    self.evidence.add_death(f"{died.detail}, at {'; '.join(lines)}", found=False)
                self._deaths.avoid(lines[-1:])
                continue
            except LockproofError as error:
                if not self.findings:
                    raise
                self.notes.append(error.fact)
                return
            self.nonconformances += answer.nonconformances
            self.notes += [note for note in answer.notes if note not in self.notes]
            return
        self.evidence.add_doubt(Doubt.CONFORMANCE_UNFINISHED, f"{MOST_DEATHS} operations ended the process or hung")

    def _finding_of(self, died: Died, scenario: Scenario, *, concurrent: bool) -> None:
        self.evidence.add_death(died.detail, found=True)
        finding = Finding(died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=self._since,
                          failures=1, tries=1, concurrent=concurrent)  # fmt: skip
        self.findings.append(replace(finding, repeat=self.repeat(finding)))

    def _alone(self, scenario: Scenario) -> None:
        """Run one scenario, on real threads and under control."""
        self.scenarios = 1
        if self.options.engine != "schedules":
            with self._in("checking"):
                self._only(scenario)
        if self.options.engine != "threads" and not self.findings:
            with self._in("exploring"):
                ready = self._schedules.prepare()
                seconds = max(1.0, self.options.budget / 2)
                looked = self._schedules.look(scenario, seconds, sys.maxsize) if ready else None
            self._tell_of_deaths()
            if looked is not None and looked.skipped:
                raise not_judged(looked.skipped)
            if looked is not None and looked.found is not None:
                self._found_under_control(scenario, looked)

    def _all(self, first: Sequence[Scenario]) -> None:
        """Search on real threads and under control, in turns."""
        fresh, pool = self._fresh(first), Pool(20 + 10 * len(self.child.description.kinds))
        turns = results.SHARES[self.child.description.environment.gil] if self.options.engine == "both" else (1.0,)
        for number, share in enumerate(turns):
            until = self._left() - share * self.options.budget if number + 1 < len(turns) else 0.0
            if self.options.engine == "threads" or (self.options.engine == "both" and number % 2 == 0):
                if self._watch():
                    fresh = self._fresh(())
                with self._in("checking"):
                    self._search(fresh, pool, max(until, 0.0))
            else:
                self._search_under_control(max(until, 0.0))
            if self.findings:
                return

    def _watch(self) -> bool:
        """Let real threads try first what looked exposed under control; false if there is nothing new of that."""
        watched = self.controlled.watched
        new = bool(watched.exposed) and self._deaths.watched is None
        if new:
            self._deaths.watched = watched
            self._deaths.restart()
        return new

    def _search_under_control(self, until: float) -> None:
        """Explore scenarios until something is found, or so many seconds are left."""
        died, tries = True, 0
        while died and not self.findings and (self._left() > until or not (self._schedules.explored or tries)):
            tries += 1
            with self._in("exploring"):
                found = self._schedules.search(self._left() - until)
            if found is not None:
                self._found_under_control(*found)
            died = bool(self._schedules.deaths)
            self._tell_of_deaths()

    def _tell_of_deaths(self) -> None:
        """Tell of processes under control that ended. A crash there is a crash.

        A hang there may be one of the control itself, and a signal may come from elsewhere: the scenario is run again
        on real threads. Whatever they show is a finding; if they show nothing, it is not known what happened.
        """
        while self._schedules.deaths:
            scenario, died = self._schedules.deaths.pop()
            if died.kind is not FindingKind.HANG and died.certain:
                self._finding_of(died, scenario, concurrent=len(scenario.threads) > 1)
                continue
            again = self._deaths.again(scenario, self.options.hang)
            if isinstance(again, Died):
                self._finding_of(again, scenario, concurrent=not again.announced)
                continue
            self.evidence.add_death(f"under control, `{scenario}`: {died.detail}", found=False)
            if again.failures:
                self._follow(scenario, again)

    def _found_under_control(self, scenario: Scenario, looked: Explored) -> None:
        """Make small what a schedule shows, and tell of it, with what real threads make of the same scenario."""
        self._since = self._elapsed
        seconds = results.SHORT if self.setup.aim.kinds else max(2.0, self.options.budget * 0.3)
        with self._in("shrinking"):
            small, looked = self.controlled.small(scenario, looked, seconds, BOUND, self._progress)
        with self._in("confirming"):
            looked = self.controlled.confirmed(small, looked, BOUND)
            finding = self.controlled.finding(small, looked, self._since, seconds)
            judged = self.options.engine == "both" and finding.kind is FindingKind.NOT_LINEARIZABLE
            if judged and (real := self._shown(small)) is not None:
                finding = replace(finding, failures=real.failures, tries=real.invocations, histogram=real.outcomes)
                finding = labelled(finding, self.child.description.environment)
        self.findings.append(replace(finding, repeat=self.repeat(finding)))

    def _explain(self) -> None:
        """Find a schedule for what real threads have shown: for its story, and whether the GIL masks it.

        A schedule shows a race whenever it is asked to, real threads only now and then; so what is left to be made
        small is made small under control.
        """
        for number, finding in enumerate(self.findings):
            told = finding.kind in (FindingKind.NOT_LINEARIZABLE, FindingKind.HANG) and finding.concurrent
            if self.options.engine != "both" or not told or finding.control is not None:
                continue
            with self._in("explaining"):
                if not self._schedules.prepare():
                    return
                looked = self._schedules.look(finding.scenario, results.EXPLAINING, sys.maxsize)
                if looked is None or looked.found is None:
                    continue
                same = FindingKind.DEADLOCK if finding.kind is FindingKind.HANG else finding.kind
                if looked.found.kind is same:
                    self.findings[number] = self._explained(finding, looked)

    def _explained(self, finding: Finding, looked: Explored) -> Finding:
        if finding.kind is FindingKind.NOT_LINEARIZABLE and self.options.scenario is None:
            small, again = self.controlled.small(finding.scenario, looked, results.EXPLAINING, BOUND, self._progress)
            if small is not finding.scenario and (shown := self._shown(small)) is not None:
                finding, looked = replace(self._told(small, shown), seconds=finding.seconds), again
        looked = self.controlled.confirmed(finding.scenario, looked, BOUND)
        under = self.controlled.finding(finding.scenario, looked, 0.0, results.EXPLAINING)
        return labelled(replace(finding, control=under.control), self.child.description.environment)

    def _shown(self, scenario: Scenario) -> RunResult | None:
        """Run a scenario on real threads for a short while; None if nothing is wrong there."""
        with suppress(Died):
            result = self._run(scenario, MOST_INVOCATIONS, 0.5, until_failure=False)
            return result if result.failures else None
        return None

    def _only(self, scenario: Scenario) -> None:
        """Run one scenario for the whole budget, or until it is plain how often it fails."""
        most = self.options.invocations or sys.maxsize
        self._progress(str(scenario))
        total: RunResult | None = None
        while total is None or (self._left() > 0 and total.invocations < most and not enough(total)):
            try:
                result = self._run(scenario, most, max(0.0, min(self._left(), 1.0)), until_failure=False)
            except Died as died:
                if (sure := self._sure(died, scenario)) is not None:
                    self._finding_of(sure, scenario, concurrent=not sure.announced)
                break
            if result.skipped:
                raise not_judged(result.skipped)
            self._cover(result)
            total = result if total is None else merged(total, result)
            self._progress(str(scenario))
        if total is not None and total.failures:
            self.findings.append(self._told(scenario, total))

    def _search(self, fresh: Iterator[Scenario], pool: Pool, until: float) -> None:
        """Run known and new scenarios until a violation is found, or only `until` seconds are left."""
        tries, deaths = 0, len(self.findings)
        while deaths < MOST_DEATHS and (self._left() > until or (not pool.tried and tries < MOST_LATE)):
            tries += 1
            if pool.wants_new:
                scenario = next(fresh, None)
                if scenario is None:
                    self.notes.append("no scenario is left without what was found already")
                    return
                tried, look = Tried(scenario), results.FIRST_LOOK
            else:
                tried, look = pool.known()
            try:
                result = self._run(tried.scenario, MOST_INVOCATIONS, max(0.0, min(self._left(), look)))
            except Died as died:
                deaths += 1
                self._after_death(died, tried.scenario)
                if any(each.kind is FindingKind.NOT_LINEARIZABLE for each in self.findings):
                    return
                continue
            if result.skipped:
                self.evidence.add_skipped(result.skipped, str(tried.scenario))
                continue
            self.scenarios += pool.add(tried, result)
            self._cover(result)
            self._progress(str(tried.scenario))
            if result.failures:
                self._follow(tried.scenario, result)
                return

    def _fresh(self, first: Sequence[Scenario]) -> Iterator[Scenario]:
        yield from first
        yield from generated(self.child, self._deaths.restart)

    def _cover(self, result: RunResult) -> None:
        self.covered |= set(result.kinds)
        self.outcomes[result.scenario] = max(self.outcomes.get(result.scenario, 0), result.distinct)
        self.evidence.add_runs(result)

    # After a failure.

    def _after_death(self, died: Died, scenario: Scenario) -> None:
        """A scenario that hung or killed the process: make it small, and go on without what it needs."""
        concurrent = not died.announced
        self.scenarios += 1
        self.invocations += 1
        self._since = self._elapsed
        sure = self._sure(died, scenario)
        if sure is None:
            return
        with self._in("shrinking"):
            small, last = self._deaths.small(scenario, sure)
        self._finding_of(last, small, concurrent=concurrent)
        self._deaths.avoid([each.text for thread in small.threads for each in thread])

    def _sure(self, died: Died, scenario: Scenario) -> Died | None:
        """Return how a scenario ends the process if it surely does; a hang by the clock alone must come again.

        Where it does not, what the runs show then is followed. A doubt is left, but not if one thread alone was slow
        with what it does before the threads meet: it has done the same to its end then, and no run was lost.
        """
        if died.certain:
            self._deaths.restart()
            return died
        again = self._deaths.again(scenario, 2 * self.options.hang)
        if isinstance(again, Died):
            return again
        if died.kind is FindingKind.HANG and died.announced and again.tally.judged == again.invocations > 0:
            self._cover(again)
        else:
            self.evidence.add_death(f"`{scenario}`: {died.detail}", found=False)
        if again.failures:
            self._follow(scenario, again)
        return None

    def _follow(self, scenario: Scenario, result: RunResult) -> None:
        """Shrink a scenario whose runs were judged a violation, confirm the smallest, and tell of it."""
        rate = result.failures / result.invocations
        self._since = self._elapsed
        end = time.monotonic() + max(1.5, self.options.budget * 0.3)
        best = result

        def still_fails(candidate: Scenario) -> bool:
            nonlocal best, rate
            self._progress(str(candidate))
            # Often enough that a race four times as rare shows with probability 0.98, but no longer than patience.
            tries = int(min(max(200, 16 / rate), 40_000))
            try:
                found = self._run(candidate, tries, 1.0)
            except Died:
                self._deaths.restart()
                return False
            if found.failures:
                best, rate = found, max(found.failures / found.invocations, rate / 4)
            return bool(found.failures)

        with self._in("shrinking"):
            small = shrink(scenario, still_fails, lambda: time.monotonic() < end)
        with self._in("confirming"):
            self._progress(str(small))
            confirmed = self._confirmed(small, best)
        self.findings.append(self._told(small, confirmed))

    def _confirmed(self, scenario: Scenario, shown: RunResult) -> RunResult:
        """Run the smallest scenario on its own again, to tell how often it fails."""
        try:
            again = self._run(scenario, 20_000, 0.5, until_failure=False)
        except Died:
            self._deaths.restart()
            return shown
        return again if again.failures else merged(again, shown)

    def _told(self, scenario: Scenario, result: RunResult) -> Finding:
        finding = Finding(
            FindingKind.NOT_LINEARIZABLE,
            scenario,
            result.worst,
            result.explanation,
            result.outcomes,
            result.failures,
            result.invocations,
            seconds=self._since,
        )
        return replace(finding, repeat=self.repeat(finding))

    # The end.

    def _evidence(self, description: Description) -> Evidence:
        schedules = self._schedules.counts.tally if self.options.engine != "threads" else None
        return self.evidence.build(
            threads=self.options.engine != "schedules", schedules=schedules, doubts=self._schedules.doubted(),
            findings=len(self.findings), differences=len(self.nonconformances), observers=description.observers,
        )  # fmt: skip

    def _report(self, description: Description) -> Report:
        notes = [*self.notes, *self.controlled.notes]
        if all(finding.kind not in (FindingKind.DEADLOCK, FindingKind.HANG) for finding in self.findings):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.controlled.cycles]
        notes += limits(description.environment)
        both = self.outcomes, self._schedules.outcomes
        distinct = sum(max(each.get(key, 0) for each in both) for key in both[0].keys() | both[1].keys())
        return Report(
            description.subject,
            description.model,
            self.options.consistency,
            self._evidence(description),
            self.setup.seed,
            description.environment.to_json(),
            Coverage(
                self.scenarios, self.invocations, tuple(sorted(self.covered | self._schedules.kinds)), self._elapsed,
                distinct, self.controlled.schedules, self._schedules.covered(),
            ),
            tuple(self.findings),
            tuple(self.nonconformances),
            tuple(notes),
            tuple(range(2, self.options.threads + 1)),
        )  # fmt: skip
