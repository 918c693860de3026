"""What becomes of one mutant: it is checked in processes of its own, and its fate follows from the evidence."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lockproof.campaign.check_target import check
from lockproof.campaign.mutant_sources import MutantSources
from lockproof.campaign.original import Original, check_options, differing_operations
from lockproof.campaign.protocol.setup import Aim
from lockproof.campaign.reviewed import Reviewed
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Evidence, verdict_of
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged, named_equivalent
from lockproof.core.options import MutateOptions, Progress
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Interrupted, Masking, Report, Verdict

EXPLAINED: Final = 0.25
"""The part of the budget for a mutant that has a reason: enough for a reason that is plainly wrong."""

LATE: Final = 4.0
LATE_SECONDS: Final = 30.0
"""A check that has not ended is given up after so many budgets and so many seconds together."""


class _Stop(KeyboardInterrupt):
    """Raised in a check that must end: the run was stopped, or the check takes too long.

    It ends a check as Ctrl-C does, so what the check has found until then is not lost.
    """


@dataclass
class MutantJudge:
    """Checks mutants, each with one engine at a time. Threads may share it; `stopped` ends all their checks."""

    options: MutateOptions
    sources: MutantSources
    original: Original
    reviewed: Reviewed
    progress: Callable[[str], None]
    stopped: threading.Event = field(default_factory=threading.Event)

    def judge(
        self, mutant: Mutant, engine: str, first: Sequence[Scenario], before: Evidence
    ) -> tuple[Judged, Evidence]:
        """Check a mutant, with the scenarios `first` before all others.

        Returns its fate, and the evidence of this engine together with that of the engine `before`.

        Raises:
            LockproofError: what kills the mutant kills the class itself.

        """
        began = time.monotonic()
        end = began + LATE * self.options.budget + LATE_SECONDS
        share = EXPLAINED if mutant.id in self.reviewed.reasons else 1.0
        options = check_options(self.options, engine, self.options.budget / 2 * share)

        def tell(_: Progress) -> None:
            if self.stopped.is_set() or time.monotonic() > end:
                raise _Stop
            self.progress(f"{mutant.id} ({engine})")

        with tempfile.TemporaryDirectory(prefix="lockproof-mutant-") as place:
            file = Path(place) / Path(mutant.file).name
            file.write_text(mutant.source, encoding="utf-8")
            replaced = {mutant.module: str(file), mutant.file: str(file)}
            aim = Aim(self.sources.kinds_that_run(mutant), self.original.differing, self.sources.filling)
            setup = replace(self.original.setup, replaced=replaced, aim=aim)
            try:
                report = check(setup, options, repeat=self.original.repeat, first=first, progress=tell)
            except LockproofError as error:
                return Judged(mutant, Fate.INVALID, time.monotonic() - began, why=error.fact), Evidence()
            except KeyboardInterrupt as stopped:
                if not isinstance(stopped, Interrupted) or not stopped.report.findings:
                    return Judged(mutant, Fate.TIMED_OUT, time.monotonic() - began), Evidence()
                report = stopped.report
        judged, evidence = fate(mutant, report, self.original.nonconforming, before)
        if judged.scenario:
            self.original.refuse_failure(judged.scenario)
        reason = self.reviewed.reasons.get(mutant.id)
        return judged if reason is None else named_equivalent(judged, reason), evidence


def fate(mutant: Mutant, report: Report, nonconforming: frozenset[str], before: Evidence) -> tuple[Judged, Evidence]:
    """Return the fate of a mutant by a check and the evidence of the engine before, and both evidences together.

    `nonconforming` are operations of the class itself that differ from the model on one thread: they do not count.
    """
    evidence = before + replace(report.evidence, differences=0)
    verdict, reasons = verdict_of(evidence)
    seconds = report.coverage.seconds
    if new := sorted(differing_operations(report) - nonconforming):
        return Judged(mutant, Fate.INVALID, seconds, why=f"does something else on one thread: {new[0]}"), evidence
    if verdict is Verdict.HELD:
        return Judged(mutant, Fate.SURVIVED, seconds), evidence
    if verdict is Verdict.UNKNOWN:
        why, undecided = "; ".join(reason.text for reason in reasons), tuple(reason.code for reason in reasons)
        return Judged(mutant, Fate.UNDECIDED, seconds, why=why, undecided=undecided), evidence
    finding = report.findings[0]
    masking = None
    if finding.control is not None:
        masking = finding.control.masking
    elif not finding.concurrent or report.environment.gil:
        masking = Masking.SHOWN  # with the GIL, real threads have shown it; and one thread needs no GIL
    scenario = str(finding.scenario) if len(finding.scenario.threads) > 1 else ""
    by = finding.kind.value + ("" if finding.concurrent else ", one thread alone")
    return Judged(mutant, Fate.KILLED, finding.seconds, by, scenario, masking), evidence
