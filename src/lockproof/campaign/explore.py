"""Exploring, seen from the parent: asks the controlled child for schedules, makes what it finds small, tells of it."""

from __future__ import annotations

import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from lockproof.campaign.gathered import Gathered
from lockproof.campaign.protocol.answers import Answer
from lockproof.campaign.protocol.child import Child, Died, not_started
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import Setup
from lockproof.campaign.results import not_judged
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Doubted, Omission, cause, clause
from lockproof.core.options import ExploreOptions, Progress, Tell, refuse_nonsense
from lockproof.core.repeat import explore_command
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.verdict import (
    ASSERTIONS,
    Consistency,
    Control,
    Coverage,
    Explanation,
    Finding,
    FindingKind,
    Interrupted,
    Masking,
    Outcome,
    Report,
)
from lockproof.shrink.shrinker import shrink

SLICE: Final = 0.4
"""Seconds of one request, so that progress can be shown."""

CONFIRMATIONS: Final = 3
"""Fresh processes in which a schedule is looked for that another fresh one repeats."""

FIRST_SCHEDULES: Final = 60
"""Schedules of a scenario that is explored for the first time in a check. With 120 half as many scenarios had their
turn, and the rare pairs of the corpus took twice as many schedules until they were found."""


@dataclass
class Looked:
    """What exploring one program has come to so far.

    `schedules` and `counts` are those of one request; `open` is what the search leaves open until now, beside runs that
    were not judged. `skipped` says why the scenario cannot be judged.
    """

    schedules: int = 0
    counts: Counts = field(default_factory=Counts)
    open: tuple[Doubted, ...] = ()
    answers: tuple[Answer, ...] = ()
    covered: tuple[str, ...] = ()
    complete: bool = False
    everything: bool = False
    outcomes: int = 0
    kinds: tuple[str, ...] = ()
    skipped: Doubt | Omission | None = None
    found: dict[str, Any] | None = None
    seconds: float = 0.0
    threads: int = 0


@dataclass
class ControlledChild:
    """The child process under control: explores one program or another, and is started again when it dies."""

    setup: Setup
    memory: int
    notes: dict[str, None] = field(default_factory=dict)
    cycles: dict[str, None] = field(default_factory=dict)
    schedules: int = 0
    watched: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.child = Child(replace(self.setup, controlled=True), memory=self.memory)
        self._conform: Callable[[], dict[str, Any]] | None = None

    def start(self, *, conform: float = 0.0, skip: Sequence[str] = ()) -> dict[str, Any]:
        """Start the process, and let it compare class and model on one thread, if seconds are given for that.

        `skip` are operations that are left out there.

        Raises:
            LockproofError: the target is wrong.
            Died: the process ended.

        """
        description = self.child.start()
        if conform:
            self._conform = partial(self.child.request, "conform", conform, seconds=conform, skip=list(skip))
            self.watched = self._conform()["watched"]
        return description

    def look(self, text: str | None, seconds: float, most: int, bound: int, only: str = "portfolio") -> Looked:
        """Go on exploring a program.

        Raises:
            Died: it ended the process; a new one is started by the next request.

        """
        answer = self.child.request("explore", seconds, text=text, seconds=seconds, most=most, bound=bound, only=only)
        if answer["skipped"]:
            return Looked(skipped=cause(answer["skipped"]))
        self.schedules += answer["schedules"]
        self.notes |= dict.fromkeys(answer["notes"])
        self.cycles |= dict.fromkeys(answer["cycles"])
        return Looked(
            answer["schedules"], Counts.from_json(answer["counts"]), tuple(map(Doubted.from_json, answer["open"])),
            tuple(map(Answer.from_json, answer["answers"])), tuple(answer["covered"]), answer["complete"],
            answer["all"], answer["outcomes"], tuple(answer["kinds"]), None, answer["found"], answer["seconds"],
            answer["threads"],
        )  # fmt: skip

    def small(
        self, scenario: Scenario, looked: Looked, seconds: float, bound: int, tell: Callable[[str], None]
    ) -> tuple[Scenario, Looked]:
        """Make a failing scenario small: each candidate is explored, and fails or does not."""
        assert looked.found is not None
        kind = looked.found["kind"]
        end = time.monotonic() + seconds
        best = looked

        def still_fails(candidate: Scenario) -> bool:
            nonlocal best
            tell(str(candidate))
            try:
                again = self.look(str(candidate), 1.0, 3000, bound)
            except Died:
                return False
            if again.found is None or again.found["kind"] != kind:
                return False
            best = again
            return True

        return shrink(scenario, still_fails, lambda: time.monotonic() < end), best

    def confirmed(self, text: str | None, looked: Looked, bound: int, only: str = "portfolio") -> Looked:
        """Return what was found with a schedule that shows it again in a process which has run nothing else.

        A process that has explored more than this program counts more switch points in it: what other programs store,
        and whether they ask for locks without waiting, is known to it. If no schedule shows it again in a fresh
        process, `replayed` says so.
        """
        for left in reversed(range(CONFIRMATIONS)):
            found = looked.found
            assert found is not None
            control = found["control"]
            self.child.close()
            try:
                answer = self.child.request(
                    "replay",
                    10.0,
                    text=text,
                    schedule=control["schedule"],
                    kind=found["kind"],
                    times=control["replays"],
                )  # fmt: skip
                control["replayed"] = answer["again"]
                if answer["again"] == control["replays"] or not left:
                    break
                again = self.look(text, 2.0, 10_000, bound, only)
            except Died:
                control["replayed"] = 0
                break
            if again.found is None or again.found["kind"] != found["kind"]:
                break
            looked = again
        return looked

    def masking(
        self, text: str | None, found: dict[str, Any], seconds: float
    ) -> tuple[Masking, str, tuple[Doubt | Omission, ...]]:
        """Ask whether the GIL masks what was found: the label, what it rests on, and why it is not known if so.

        The process may be a fresh one, which does not know where one thread alone differs from the model. Where that
        matters it compares them first.
        """
        preemptions = found["control"]["preemptions"]
        ask = partial(self.child.request, "masking", seconds, text=text, kind=found["kind"], preemptions=preemptions,
                      seconds=seconds)  # fmt: skip
        try:
            answer = ask()
            if answer["skipped"] and self._conform is not None:
                self._conform()
                answer = ask()
        except Died as died:
            said = f"the process ended while schedules of a standard build were run: {died.detail}"
            return Masking.UNKNOWN, said, (Doubt.CHILD_LOST,)
        if answer["skipped"]:
            why = cause(answer["skipped"])
            return Masking.UNKNOWN, clause(why), (why,)
        return Masking(answer["masking"]), answer["rests_on"], tuple(map(cause, answer["undecided"]))

    def finding(self, scenario: Scenario, looked: Looked, since: float, text: str | None, seconds: float) -> Finding:
        """Return the finding, with the label that says whether the GIL masks it."""
        found = looked.found
        assert found is not None
        control = Control.from_json(found["control"])
        if control.replayed and seconds:
            label, rests_on, undecided = self.masking(text, found, seconds)
            control = replace(control, masking=label, rests_on=rests_on, undecided=undecided)
        explanation = found["explanation"]
        return Finding(
            FindingKind(found["kind"]),
            scenario,
            found["outcome"] and Outcome.from_json(found["outcome"]),
            Explanation(tuple(explanation["why"]), tuple(map(Outcome.from_json, explanation["nearest"]))),
            failures=1,
            tries=1,
            detail=found["detail"],
            stacks=found["text"],
            seconds=since,
            control=control,
        )


