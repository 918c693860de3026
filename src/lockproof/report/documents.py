"""Reads JSON reports back as dataclasses. The page of `lockproof report` is made of these, whatever command wrote them.

Each form has a mark, a field that the others lack. A file of a form or of a version that this lockproof does not know
is refused, and so is one with a field that is not known, or without one that is needed: a page must not leave out
what it does not understand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.core.audited import Audit, audit_of_report
from lockproof.core.codec import decode
from lockproof.core.errors import LockproofError
from lockproof.core.history_report import HistoryReport
from lockproof.core.mutation_report import MutationReport
from lockproof.core.options import CheckOptions
from lockproof.core.unit import Unit
from lockproof.core.verdict import Report
from lockproof.report.batch import Batch
from lockproof.report.known import Accepted

type Document = Report | MutationReport | HistoryReport
"""What a JSON report says."""


@dataclass(frozen=True)
class LoadedReport:
    """A report and where it comes from: the name of its file, "" for a report that was made just now."""

    file: str
    document: Document


def read_batches(paths: Sequence[Path]) -> tuple[tuple[Audit, ...], tuple[Accepted, ...]]:
    """Return the audits in JSON files, and the entries for findings that are known.

    A report on one target by itself is an audit of its own.

    Raises:
        LockproofError: a file cannot be read, or is no report of a check.

    """
    audits: list[Audit] = []
    entries: list[Accepted] = []
    for path in paths:
        data = _data(path)
        document = _document(data, str(path))
        if isinstance(document, Batch):
            audits += document.audits
            entries += document.accepted
        elif isinstance(document, Report):
            audits += batch_of_report(document).audits
        else:
            raise LockproofError(
                f"{path} is no report of a check", "mutate or history wrote it", "lockproof report makes a page of it"
            )
    return tuple(audits), tuple(entries)


def batch_of_report(report: Report) -> Batch:
    """Return the batch that the report of one check is by itself. What its options were is not known."""
    options = CheckOptions(seed=report.seed, consistency=report.consistency)
    digest = hashlib.sha256(json.dumps(report.to_json(), sort_keys=True).encode()).hexdigest()[:16]
    return Batch((audit_of_report(report, Unit(report.subject, options), digest),))


def read_reports(path: Path) -> list[LoadedReport]:
    """Return the report in a JSON file, or the reports of a check of several targets.

    Raises:
        LockproofError: the file cannot be read, or is no report that this lockproof knows.

    """
    document = _document(_data(path), str(path))
    parts = document.reports if isinstance(document, Batch) else (document,)
    return [LoadedReport(str(path), each) for each in parts]


def _data(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LockproofError(
            f"{path} cannot be read: {error.strerror or error}",
            "a misspelt name, or the command that should write it has failed",
            "write a report with: lockproof check TARGET --json FILE",
        ) from None
    except (ValueError, RecursionError) as error:
        raise LockproofError(
            f"{path} is no JSON: {error}",
            "it was written by something else, or cut off",
            "write a report with: lockproof check TARGET --json FILE",
        ) from None


def document_of(data: Any, name: str = "the report") -> Document:
    """Return what the `to_json()` of a report says; `name` stands for it in an error.

    Raises:
        LockproofError: it is no report, or one of another version.

    """
    document = _document(data, name)
    if isinstance(document, Batch):
        raise LockproofError(f"{name} has several reports", "a check of several targets wrote it")
    return document


def _document(data: Any, name: str) -> Document | Batch:
    found = [mark for mark in _FORMS if isinstance(data, dict) and mark in data and "schema" in data]
    if len(found) != 1:
        raise LockproofError(
            f"{name} is JSON, and no report of lockproof",
            "another program wrote it",
            "write a report with --json: lockproof check, explore, mutate and history have this option",
        )
    version, read = _FORMS[found[0]]
    if data["schema"] != version:
        raise LockproofError(
            f"{name} is a report of version {data['schema']!r}, and this lockproof reads version {version}",
            "another version of lockproof wrote it",
            "make the report and the page with one version of lockproof",
        )
    try:
        return read(data)
    except (LockproofError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockproofError(
            f"{name} is no report as docs/schema describes it: {error}",
            "somebody edited it, or another version of lockproof wrote it",
            "write it again with --json",
        ) from None


def _mutation(data: dict[str, Any]) -> MutationReport:
    mutants = [{**each, "mutant": {**each["mutant"], "source": ""}} for each in data["mutants"]]
    counted = ("schema", "score", "counts", "masked", "mutants")
    kept = {name: part for name, part in data.items() if name not in counted}
    return decode(MutationReport, {**kept, "judged": mutants})


def _history(data: dict[str, Any]) -> HistoryReport:
    return decode(HistoryReport, {name: part for name, part in data.items() if name != "schema"})


_FORMS: Final[dict[str, tuple[int, Callable[[dict[str, Any]], Document | Batch]]]] = {
    "reports": (Batch.SCHEMA, Batch.from_json),
    "findings": (Report.SCHEMA, Report.from_json),
    "mutants": (MutationReport.SCHEMA, _mutation),
    "parts": (HistoryReport.SCHEMA, _history),
}
"""By the mark of each form: the version that is read, and what reads it."""
