"""Runs `lockproof check` where it is more than one check, and delivers the reports together.

These are the targets of a package or of the configuration, a target with several seeds, a shard, and a target whose
findings are compared with a baseline. Each check is a unit in a process of its own, so what happens to one of them does
not end the others. After Ctrl-C, the same command goes on from what was done.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from lockproof import __version__
from lockproof.audit.overall import UnitsProgress
from lockproof.audit.runner import TellOf, UnitRunner
from lockproof.audit.sources import digests
from lockproof.audit.state_file import StateFile
from lockproof.cli.configuration import ConfiguredTarget
from lockproof.cli.expanding import Expanded
from lockproof.cli.formats import Files, deliver
from lockproof.cli.kept import keep_failed, kept_for
from lockproof.cli.shared import internal_error, interrupted
from lockproof.core import environment
from lockproof.core.audited import Audit, DoneUnit, build_of, digest_of, plan_of
from lockproof.core.errors import LockproofError
from lockproof.core.options import STORE, CheckOptions
from lockproof.core.unit import Ending, Unit
from lockproof.report.batch import Batch
from lockproof.report.batch_text import print_batch
from lockproof.report.issues import issues_of
from lockproof.report.known import Accepted, read_baseline, write_baseline
from lockproof.report.page import console_on
from lockproof.report.progress import ProgressLine


@dataclass(frozen=True)
class Baseline:
    """The file of a baseline, None for none, and whether the run writes it anew."""

    file: Path | None = None
    update: bool = False

    def known(self) -> tuple[Accepted, ...]:
        """Return what the file lists. A file that is to be written may be missing."""
        if self.file is None or (self.update and not self.file.exists()):
            return ()
        return read_baseline(self.file)


@dataclass(frozen=True)
class How:
    """How the units of a command are run.

    Attributes:
        runner: what runs them.
        jobs: how many run at a time, for the estimate of the time left.
        seeds: with how many seeds in a row each target is checked.
        shard: the part of the units to run, as (number from 1, count); None for all.
        fresh: whether to begin anew, whatever an interrupted run has done.
        verbose: whether the reports follow the table.
        alone: whether one target was asked for by its name: its report is the result.

    """

    runner: UnitRunner
    jobs: int = 1
    seeds: int = 1
    shard: tuple[int, int] | None = None
    fresh: bool = False
    verbose: bool = False
    alone: bool = False


def check_several(asked: Sequence[str], expanded: Expanded, how: How, files: Files, baseline: Baseline) -> int:
    """Check the targets, deliver the reports, and return the gravest exit status.

    Args:
        asked: the targets as they were asked for; they name the file that keeps what is done.
        expanded: the targets.
        how: how the units are run.
        files: what the user asked for beside the text.
        baseline: the file of findings that are known.

    Raises:
        LockproofError: a target that was named, or an option, is wrong. What the others have found is delivered.

    """
    known = baseline.known()
    for each in expanded.targets:
        each.options.validate()
    run = _Run(asked, expanded, how)
    progress = ProgressLine(console_on(sys.stderr))
    stopped = False
    try:
        with progress:
            run.all(progress)
    except KeyboardInterrupt:
        stopped = True
    audit = run.audit()
    accepted = [*known, *_accepted(audit, expanded.targets)]
    kept_with = [
        (each.outcome.unit.target, each.outcome.unit.options, each.outcome.report)
        for each in audit.done
        if each.outcome.report is not None
    ]
    if baseline.file is not None and baseline.update and _is_whole(audit):
        write_baseline(baseline.file, Batch((audit,)).reports)
        entries = {each.finding for each in accepted}
        accepted += [each for each in baseline.known() if each.finding not in entries]
    keep_failed(kept_with, {each.finding for each in accepted})
    batch = Batch((audit,), tuple(accepted), how.alone)
    if batch.reports or not how.alone:
        deliver(batch, lambda console: print_batch(batch, console, verbose=how.verbose), files, complete=not stopped)
    if stopped:
        goes_on = "; the same command goes on from there" if run.keeps else ""
        return interrupted(f"{progress.line()}{goes_on}")
    run.end()
    refused = [each.refusal for each in batch.rows if each.refusal is not None and each.named]
    if refused:
        raise LockproofError(refused[0].fact, refused[0].cause, refused[0].step)
    trace = next((each.trace for each in batch.rows if each.trace), "")
    failed = internal_error(trace) if trace else 0
    return failed if how.alone and trace else batch.status


class _Run:
    """The units of one command: the plan, what was done before, and what comes of the rest."""

    def __init__(self, asked: Sequence[str], expanded: Expanded, how: How) -> None:
        self._how, self._surveys = how, expanded.surveys
        here = environment.current()
        self._build = build_of(here.build, here.system, gil_on=here.gil)
        units = [Unit(each.target, each.options) for each in expanded.targets]
        more = (__version__, *digests(expanded.files))
        part = [] if how.shard is None else ["{}/{}".format(*how.shard)]
        self._state = None if how.alone else StateFile(STORE, [*asked, *part], self._build)
        head = {"plan": digest_of(units, more), "seed": None, "seeds": how.seeds, "shard": list(how.shard or ())}
        seed = self._seed(units, head)
        units = [each if each.options.seed is not None else _seeded(each, seed) for each in units]
        self._units = plan_of(units, how.seeds)
        self._digest = digest_of(self._units, more)
        empty = Audit(self._build, self._digest, len(self._units), (), () if how.shard is None else (how.shard,))
        self._empty = replace(empty, surveys=self._surveys)
        self._numbers = {unit: number for number, unit in enumerate(self._units) if number in empty.numbers}
        self._done: dict[int, DoneUnit] = {}
        if self._state is not None and units:
            before = self._state.begin({**head, "seed": seed}, fresh=how.fresh)
            self._done = {each.number: each for each in before if self._numbers.get(each.outcome.unit) == each.number}
        if self._done and self._state is not None:
            click.echo(
                f"lockproof: goes on from an interrupted run: {len(self._done)} of {len(self._numbers)} units are done "
                f"(--fresh, or without {self._state.path}, begins anew)",
                err=True,
            )

    @property
    def keeps(self) -> bool:
        """Whether the next run can go on from this one."""
        return self._state is not None

    def _seed(self, units: Sequence[Unit], head: Mapping[str, Any]) -> int:
        """Return the seed for units without one: the same in each shard, and that of an interrupted run."""
        if self._how.shard is not None:
            return 1
        if all(each.options.seed is not None for each in units):
            return 0
        before = self._state.seed(head) if self._state is not None and not self._how.fresh else None
        if before is not None:
            return before
        drawn = CheckOptions().seeded().seed
        assert drawn is not None
        return drawn

    def all(self, progress: ProgressLine) -> None:
        """Run the units that are not done.

        Raises:
            KeyboardInterrupt: Ctrl-C; what came of units until then is kept.

        """
        rest = [unit for unit, number in self._numbers.items() if number not in self._done]
        told = UnitsProgress(len(rest), len(self._done), self._how.jobs, progress)
        # What people keep is no part of the plan: what a run adds to it does not end what was done.
        rest = [replace(unit, kept=kept_for(unit.target, unit.options)) for unit in rest]
        outcomes = self._how.runner.run_all(rest, _of_one(progress) if self._how.alone else told.told)
        try:
            for made in outcomes:
                outcome = replace(made, unit=replace(made.unit, kept=()))
                if not self._how.alone and outcome.ending is not Ending.INTERRUPTED:
                    told.ended(outcome)
                done = DoneUnit(self._numbers[outcome.unit], outcome)
                if outcome.ending is not Ending.INTERRUPTED or outcome.report is not None:
                    self._done[done.number] = done
                if self._state is not None and outcome.ending in (Ending.CHECKED, Ending.REFUSED):
                    self._state.add(done)
        finally:
            if isinstance(outcomes, Generator):
                outcomes.close()

    def audit(self) -> Audit:
        """Return the plan, and what came of it until now."""
        return replace(self._empty, done=tuple(self._done[number] for number in sorted(self._done)))

    def end(self) -> None:
        """Keep that all units are done."""
        if self._state is not None and self._units:
            self._state.end()


def _is_whole(audit: Audit) -> bool:
    """Tell whether a baseline may be written: nothing failed, and what is missing is known to be no target."""
    return not audit.missing and not any(
        each.trace or (each.refusal is not None and each.named) for each in Batch((audit,)).rows
    )


def _of_one(progress: ProgressLine) -> TellOf:
    """Return what shows the progress of the only unit as that of a check."""
    return lambda _, told: progress(told)


def _seeded(unit: Unit, seed: int) -> Unit:
    return replace(unit, options=replace(unit.options, seed=seed))


def _accepted(audit: Audit, targets: Sequence[ConfiguredTarget]) -> list[Accepted]:
    """Return the entries of the configuration, each for the report that it is about.

    What is accepted in a package is about the reports that have it; about the first one, if none has it, so that it is
    told once that it is gone.
    """
    batch = Batch((audit,))
    reports = {row.target: row.report for row in batch.rows if row.report is not None}
    entries: list[Accepted] = []
    first: dict[tuple[str, str], Accepted] = {}
    matching: list[Accepted] = []
    for each in targets:
        report = reports.get(each.target)
        if report is None:
            continue
        about = [replace(entry, subject=report.subject) for entry in each.accepted]
        if not each.package:
            entries += about
            continue
        fingerprints = {issue.fingerprint for issue in issues_of(report)}
        matching += [entry for entry in about if entry.finding in fingerprints]
        for entry in about:
            first.setdefault((each.package, entry.finding), entry)
    met = {entry.finding for entry in matching}
    return [*entries, *matching, *(entry for entry in first.values() if entry.finding not in met)]