def labelled(finding: Finding, facts: Mapping[str, Any]) -> Finding:
    """Return the finding with a label that does not contradict what real threads have shown on this build."""
    if finding.control is None or not facts["gil"]:
        return finding
    shown = "real threads have shown it on this build, with the GIL on"
    return replace(finding, control=replace(finding.control, masking=Masking.SHOWN, rests_on=shown, undecided=()))


def explore_target(target: str, options: ExploreOptions, progress: Tell | None = None) -> Report:
    """Explore a function, or one scenario of a class, and return the report.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    options = replace(options, seed=seed)
    threads = 2 if options.scenario is None else max(2, len(Scenario.parse(options.scenario).threads))
    setup = Setup(
        list(sys.path), target, None, {}, options.model, options.factory, threads, seed,
        options.consistency, options.hang, True,
    )  # fmt: skip
    return run_exploration(setup, options, lambda finding: explore_command(target, options, finding), progress)


def run_exploration(
    setup: Setup, options: ExploreOptions, repeat: Callable[[Finding], str], progress: Tell | None = None
) -> Report:
    """Explore what the setup says; `repeat` makes a finding's command.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    refuse_nonsense(options)
    child = ControlledChild(setup, options.memory)
    try:
        return _Exploring(child, setup, options, repeat, progress or (lambda _: None)).run()
    finally:
        child.child.close()


