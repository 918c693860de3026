"""A check from beginning to end: conformance, scenarios, shrinking, confirmation, within a budget of seconds.

The parent decides and the child does: everything that runs the subject is a request to the child, so whatever the
subject does to its process is an answer like another one.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from lockproof.campaign.child import Child, Died, HarnessFault
from lockproof.campaign.options import CheckOptions, Progress
from lockproof.campaign.protocol import RunResult, Setup
from lockproof.campaign.results import command, enough, merged, tail
from lockproof.errors import LockproofError
from lockproof.operation import Operation
from lockproof.scenario import Scenario
from lockproof.shrink import shrink
from lockproof.verdict import (
    Consistency,
    Coverage,
    Finding,
    FindingKind,
    Interrupted,
    Nonconformance,
    Report,
    Verdict,
)

MOST_DEATHS: Final = 3
"""Findings that ended the process after which a check stops looking for more."""

FIRST_LOOK: Final = 0.02
"""Seconds for a scenario that is tried for the first time: some thousand invocations, or a few hundred with locks."""

LONGEST_LOOK: Final = 1.0
MOST_INVOCATIONS: Final = 20_000

type Tell = Callable[[Progress], None]


def check_target(target: str, options: CheckOptions, progress: Tell | None = None) -> Report:
    """Check what `target` names, and return the report.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    setup = Setup(
        list(sys.path), target, None, {}, options.model, options.factory,
        options.threads, seed, options.consistency, options.hang,
    )  # fmt: skip
    return check(setup, options, repeat=lambda finding: command(target, options, seed, finding), progress=progress)


def check(
    setup: Setup,
    options: CheckOptions,
    *,
    repeat: Callable[[Finding], str],
    first: Sequence[Scenario] = (),
    progress: Tell | None = None,
) -> Report:
    """Check what the setup says; `first` are scenarios to try before any others, `repeat` makes a finding's command.

    Raises:
        LockproofError: the target or an option is wrong.

    """
    if options.threads < 2:
        raise LockproofError(f"--threads {options.threads}: one thread shows nothing", "", "ask for 2 or more")
    if options.budget <= 0:
        raise LockproofError(f"a budget of {options.budget:g} s", "", "give the check some time: --budget 10s")
    with Child(setup, memory=options.memory) as child:
        return _Check(child, setup, options, repeat, progress or (lambda _: None)).run(first)


@dataclass
class _Tried:
    """A scenario in the pool: for how long it was run, how many different outcomes it showed."""

    text: str
    operations: int
    seconds: float = 0.0
    outcomes: int = 0


