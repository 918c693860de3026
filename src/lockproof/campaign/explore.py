"""Exploring, seen from the parent: asks the controlled child for schedules, makes what it finds small, tells of it."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lockproof.campaign.child import Child, Died, not_started
from lockproof.campaign.options import ExploreOptions, Progress
from lockproof.campaign.protocol import Setup
from lockproof.errors import LockproofError
from lockproof.scenario import Scenario
from lockproof.schedule import Schedule
from lockproof.shrink import shrink
from lockproof.verdict import (
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
    Verdict,
)

SLICE: Final = 0.4
"""Seconds of one request, so that progress can be shown."""

CONFIRMATIONS: Final = 3
"""Fresh processes in which a schedule is looked for that another fresh one repeats."""

FIRST_SCHEDULES: Final = 60
"""Schedules of a scenario that is explored for the first time in a check. With 120 half as many scenarios had their
turn, and the rare pairs of the corpus took twice as many schedules until they were found."""

type Tell = Callable[[Progress], None]


@dataclass
class Looked:
    """What exploring one program has come to so far."""

    schedules: int = 0
    covered: tuple[str, ...] = ()
    complete: bool = False
    everything: bool = False
    estimate: str = ""
    outcomes: int = 0
    kinds: tuple[str, ...] = ()
    skipped: str = ""
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
    unknown: int = 0
    watched: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.child = Child(replace(self.setup, controlled=True), memory=self.memory)

    def start(self, *, conform: float = 0.0, skip: Sequence[str] = ()) -> dict[str, Any]:
        """Start the process, and let it compare class and model on one thread, if seconds are given for that.

        `skip` are operations that are left out there.

        Raises:
            LockproofError: the target is wrong.
            Died: the process ended.

        """
        description = self.child.start()
        if conform:
            answer = self.child.request("conform", conform, seconds=conform, skip=list(skip))
            self.watched = answer["watched"]
        return description

    def look(self, text: str | None, seconds: float, most: int, bound: int, only: str = "portfolio") -> Looked:
        """Go on exploring a program.

        Raises:
            Died: it ended the process; a new one is started by the next request.

        """
        answer = self.child.request("explore", seconds, text=text, seconds=seconds, most=most, bound=bound, only=only)
        if answer["skipped"]:
            return Looked(skipped=answer["skipped"])
        self.schedules += answer["schedules"]
        self.unknown += answer["unknown"]
        self.notes |= dict.fromkeys(answer["notes"])
        self.cycles |= dict.fromkeys(answer["cycles"])
        return Looked(
            answer["schedules"], tuple(answer["covered"]), answer["complete"], answer["all"], answer["estimate"],
            answer["outcomes"], tuple(answer["kinds"]), "", answer["found"], answer["seconds"],
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

    def masking(self, text: str | None, found: dict[str, Any], seconds: float) -> tuple[Masking | None, str]:
        """Ask whether the GIL masks what was found."""
        preemptions = found["control"]["preemptions"]
        try:
            answer = self.child.request(
                "masking", seconds, text=text, kind=found["kind"], preemptions=preemptions, seconds=seconds
            )
        except Died as died:
            return None, f"the process ended when that was asked: {died.detail}"
        return Masking(answer["masking"]), answer["rests_on"]

    def finding(self, scenario: Scenario, looked: Looked, since: float, text: str | None, seconds: float) -> Finding:
        """Return the finding, with the label that says whether the GIL masks it."""
        found = looked.found
        assert found is not None
        control = Control.from_json(found["control"])
        if control.replayed and seconds:
            label, rests_on = self.masking(text, found, seconds)
            control = replace(control, masking=label, rests_on=rests_on)
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
    return replace(finding, control=replace(finding.control, masking=Masking.SHOWN, rests_on=shown))


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
    return run_exploration(setup, options, lambda finding: _command(target, options, finding), progress)


def run_exploration(
    setup: Setup, options: ExploreOptions, repeat: Callable[[Finding], str], progress: Tell | None = None
) -> Report:
    """Explore what the setup says; `repeat` makes a finding's command.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    child = ControlledChild(setup, options.memory)
    try:
        return _Exploring(child, setup, options, repeat, progress or (lambda _: None)).run()
    finally:
        child.child.close()


def _command(target: str, options: ExploreOptions, finding: Finding) -> str:
    words = ["lockproof", "explore", target]
    if options.scenario is not None:
        words += ["--scenario", options.scenario]
    if finding.control is not None:
        words += ["--schedule", str(finding.control.schedule)]
    else:
        words += ["--seed", str(options.seed)]
    for name in ("model", "factory"):
        if (value := getattr(options, name)) is not None:
            words += [f"--{name}", value]
    if options.consistency is not Consistency.LINEARIZABLE:
        words += ["--consistency", options.consistency.value]
    return shlex.join(words)


@dataclass
class _Exploring:
    child: ControlledChild
    setup: Setup
    options: ExploreOptions
    repeat: Callable[[Finding], str]
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    findings: list[Finding] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    last: Looked = field(default_factory=Looked)
    hung: bool = False

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
        self.began = time.monotonic()
        try:
            if self.options.schedule is not None:
                self._replay(Schedule.parse(self.options.schedule))
            else:
                self._explore()
        except KeyboardInterrupt:
            raise Interrupted(self._report(description)) from None
        return self._report(description)

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
                if died.kind is FindingKind.HANG and not self.hung:
                    self.hung = True  # a machine that is very busy may do that once
                    continue
                self._died(died)
                return
            if looked.skipped:
                raise LockproofError(
                    f"the scenario cannot be judged: {looked.skipped}", "", "change the scenario or the model"
                )
            self.last = looked
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
        self.child.schedules += self.options.times
        again, elsewhere = answer["again"], answer["diverged"]
        self.last = Looked(covered=(f"{self.options.times} runs of one schedule, {again} of which failed",))
        if elsewhere:
            self.unknown.append(
                f"{elsewhere} of {self.options.times} runs led elsewhere: the program is another one now"
            )
        if answer["found"] is not None:
            self._found(Looked(found=answer["found"]), 0.0)
            finding = self.findings[-1]
            self.findings[-1] = replace(finding, failures=answer["again"], tries=self.options.times)

    def _report(self, description: dict[str, Any]) -> Report:
        if self.findings:
            verdict = Verdict.VIOLATION
        elif not self.child.schedules or not self.last.covered or self.child.unknown or self.unknown:
            verdict = Verdict.UNKNOWN
            if not self.child.schedules:
                self.unknown.append("no schedule was run")
            elif not self.last.covered:
                self.unknown.append("the search was given up in its first runs, since the same choices led elsewhere")
            elif not self.unknown:
                self.unknown.append("outcomes that were not decided")
        else:
            verdict = Verdict.HELD
        notes = [*description["notes"], *self.child.notes]
        if self.hung and not self.findings:
            notes.append("a run did not come back, and all that was tried again did")
        if all(finding.kind is not FindingKind.DEADLOCK for finding in self.findings):
            notes += [f"possible deadlock, which no run hit: {each}" for each in self.child.cycles]
        if self.last.estimate and not self.findings:
            notes.append(f"the search was not complete: {self.last.estimate}; a larger --budget goes on")
        return Report(
            description["subject"], description["model"], Consistency(self.options.consistency), verdict,
            self.setup.seed,
            description["environment"],
            Coverage(
                int(self.options.scenario is not None), 0, self.last.kinds, self._elapsed(), self.last.outcomes,
                self.child.schedules, self.last.covered,
            ),
            tuple(self.findings), (), tuple(notes), tuple(self.unknown),
        )  # fmt: skip