@dataclass
class _Exploring:
    child: ControlledChild
    setup: Setup
    options: ExploreOptions
    repeat: Callable[[Finding], str]
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    findings: list[Finding] = field(default_factory=list)
    gathered: Gathered = field(default_factory=Gathered)
    counts: Counts = field(default_factory=Counts)
    last: Looked = field(default_factory=Looked)

    @property
    def name(self) -> str:
        """What is explored."""
        return self.setup.target or "the function"

    def run(self) -> Report:
        self._progress("starting", "")
        try:
            description = self.child.start()
        except Died as died:
            raise not_started(died) from None
        function = description["model"] == ASSERTIONS
        if not function and self.options.scenario is None:
            raise LockproofError(
                f"{self.name} is a class, and nothing says what to do with it",
                "explore runs a function that starts threads, or one scenario",
                f'lockproof check {self.name}, or give --scenario "a.add(1) || a.add(1)"',
            )
        if function and self.options.scenario is not None:
            raise LockproofError("a function has no scenario", "", "leave --scenario out, or name a class")
        if self.options.scenario is not None:
            self._refuse_misspelt(self.options.scenario)
        self.began = time.monotonic()
        try:
            if self.options.schedule is not None:
                self._replay(Schedule.parse(self.options.schedule))
            else:
                self._explore()
        except KeyboardInterrupt:
            self.gathered.doubt(Doubt.INTERRUPTED, f"{self._elapsed():.1f} of {self.options.budget:g} s")
            raise Interrupted(self._report(description)) from None
        return self._report(description)

    def _refuse_misspelt(self, text: str) -> None:
        try:
            self.child.child.request("names", text=text)
        except Died as died:
            raise not_started(died) from None

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _progress(self, phase: str, text: str) -> None:
        self.tell(
            Progress(phase, self._elapsed(), self.options.budget, 0, self.child.schedules, text, len(self.findings))
        )

    def _explore(self) -> None:
        text = self.options.scenario
        while (left := self.options.budget - self._elapsed()) > 0:
            self._progress("exploring", text or self.name)
            try:
                looked = self.child.look(text, min(left, SLICE), 10**9, self.options.bound, self.options.strategy)
            except Died as died:
                unsure = died.kind is FindingKind.HANG or not died.certain
                if unsure and not self.gathered.deaths:
                    # A machine that is very busy may do that once: a second time it is a finding, and once a doubt.
                    self.gathered.died(died.detail, found=False)
                    continue
                self._died(died)
                return
            if looked.skipped:
                raise not_judged(looked.skipped)
            self.last = looked
            self.counts += looked.counts
            self.gathered.answered(looked.answers)
            if text is None and looked.found is None and looked.threads < 2:
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

    def _found(self, looked: Looked, seconds: float) -> None:
        text = self.options.scenario
        scenario = Scenario((), ()) if text is None else Scenario.parse(text)
        self._progress("confirming", text or self.name)
        if seconds:
            looked = self.child.confirmed(text, looked, self.options.bound, self.options.strategy)
        self._add(self.child.finding(scenario, looked, self._elapsed(), text, seconds))

    def _add(self, finding: Finding) -> None:
        self.findings.append(replace(finding, command=self.repeat(finding)))

    def _died(self, died: Died) -> None:
        self.gathered.died(died.detail, found=True)
        text = self.options.scenario
        scenario = Scenario((), ()) if text is None else Scenario.parse(text)
        self._add(
            Finding(died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=self._elapsed(), failures=1,
                    tries=1)
        )  # fmt: skip

    def _replay(self, schedule: Schedule) -> None:
        text = self.options.scenario
        try:
            answer = self.child.child.request(
                "replay", 60.0, text=text, schedule=schedule.to_json(), kind=None, times=self.options.times
            )
        except Died as died:
            self._died(died)
            return
        if answer["skipped"]:
            raise not_judged(cause(answer["skipped"]))
        self.child.schedules += self.options.times
        elsewhere = answer["diverged"]
        lost = Counts(elsewhere, doubts=Counter({Doubt.LED_ELSEWHERE: elsewhere}))
        self.counts = Counts.from_json(answer["counts"]) + lost
        said = f"{self.options.times} runs of one schedule, {answer['again']} of which failed"
        not_said = f"{self.counts.undecided} of these runs were not judged"
        self.last = Looked(covered=(said, not_said) if self.counts.undecided else (said,))
        if answer["found"] is not None:
            self._found(Looked(found=answer["found"]), 0.0)
            finding = self.findings[-1]
            self.findings[-1] = replace(finding, failures=answer["again"], tries=self.options.times)

    def _report(self, description: dict[str, Any]) -> Report:
        evidence = self.gathered.evidence(
            threads=False, schedules=self.counts.tally, doubts=(*self.counts.doubted(), *self.last.open),
            findings=len(self.findings), differences=0, observers=(),
        )  # fmt: skip
        notes = [*description["notes"], *self.child.notes]
        if all(finding.kind is not FindingKind.DEADLOCK for finding in self.findings):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.child.cycles]
        return Report(
            description["subject"], description["model"], Consistency(self.options.consistency), evidence,
            self.setup.seed,
            description["environment"],
            Coverage(
                int(self.options.scenario is not None), 0, self.last.kinds, self._elapsed(), self.last.outcomes,
                self.child.schedules, self.last.covered,
            ),
            tuple(self.findings), (), tuple(notes),
        )  # fmt: skip
