"""Exploring, seen from the parent: asks the controlled child for schedules, makes what it finds small, tells of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Child, Died, not_started
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import (
    CheckNames,
    Conform,
    Description,
    Explore,
    Explored,
    Found,
    Label,
    Labelled,
    Replay,
    Setup,
)
from lockproof.campaign.results import not_judged
from lockproof.core.environment import Environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, clause
from lockproof.core.options import ExploreOptions, Progress, Tell
from lockproof.core.repeat import Repeat, of_exploration
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import (
    ASSERTIONS,
    Coverage,
    Finding,
    FindingKind,
    Interrupted,
    Masking,
    Report,
)
from lockproof.core.watched import Watched
from lockproof.shrink.shrinker import shrink

SLICE: Final = 0.4
"""Seconds of one request, so that progress can be shown."""

CONFIRMATIONS: Final = 3
"""Fresh processes in which a schedule is looked for that another fresh one repeats."""

FIRST_SCHEDULES: Final = 60
"""Schedules of a scenario that is explored for the first time in a check. With 120 half as many scenarios had their
turn, and the rare pairs of the corpus took twice as many schedules until they were found."""


@dataclass
class ControlledChild:
    """The child process under control: explores one program or another, and is started again when it dies."""

    setup: Setup
    memory: int
    notes: dict[str, None] = field(default_factory=dict)
    cycles: dict[str, None] = field(default_factory=dict)
    schedules: int = 0
    watched: Watched = field(default_factory=Watched)

    def __post_init__(self) -> None:
        self.child = Child(replace(self.setup, controlled=True), memory=self.memory)
        self._conform: Conform | None = None

    def start(self, *, conform: float = 0.0, skip: Sequence[str] = ()) -> Description:
        """Start the process, and let it compare class and model on one thread, if seconds are given for that.

        `skip` are operations that are left out there.

        Raises:
            LockproofError: the target is wrong.
            Died: the process ended.

        """
        description = self.child.start()
        if conform:
            self._conform = Conform(conform, tuple(skip))
            self.watched = self.child.ask(self._conform, conform).watched
        return description

    def look(
        self, scenario: Scenario | None, seconds: float, most: int, bound: int, only: str = "portfolio"
    ) -> Explored:
        """Go on exploring a scenario, or the function.

        Raises:
            Died: it ended the process; a new one is started by the next request.

        """
        answer = self.child.ask(Explore(scenario, seconds, most, bound, only), seconds)
        self.schedules += answer.schedules
        self.notes |= dict.fromkeys(answer.notes)
        self.cycles |= dict.fromkeys(answer.cycles)
        return answer

    def small(
        self, scenario: Scenario, looked: Explored, seconds: float, bound: int, tell: Callable[[str], None]
    ) -> tuple[Scenario, Explored]:
        """Make a failing scenario small: each candidate is explored, and fails or does not."""
        assert looked.found is not None
        kind = looked.found.kind
        end = time.monotonic() + seconds
        best = looked

        def still_fails(candidate: Scenario) -> bool:
            nonlocal best
            tell(str(candidate))
            try:
                again = self.look(candidate, 1.0, 3000, bound)
            except Died:
                return False
            if again.found is None or again.found.kind is not kind:
                return False
            best = again
            return True

        return shrink(scenario, still_fails, lambda: time.monotonic() < end), best

    def confirmed(self, scenario: Scenario | None, looked: Explored, bound: int, only: str = "portfolio") -> Explored:
        """Return what was found with a schedule that shows it again in a process which has run nothing else.

        A process that has explored more than this program counts more switch points in it: what other programs store,
        and whether they ask for locks without waiting, is known to it. If no schedule shows it again in a fresh
        process, `replayed` says so.
        """
        for left in reversed(range(CONFIRMATIONS)):
            found = looked.found
            assert found is not None
            self.child.close()
            try:
                control = found.control
                answer = self.child.ask(Replay(scenario, control.schedule, found.kind, control.replays), 10.0)
                looked = _replayed(looked, answer.again)
                if answer.again == control.replays or not left:
                    break
                again = self.look(scenario, 2.0, 10_000, bound, only)
            except Died:
                looked = _replayed(looked, 0)
                break
            if again.found is None or again.found.kind is not found.kind:
                break
            looked = again
        return looked

    def label(self, scenario: Scenario | None, found: Found, seconds: float) -> Labelled:
        """Ask whether the GIL masks what was found.

        The process may be a fresh one, which does not know where one thread alone differs from the model. Where that
        matters it compares them first.
        """
        request = Label(scenario, found.kind, found.control.preemptions, seconds)
        try:
            answer = self.child.ask(request, seconds)
            if answer.skipped and self._conform is not None:
                self.child.ask(self._conform, self._conform.seconds)
                answer = self.child.ask(request, seconds)
        except Died as died:
            said = f"the process ended while schedules of a standard build were run: {died.detail}"
            return Labelled(Masking.UNKNOWN, said, (Doubt.CHILD_LOST,))
        if answer.skipped:
            return Labelled(Masking.UNKNOWN, clause(answer.skipped), (answer.skipped,))
        return answer

    def finding(self, scenario: Scenario | None, looked: Explored, since: float, seconds: float) -> Finding:
        """Return the finding, with the label that says whether the GIL masks it if there are seconds for that."""
        found = looked.found
        assert found is not None
        control = found.control
        if control.replayed and seconds:
            label = self.label(scenario, found, seconds)
            control = replace(control, masking=label.masking, rests_on=label.rests_on, undecided=label.undecided)
        return Finding(
            found.kind,
            scenario or Scenario((), ()),
            found.outcome,
            found.explanation,
            failures=1,
            tries=1,
            detail=found.detail,
            stacks=found.text,
            seconds=since,
            control=control,
        )


def _replayed(looked: Explored, times: int) -> Explored:
    """Return what was found with how many replays have shown it again."""
    assert looked.found is not None
    control = replace(looked.found.control, replayed=times)
    return replace(looked, found=replace(looked.found, control=control))


def labelled(finding: Finding, facts: Environment) -> Finding:
    """Return the finding with a label that does not contradict what real threads have shown on this build."""
    if finding.control is None or not facts.gil:
        return finding
    shown = "real threads have shown it on this build, with the GIL on"
    return replace(finding, control=replace(finding.control, masking=Masking.SHOWN, rests_on=shown, undecided=()))


def explore_target(target: str, options: ExploreOptions, progress: Tell | None = None) -> Report:
    """Explore a function, or one scenario of a class, and return the report.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options = options.seeded()
    threads = 2 if options.scenario is None else max(2, len(Scenario.parse(options.scenario).threads))

    def repeat(finding: Finding) -> Repeat:
        return of_exploration(target, options, None if finding.control is None else finding.control.schedule)

    return run_exploration(Setup.of(target, options, threads=threads), options, repeat, progress, name=target)


