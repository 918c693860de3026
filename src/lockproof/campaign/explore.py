"""An exploration from beginning to end: of a function, or of one scenario of a class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.called import Called
from lockproof.campaign.clock import Clock
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.findings import UNCONFIRMED, Findings, under_control
from lockproof.campaign.protocol.child import Died, not_started, trace_of
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import CheckNames, Description, Explored, Replay
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.results import not_judged
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import EXHAUSTIVE, ExploreOptions, Tell
from lockproof.core.repeat import Repeat, repeat_of_exploration
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import ASSERTIONS, Coverage, Finding, FindingKind, InternalError, Interrupted, Report

_ENDING: Final = (Doubt.INTERRUPTED, Doubt.INTERNAL_ERROR)

SLICE: Final = 0.4
"""Seconds of one request. The parent shows progress between two requests."""


def explore_target(target: str, options: ExploreOptions, progress: Tell | None = None) -> Report:
    """Explore a function, or one scenario of a class, and return the report.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options = options.seeded()
    threads = 2 if options.scenario is None else max(2, len(Scenario.parse(options.scenario).threads))

    def repeat(finding: Finding) -> Repeat:
        return repeat_of_exploration(target, options, None if finding.control is None else finding.control.schedule)

    return run_exploration(Setup.of(target, options, threads=threads), options, repeat, progress, name=target)


def run_exploration(
    setup: Setup,
    options: ExploreOptions,
    repeat: Callable[[Finding], Repeat],
    progress: Tell | None = None,
    *,
    name: str = "the function",
) -> Report:
    """Explore the subject of a setup. `repeat` returns what repeats a finding; errors call the subject `name`.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options.validate()
    child = ControlledChild(setup, options.memory)
    try:
        return explore_on(child, options, repeat, progress, name=name)
    finally:
        child.child.close()


def explore_on(
    child: ControlledChild,
    options: ExploreOptions,
    repeat: Callable[[Finding], Repeat],
    progress: Tell | None = None,
    *,
    name: str = "the function",
) -> Report:
    """Explore the subject of a child, which goes on afterwards. The rest is as `run_exploration` has it.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    scenario = None if options.scenario is None else Scenario.parse(options.scenario)
    findings = Findings(repeat, EvidenceBuilder())
    return _Exploration(child, name, scenario, options, findings, progress or (lambda _: None)).run()


