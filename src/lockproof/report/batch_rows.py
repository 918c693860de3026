"""The table of many checks, as cells: the same for the terminal and for the summary of a job, the graver ones first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockproof.core.verdict import Finding, Masking, Report, Verdict
from lockproof.report.batch import Batch, Status, TargetRow, last_line
from lockproof.report.text import kind_words
from lockproof.report.words import clean, counted

_ORDER: Final = (Status.VIOLATION, Status.FAILED, Status.UNKNOWN, Status.WRONG_TARGET, Status.HELD)

_GIL: Final = {Masking.MASKED: "masked", Masking.SHOWN: "shown too", Masking.UNKNOWN: "not known"}
"""Whether a finding shows on a standard build too, in a word."""

HEADINGS: Final = ("target", "verdict", "tried", "what was found", "GIL")


@dataclass(frozen=True)
class Cells:
    """A row of the table.

    Attributes:
        target: the target, with the build if there are several.
        verdict: the verdict, or that the check failed.
        tried: how much of the class was called.
        flaw: what was found, or why nothing can be said, in few words.
        masked: whether the GIL masks the finding.
        row: the row that it is made from.

    """

    target: str
    verdict: str
    tried: str
    flaw: str
    masked: str
    row: TargetRow


def cells_of(batch: Batch) -> list[Cells]:
    """Return the rows of all targets that were run, the graver ones first. Those that were refused have none."""
    rows = [each for each in batch.rows if each.report is not None or each.trace]
    rows.sort(key=lambda each: (_ORDER.index(each.status(batch.accepted)), not _has_findings(each)))
    return [_cells(each, batch) for each in rows]


def refused(batch: Batch) -> Iterator[TargetRow]:
    """Yield the targets that could not be checked."""
    yield from (each for each in batch.rows if each.refusal is not None)


def _has_findings(row: TargetRow) -> bool:
    return row.report is not None and row.report.verdict is Verdict.VIOLATION


def _cells(row: TargetRow, batch: Batch) -> Cells:
    target = f"{row.target} ({row.build})" if row.build else row.target
    report = row.report
    if report is None:
        return Cells(clean(target), "FAILED", "", clean(last_line(row.trace)), "", row)
    found = batch.triage(report)
    parts = [_flaw(report)]
    if found.known:
        parts.append(f"{len(found.known)} known" if found.new else "known")
    if found.gone:
        parts.append(f"{len(found.gone)} gone")
    if row.trace:
        parts.append("lockproof itself failed")
    return Cells(
        clean(target), report.verdict.value.upper(), tried(report), "; ".join(each for each in parts if each),
        _masked(report), row,
    )  # fmt: skip


def tried(report: Report) -> str:
    """Return how much was tried: the members called, else the kinds of operations."""
    covered = report.coverage
    if members := len(covered.called) + len(covered.uncalled):
        return f"{len(covered.called)} of {members}"
    return str(len(covered.kinds)) if covered.kinds else ""


def _flaw(report: Report) -> str:
    if report.findings:
        first, *rest = report.findings
        return _finding(report, first) + (f", and {len(rest)} more" if rest else "")
    decides = [each for each in report.nonconformances if each.decides]
    if decides:
        # The last line may only look at what the one before has done; the sentence names the operation.
        shown = decides[0]
        return clean(f"on one thread: {shown.detail or f'{shown.kind}, after {shown.lines[-1]}'}")
    if report.verdict is Verdict.UNKNOWN:
        reason, *others = report.unknown
        return clean(reason.text) + (f", and {counted(len(others), 'reason')} more" if others else "")
    return ""


def _finding(report: Report, finding: Finding) -> str:
    words = kind_words(report.consistency, finding) + ("" if finding.concurrent else ", on one thread")
    parallel = " || ".join("; ".join(map(str, thread)) for thread in finding.scenario.threads)
    return clean(f"{words}: {parallel}" if parallel else words)


def _masked(report: Report) -> str:
    labels = {each.control.masking for each in report.findings if each.control is not None and each.control.masking}
    return next((_GIL[each] for each in (Masking.SHOWN, Masking.UNKNOWN, Masking.MASKED) if each in labels), "")