@dataclass
class _Check:
    child: Child
    setup: Setup
    options: CheckOptions
    repeat: Callable[[Finding], str]
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    findings: list[Finding] = field(default_factory=list)
    nonconformances: list[Nonconformance] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    scenarios: int = 0
    invocations: int = 0
    outcomes: int = 0
    covered: set[str] = field(default_factory=set)
    phase: str = "starting"
    _since: float = 0.0
    _avoided: list[list[str]] = field(default_factory=list)

    def run(self, first: Sequence[Scenario]) -> Report:
        self._progress("")
        description = self._start()
        self.began = time.monotonic()
        try:
            only = None if self.options.scenario is None else Scenario.parse(self.options.scenario)
            with self._in("conformance"):
                self._conform()
            with self._in("checking"):
                if only is not None:
                    self._only(only)
                else:
                    self._explore(first)
        except KeyboardInterrupt:
            raise Interrupted(self._report(description)) from None
        return self._report(description)

    # What the clock says.

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

    # The child.

    def _start(self) -> dict[str, Any]:
        try:
            description = self.child.start()
        except Died as died:
            raise LockproofError(
                f"importing the target, or making a first subject, did not end well: {died.detail}",
                "code that runs at import or in the constructor",
                f"what it said last:\n{tail(died.stacks)}" if died.stacks else "try it in an interpreter",
            ) from None
        self.notes += description["notes"]
        return description

    def _again(self) -> None:
        """After the child has died: a new one knows nothing of what is avoided."""
        self.child.start()
        self.child.request("avoid", together=self._avoided)

    def _run(
        self, text: str, invocations: int, seconds: float, *, until_failure: bool = True, hang: float | None = None
    ) -> RunResult:
        answer = self.child.request(
            "run", seconds, text=text, invocations=invocations, seconds=seconds, until_failure=until_failure, hang=hang
        )
        result = RunResult.from_json(answer)
        self.invocations += result.invocations
        return result

    # The phases.

    def _conform(self) -> None:
        """Compare with the model on one thread. What hangs or kills there is a finding, and is left out afterwards."""
        for _ in range(MOST_DEATHS):
            seconds = min(0.5, self.options.budget / 100)
            self._progress("")
            try:
                skip = [lines[-1] for lines in self._avoided]
                answer = self.child.request("conform", seconds, seconds=seconds, skip=skip)
            except Died as died:
                self._again()
                with self._in("shrinking"):
                    lines, last = self._shrunk_program(died)
                if last is None:
                    self.notes.append(f"left out, too slow to be tried often: {'; '.join(lines)}")
                else:
                    self._finding_of(last, Scenario((), (tuple(map(Operation, lines)),)), concurrent=False)
                self._avoided.append([lines[-1]])
                self._again()
                continue
            except LockproofError as error:
                if not self.findings:
                    raise
                self.notes.append(error.fact)
                return
            self.nonconformances += [
                Nonconformance(**{**each, "lines": tuple(each["lines"])}) for each in answer["nonconformances"]
            ]
            self.notes += [note for note in answer["notes"] if note not in self.notes]
            return

    def _shrunk_program(self, died: Died) -> tuple[tuple[str, ...], Died | None]:
        """Return the lines that one thread ran when the process died, without those that are not needed for that.

        And how they ended it when they were run with all the time that there is; None if they did not: then they
        were only slow.
        """
        if not died.announced:
            raise HarnessFault(f"the child ended before any operation: {died.detail}\n{died.stacks}")

        def ends(lines: Sequence[str], hang: float) -> Died | None:
            try:
                self.child.request("program", lines=lines, hang=hang)
            except Died as again:
                self._again()
                return again if again.kind is died.kind else None
            return None

        lines = died.announced
        end = time.monotonic() + self.options.hang
        for position in reversed(range(len(lines) - 1)):
            shorter = lines[:position] + lines[position + 1 :]
            if time.monotonic() < end and ends(shorter, min(self.options.hang, 0.5)) is not None:
                lines = shorter
        return lines, ends(lines, self.options.hang)

    def _finding_of(self, died: Died, scenario: Scenario, *, concurrent: bool) -> None:
        finding = Finding(died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=self._since,
                          failures=1, tries=1, concurrent=concurrent)  # fmt: skip
        self.findings.append(replace(finding, command=self.repeat(finding)))

    def _only(self, scenario: Scenario) -> None:
        """Run one scenario for the whole budget, or until it is plain how often it fails."""
        self.scenarios = 1
        most = self.options.invocations or sys.maxsize
        self._progress(str(scenario))
        total: RunResult | None = None
        while total is None or (self._left() > 0 and total.invocations < most and not enough(total)):
            try:
                result = self._run(str(scenario), most, max(0.0, min(self._left(), 1.0)), until_failure=False)
            except Died as died:
                self._finding_of(died, scenario, concurrent=not died.announced)
                return
            if result.skipped:
                raise LockproofError(
                    f"the scenario cannot be judged: {result.skipped}", "", "change the scenario or the model"
                )
            total = result if total is None else merged(total, result)
            self._progress(str(scenario))
        assert total is not None
        self._cover(total)
        if total.failures:
            self.findings.append(self._told(scenario, total))

    def _explore(self, first: Sequence[Scenario]) -> None:
        """Try new scenarios and, in turn with them, those again that showed most outcomes for the runs spent."""
        pool: list[_Tried] = []
        fresh = self._fresh(first)
        tried: _Tried
        deaths = 0
        enough_scenarios = 20 + 10 * len(self.child.description["kinds"])
        for step in count():
            if self._left() <= 0 or deaths >= MOST_DEATHS:
                return
            if step % 3 == 0 or not pool or (step % 3 == 1 and self.scenarios < enough_scenarios):
                text = next(fresh, None)
                if text is None:
                    self.notes.append("no scenario is left without what was found already")
                    return
                tried, look = _Tried(text, Scenario.parse(text).size[0]), FIRST_LOOK
            else:
                # In turns: the one that shows most for its time, and a small one that has had little of it.
                if step % 2:
                    tried = max(pool, key=lambda each: each.outcomes / each.seconds)
                else:
                    tried = min(pool, key=lambda each: each.seconds * each.operations**2)
                look = min(4 * tried.seconds, LONGEST_LOOK)
            try:
                result = self._run(tried.text, MOST_INVOCATIONS, max(0.0, min(self._left(), look)))
            except Died as died:
                deaths += 1
                self._after_death(died, tried.text)
                continue
            if result.skipped:
                self._doubt(result.skipped)
                continue
            if not tried.seconds:
                pool.append(tried)
                self.scenarios += 1
            tried.seconds += result.seconds
            tried.outcomes = max(tried.outcomes, result.distinct)
            self._cover(result)
            self._progress(tried.text)
            if result.failures:
                self._follow(Scenario.parse(tried.text), result)
                return

    def _fresh(self, first: Sequence[Scenario]) -> Iterator[str]:
        yield from map(str, first)
        index = 0
        while (answer := self.child.request("generate", index=index))["scenario"] is not None:
            yield answer["scenario"]
            index = answer["index"] + 1

    def _cover(self, result: RunResult) -> None:
        self.covered |= set(result.kinds)
        self.outcomes += result.distinct
        if result.unknown:
            self._doubt("outcomes that the judge could not decide within its bounds", result.unknown)

    def _doubt(self, reason: str, times: int = 1) -> None:
        self.unknown[reason] = self.unknown.get(reason, 0) + times

    # After a failure.

    def _after_death(self, died: Died, text: str) -> None:
        """A scenario that hung or killed the process: make it small, and go on without what it needs."""
        scenario = Scenario.parse(text)
        concurrent = not died.announced
        self.scenarios += 1
        self.invocations += 1
        self._since = self._elapsed
        self._again()
        with self._in("shrinking"):
            small, last = self._shrunk_death(scenario, died)
        self._finding_of(last, small, concurrent=concurrent)
        self._avoided.append([each.text for thread in small.threads for each in thread])
        self._again()

    def _shrunk_death(self, scenario: Scenario, died: Died) -> tuple[Scenario, Died]:
        """Return a smaller scenario that ends the process in the same way, and how it ended.

        A hang takes its time to be seen, so candidates are given less of it, and only the smallest the full time.
        """
        end = time.monotonic() + max(2 * self.options.hang, self.options.budget * 0.3)

        def ends(candidate: Scenario, hang: float) -> Died | None:
            self._progress(str(candidate))
            try:
                self._run(str(candidate), 3000, 0.5, hang=hang)
            except Died as again:
                self._again()
                return again if again.kind is died.kind else None
            return None

        small = shrink(
            scenario,
            lambda candidate: ends(candidate, min(0.5, self.options.hang)) is not None,
            lambda: time.monotonic() < end,
        )
        if small is not scenario and (last := ends(small, self.options.hang)) is not None:
            return small, last
        return scenario, died

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
                found = self._run(str(candidate), tries, 1.0)
            except Died:
                self._again()
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
            again = self._run(str(scenario), 20_000, 0.5, until_failure=False)
        except Died:
            self._again()
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
        return replace(finding, command=self.repeat(finding))

    # The end.

    def _report(self, description: dict[str, Any]) -> Report:
        reasons = [f"{reason} ({times} times)" for reason, times in self.unknown.items()]
        if self.findings or self.nonconformances:
            verdict = Verdict.VIOLATION
        elif not self.invocations:
            verdict = Verdict.UNKNOWN
            reasons.append("no scenario could be run")
        else:
            doubtful = any("judge" in reason for reason in self.unknown)
            verdict = Verdict.UNKNOWN if doubtful else Verdict.HELD
        notes = list(self.notes)
        facts = description["environment"]
        if facts["free_threaded"] and facts["gil"]:
            notes.append(
                "importing the subject turned the GIL on: nothing here is about free threading; try PYTHON_GIL=0"
            )
        if not Path("/proc/self/statm").exists():
            notes.append("the memory of the subject was not limited: this system has no /proc to read it from")
        if facts["processors"] < 2:
            notes.append("there is one processor: threads never ran at the same time")
        return Report(
            description["subject"],
            description["model"],
            Consistency(self.options.consistency),
            verdict,
            self.setup.seed,
            facts,
            Coverage(self.scenarios, self.invocations, tuple(sorted(self.covered)), self._elapsed, self.outcomes),
            tuple(self.findings),
            tuple(self.nonconformances),
            tuple(notes),
            tuple(reasons),
            tuple(range(2, self.options.threads + 1)),
        )