def run_exploration(
    setup: Setup,
    options: ExploreOptions,
    repeat: Callable[[Finding], Repeat],
    progress: Tell | None = None,
    *,
    name: str = "the function",
) -> Report:
    """Explore what the setup says; `repeat` returns what repeats a finding, `name` is what errors call the subject.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    options.refuse_nonsense()
    child = ControlledChild(setup, options.memory)
    scenario = None if options.scenario is None else Scenario.parse(options.scenario)
    try:
        return _Exploring(child, name, scenario, options, repeat, progress or (lambda _: None)).run()
    finally:
        child.child.close()


@dataclass
class _Exploring:
    child: ControlledChild
    name: str
    scenario: Scenario | None
    options: ExploreOptions
    repeat: Callable[[Finding], Repeat]
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    findings: list[Finding] = field(default_factory=list)
    evidence: EvidenceBuilder = field(default_factory=EvidenceBuilder)
    counts: Counts = field(default_factory=Counts)
    last: Explored = field(default_factory=Explored)

    def run(self) -> Report:
        self._progress("starting", "")
        try:
            description = self.child.start()
        except Died as died:
            raise not_started(died) from None
        function = description.model == ASSERTIONS
        if not function and self.scenario is None:
            raise LockproofError(
                f"{self.name} is a class, and nothing says what to do with it",
                "explore runs a function that starts threads, or one scenario",
                f'lockproof check {self.name}, or give --scenario "a.add(1) || a.add(1)"',
            )
        if function and self.scenario is not None:
            raise LockproofError("a function has no scenario", "", "leave --scenario out, or name a class")
        if self.scenario is not None:
            self._refuse_misspelt(self.scenario)
        self.began = time.monotonic()
        try:
            if self.options.schedule is not None:
                self._replay(Schedule.parse(self.options.schedule))
            else:
                self._explore()
        except KeyboardInterrupt:
            self.evidence.add_doubt(Doubt.INTERRUPTED, f"{self._elapsed():.1f} of {self.options.budget:g} s")
            raise Interrupted(self._report(description)) from None
        return self._report(description)

    def _refuse_misspelt(self, scenario: Scenario) -> None:
        try:
            self.child.child.ask(CheckNames(scenario))
        except Died as died:
            raise not_started(died) from None

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _progress(self, phase: str, text: str) -> None:
        self.tell(
            Progress(phase, self._elapsed(), self.options.budget, 0, self.child.schedules, text, len(self.findings))
        )

    def _explore(self) -> None:
        while (left := self.options.budget - self._elapsed()) > 0:
            self._progress("exploring", self._what)
            try:
                bound, strategy = self.options.bound, self.options.strategy
                looked = self.child.look(self.scenario, min(left, SLICE), 10**9, bound, strategy)
            except Died as died:
                unsure = died.kind is FindingKind.HANG or not died.certain
                if unsure and not self.evidence.deaths:
                    # A machine that is very busy may do that once: a second time it is a finding, and once a doubt.
                    self.evidence.add_death(died.detail, found=False)
                    continue
                self._died(died)
                return
            if looked.skipped:
                raise not_judged(looked.skipped)
            self.last = looked
            self.counts += looked.counts
            self.evidence.add_answers(looked.answers)
            if self.scenario is None and looked.found is None and looked.threads < 2:
                raise LockproofError(
                    f"{self.name} starts no thread: there is nothing to schedule",
                    "it only defines them, or starts processes, or another function starts them",
                    "start threads in it, and join them",
                )
            if looked.found is not None:
                self._found(looked, max(3.0, self.options.budget / 3))
                return
            exhaustive = self.options.strategy in ("orders", "preemptions")
            if looked.everything or (looked.complete and exhaustive):
                return
            if not looked.schedules:
                return

    @property
    def _what(self) -> str:
        return self.name if self.scenario is None else str(self.scenario)

    def _found(self, looked: Explored, seconds: float) -> None:
        self._progress("confirming", self._what)
        if seconds:
            looked = self.child.confirmed(self.scenario, looked, self.options.bound, self.options.strategy)
        self._add(self.child.finding(self.scenario, looked, self._elapsed(), seconds))

    def _add(self, finding: Finding) -> None:
        self.findings.append(replace(finding, repeat=self.repeat(finding)))

    def _died(self, died: Died) -> None:
        self.evidence.add_death(died.detail, found=True)
        scenario = self.scenario or Scenario((), ())
        self._add(
            Finding(died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=self._elapsed(), failures=1,
                    tries=1)
        )  # fmt: skip

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
        said = f"{self.options.times} runs of one schedule, {answer.again} of which failed"
        not_said = f"{self.counts.undecided} of these runs were not judged"
        self.last = Explored(covered=(said, not_said) if self.counts.undecided else (said,))
        if answer.found is not None:
            self._found(Explored(found=answer.found), 0.0)
            finding = self.findings[-1]
            self.findings[-1] = replace(finding, failures=answer.again, tries=self.options.times)

    def _report(self, description: Description) -> Report:
        evidence = self.evidence.build(
            threads=False, schedules=self.counts.tally, doubts=(*self.counts.doubted(), *self.last.open),
            findings=len(self.findings), differences=0, observers=(),
        )  # fmt: skip
        notes = [*description.notes, *self.child.notes]
        if all(finding.kind is not FindingKind.DEADLOCK for finding in self.findings):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.child.cycles]
        return Report(
            description.subject, description.model, self.options.consistency, evidence, self.child.setup.seed,
            description.environment.to_json(),
            Coverage(
                int(self.scenario is not None), 0, self.last.kinds, self._elapsed(), self.last.outcomes,
                self.child.schedules, self.last.covered,
            ),
            tuple(self.findings), (), tuple(notes),
        )  # fmt: skip
