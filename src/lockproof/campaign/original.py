"""The original class, without a mutation: where it fails itself, that a mutant fails says nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.check_target import check
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Explored, WatchOperations
from lockproof.campaign.protocol.setup import Setup
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import clause
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions
from lockproof.core.repeat import Repeat, repeat_of_check
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Interrupted, Report, Verdict
from lockproof.core.watched import Watched

WATCHING: Final = 3.0
"""Seconds at most for running each operation of the class itself alone, and for its conformance."""

PASSING: Final = 2.0
SCHEDULES: Final = 100
"""Seconds and schedules at most in which the class itself must pass a scenario that has killed a mutant."""


@dataclass
class Original:
    """What the class itself passes, and what is known of it before its mutants are checked.

    `setup` is that of its checks; after `check` it has what was seen of the operations. `filling` are lines that change
    a fresh subject. `nonconforming` are the operations that differ from the model on one thread already, `differing`
    the same with the lines just before them.
    """

    target: str
    options: MutateOptions
    setup: Setup
    filling: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    nonconforming: frozenset[str] = frozenset()
    differing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._controlled = ControlledChild(self.setup, self.options.memory)
        self._passed: set[str] = set()
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        """End the process in which the class is tried."""
        self._controlled.child.close()

    def repeat(self, finding: Finding) -> Repeat:
        """Return the check that repeats a finding in the class itself."""
        return repeat_of_check(self.target, check_options(self.options, "both", self.options.budget), finding.scenario)

    def check(self, progress: Callable[[str], None]) -> None:
        """See that the class itself passes a check with both engines, and look at its operations.

        Raises:
            LockproofError: the check finds something.

        """
        progress("the class itself")
        options = check_options(self.options, "both", self.options.budget)
        try:
            report = check(self.setup, options, repeat=self.repeat, progress=lambda _: progress("the class itself"))
        except Interrupted as stopped:
            if not stopped.report.findings:
                raise
            report = stopped.report
        if report.findings:
            finding = report.findings[0]
            shown = str(finding.scenario) if finding.scenario.threads else ""
            raise LockproofError(
                f"{self.target} fails as it is: {finding.kind.value}{': ' + shown if shown else ''}",
                "then the failure of a mutant shows nothing",
                f"fix the class first; this shows what is wrong: {finding.command}",
            )
        if report.verdict is Verdict.UNKNOWN:
            reasons = "; ".join(reason.text for reason in report.unknown)
            self.notes.append(f"the class itself could not be judged: {reasons}")
        self.nonconforming = differing_operations(report)
        self.differing = tuple(sorted({line for each in report.nonconformances for line in each.lines[-2:]}))
        self.setup = replace(self.setup, watched=self._watched())

    def _watched(self) -> Watched:
        """Return what is seen of all operations, each alone."""
        with Child(replace(self.setup, controlled=True), memory=self.options.memory) as child:
            try:
                return child.ask(WatchOperations(self.filling, WATCHING), WATCHING)
            except (Died, LockproofError) as error:
                self.notes.append(f"it is not known which operations look exposed: {error}")
                return Watched()

    def refuse_failure(self, text: str) -> None:
        """See that the class itself passes a scenario that has killed a mutant. Threads may share the method.

        Raises:
            LockproofError: the class fails too, so neither this nor another mutant is killed by the scenario.

        """
        with self._one_at_a_time:
            if text in self._passed:
                return
            try:
                if not self._passed:
                    self._controlled.start(conform=min(WATCHING, self.options.budget / 4))
                looked = self._controlled.look(Scenario.parse(text), PASSING, SCHEDULES, ExploreOptions.bound)
                kind = None if looked.found is None else looked.found.kind
            except Died as died:
                looked, kind = Explored(), died.kind
            if kind is not None:
                command = self.repeat(Finding(kind, Scenario.parse(text)))
                raise LockproofError(
                    f"{self.target} fails as it is: {kind.value}: {text}",
                    "this killed a mutant: the scenario fails without the mutation too",
                    f"fix the class first; this shows what is wrong: {command}",
                )
            if looked.skipped:
                why = clause(looked.skipped)
                self.notes.append(f"the class itself did not run a scenario that killed a mutant: {why}: {text}")
            elif not looked.counts.judged:
                self.notes.append(f"the class itself could not be judged in a scenario that killed a mutant: {text}")
            self._passed.add(text)


def check_options(options: MutateOptions, engine: str, budget: float) -> CheckOptions:
    """Return the options of one check among those of all mutants."""
    return CheckOptions(
        budget=budget, seed=options.seed, threads=options.threads, model=options.model, factory=options.factory,
        teardown=options.teardown, hang=options.hang, memory=options.memory, engine=engine,
    )  # fmt: skip


def differing_operations(report: Report) -> frozenset[str]:
    """Return the operations that differ from the model on one thread."""
    return frozenset(each.lines[-1] for each in report.nonconformances)