@dataclass
class _Exploration:
    """One exploration. `counts` adds up all requests; `last` is the answer to the last one."""

    child: ControlledChild
    name: str
    scenario: Scenario | None
    options: ExploreOptions
    findings: Findings
    tell: Tell
    counts: Counts = field(default_factory=Counts)
    last: Explored = field(default_factory=Explored)

    def __post_init__(self) -> None:
        self.evidence = self.findings.evidence
        self.clock = Clock(self.options.budget, self.tell, lambda: (0, self.child.schedules, len(self.findings)))

    def run(self) -> Report:
        self.clock.progress("")
        try:
            description = self.child.start()
        except Died as died:
            raise not_started(died) from None
        function = description.model == ASSERTIONS
        if not function and self.scenario is None and ":" not in self.name:
            raise LockproofError(
                f"{self.name} is a module, and explore runs one function of it",
                "the name of the function is missing",
                f"lockproof explore {self.name}:FUNCTION, or lockproof check {self.name} for all that it has",
            )
        if not function and self.scenario is None:
            raise LockproofError(
                f"{self.name} is a class, and explore needs a scenario for a class",
                "explore runs a function that starts threads, or one scenario of a class",
                f'lockproof check {self.name}, or give --scenario "a.add(1) || a.add(1)"',
            )
        if function and self.scenario is not None:
            raise LockproofError("a function has no scenario", "", "leave --scenario out, or name a class")
        if self.scenario is not None:
            self._refuse_misspelt(self.scenario)
        self.clock.restart()
        try:
            if self.options.schedule is not None:
                self._replay(Schedule.parse(self.options.schedule))
            else:
                self._explore()
        except KeyboardInterrupt:
            self.evidence.add_doubt(Doubt.INTERRUPTED, f"{self.clock.elapsed:.1f} of {self.options.budget:g} s")
            raise Interrupted(self._report(description)) from None
        except (LockproofError, Died):
            raise
        except Exception as error:
            trace = trace_of(error)
            self.evidence.add_doubt(Doubt.INTERNAL_ERROR, trace.strip().rpartition("\n")[2])
            raise InternalError(self._report(description), trace) from error
        return self._report(description)

    def _refuse_misspelt(self, scenario: Scenario) -> None:
        try:
            self.child.child.ask(CheckNames(scenario))
        except Died as died:
            raise not_started(died) from None

    def _progress(self, phase: str) -> None:
        with self.clock.during(phase):
            self.clock.progress(self._what)

    def _explore(self) -> None:
        most = self.options.schedules or 10**9
        while (left := self.clock.left()) > 0 and self.child.schedules < most:
            self._progress("exploring")
            try:
                bound, strategy = self.options.bound, self.options.strategy
                looked = self.child.look(self.scenario, min(left, SLICE), most - self.child.schedules, bound, strategy)
            except Died as died:
                unsure = died.kind is FindingKind.HANG or not died.certain
                if unsure and not self.evidence.deaths:
                    # A very busy machine may cause this once, which leaves a doubt; the second time it is a finding.
                    self.evidence.add_death(died.detail, found=False)
                    continue
                self._died(died)
                return
            if looked.skipped:
                raise not_judged(looked.skipped)
            self.last = looked
            self.counts += looked.counts
            self.evidence.add_answers(looked.answers)
            if Doubt.NEEDS_MAIN_THREAD in self.counts.doubts and looked.found is None:
                return  # no other schedule helps
            if self.scenario is None and looked.found is None and looked.threads < 2:
                raise LockproofError(
                    f"{self.name} starts no thread: there is nothing to schedule",
                    "it only defines them, or starts processes, or another function starts them",
                    "start threads in it, and join them",
                )
            if looked.found is not None:
                self._found(looked, max(3.0, self.options.budget / 3))
                return
            exhaustive = self.options.strategy in EXHAUSTIVE
            if looked.everything or (looked.complete and exhaustive):
                return
            if not looked.schedules:
                return

    @property
    def _what(self) -> str:
        return self.name if self.scenario is None else str(self.scenario)

    def _found(self, first: Explored, seconds: float) -> None:
        since = self.clock.elapsed
        with self.findings.unless_ended(lambda: under_control(self.scenario, first, since), UNCONFIRMED):
            self._progress("confirming")
            confirmed = first
            if seconds:
                confirmed = self.child.confirmed(self.scenario, first, self.options.bound, self.options.strategy)
            finding = self.child.finding(self.scenario, confirmed, since, seconds)
        self.findings.add(finding)

    def _died(self, died: Died) -> None:
        self.findings.add_death(died, self.scenario or Scenario((), ()), self.clock.elapsed)

    def _replay(self, schedule: Schedule) -> None:
        try:
            answer = self.child.child.ask(Replay(self.scenario, schedule, None, self.options.times), 60.0)
        except Died as died:
            self._died(died)
            return
        if answer.skipped:
            raise not_judged(answer.skipped)
        self.child.schedules += self.options.times
        lost = Counts(answer.elsewhere, doubts=Counter({Doubt.LED_ELSEWHERE: answer.elsewhere}))
        self.counts = answer.counts + lost
        failed = f"{self.options.times} runs of one schedule, {answer.again} of which failed"
        not_judged_runs = f"{self.counts.undecided} of these runs were not judged"
        self.last = Explored(covered=(failed, not_judged_runs) if self.counts.undecided else (failed,))
        if answer.found is not None:
            self._found(Explored(found=answer.found), 0.0)
            finding = self.findings.found[-1]
            self.findings.found[-1] = replace(finding, failures=answer.again, tries=self.options.times)

    def _report(self, description: Description) -> Report:
        # Where a finding or Ctrl-C has ended the search, its time was not over.
        ended = self.findings or any(each.doubt in _ENDING for each in self.evidence.doubts)
        still_open = [each for each in self.last.open if each.doubt is not Doubt.CUT_OFF or not ended]
        evidence = self.evidence.build(
            threads=False, schedules=self.counts.tally, doubts=(*self.counts.doubted(), *still_open),
            findings=len(self.findings), differences=0, observers=(),
        )  # fmt: skip
        notes = [*description.notes, *Called(description.members).notes(), *self.child.notes]
        if not self.findings.has(FindingKind.DEADLOCK):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.child.cycles]
        return Report(
            description.subject, description.model, self.options.consistency, evidence, self.child.setup.seed,
            description.environment,
            Coverage(
                int(self.scenario is not None), 0, self.last.kinds, self.clock.elapsed, self.last.outcomes,
                self.child.schedules, self.last.covered,
            ),
            tuple(self.findings.found), (), tuple(notes),
        )  # fmt: skip
