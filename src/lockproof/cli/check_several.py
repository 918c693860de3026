"""Runs the checks of `lockproof check` whose findings are compared with what is known, and delivers them together.

These are the targets of the configuration, one after the other, and a target of the command line with a baseline.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lockproof.cli.configuration import ConfiguredTarget
from lockproof.cli.formats import Files, deliver
from lockproof.cli.shared import internal_error, interrupted
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Tell
from lockproof.core.verdict import InternalError, Interrupted, Report
from lockproof.report.batch import Batch
from lockproof.report.batch_text import print_batch
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


def check_several(
    targets: Sequence[ConfiguredTarget],
    check: Callable[[str, CheckOptions, Tell], Report],
    files: Files,
    baseline: Baseline,
    *,
    alone: bool,
) -> int:
    """Check the targets, deliver the reports, and return the gravest exit status.

    Raises:
        LockproofError: a target or an option is wrong. The targets before it are delivered.

    """
    accepted = list(baseline.known())
    reports: list[Report] = []

    def batch() -> Batch:
        return Batch(tuple(reports), tuple(accepted), alone)

    def finished(*, complete: bool) -> None:
        made = batch()
        if made.reports:
            deliver(made, lambda console: print_batch(made, console), files, complete=complete)

    for each in targets:
        progress = ProgressLine(console_on(sys.stderr))
        try:
            with progress:
                report = check(each.target, each.options, progress)
        except (Interrupted, InternalError) as stopped:
            reports.append(stopped.report)
            finished(complete=False)
            if isinstance(stopped, InternalError):
                return internal_error(stopped.trace)
            return interrupted(progress.line())
        except KeyboardInterrupt:
            finished(complete=False)
            return interrupted(progress.line())
        except LockproofError:
            finished(complete=False)
            raise
        reports.append(report)
        accepted += [replace(entry, subject=report.subject) for entry in each.accepted]
    if baseline.file is not None and baseline.update:
        write_baseline(baseline.file, reports)
        entries = {each.finding for each in accepted}
        accepted += [each for each in baseline.known() if each.finding not in entries]
    finished(complete=True)
    return batch().status
