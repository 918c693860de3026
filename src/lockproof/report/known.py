"""Findings that are known: accepted in the configuration with a reason, or listed in a baseline.

A known finding stays a finding, and the verdict stays VIOLATION. It only does not decide the exit status. The status
0 then says that nothing new was found, and is no HELD: after a finding, a check looks for others for a part of its
budget, and without scenarios in which the operations of the finding meet. An entry that matches nothing any more is
shown too: the fault may be mended, or this run did not come across it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.errors import LockproofError
from lockproof.core.verdict import Report, Verdict
from lockproof.report.issues import Issue, Level, issues_of
from lockproof.report.output_file import write_whole

BASELINE: Final = "in the baseline"
"""The reason of what a baseline lists."""


@dataclass(frozen=True)
class Accepted:
    """A finding that is known: its fingerprint, its subject, why it is accepted, and since when (a date or "")."""

    finding: str
    subject: str
    reason: str
    date: str = ""

    @property
    def why(self) -> str:
        """The reason and the date, in words."""
        return f"{self.reason} ({self.date})" if self.date else self.reason


@dataclass(frozen=True)
class Triage:
    """What a report has found, sorted by what was known.

    Attributes:
        new: the findings and differences that nobody knew.
        known: those that are known, each with its entry.
        gone: the entries for the subject of the report that match nothing in it.
        status: the exit status. With a new finding it is that of VIOLATION. If all are known, it is that of UNKNOWN
            where something was not judged, else 0. Without findings it is that of the verdict.

    """

    new: tuple[Issue, ...]
    known: tuple[tuple[Issue, Accepted], ...]
    gone: tuple[Accepted, ...]
    status: int


def triage(report: Report, accepted: Sequence[Accepted]) -> Triage:
    """Sort what the report has found by the entries for its subject."""
    entries = {each.finding: each for each in accepted if each.subject == report.subject}
    found = [each for each in issues_of(report) if each.level is Level.ERROR]
    new = tuple(each for each in found if each.fingerprint not in entries)
    known = tuple((each, entries[each.fingerprint]) for each in found if each.fingerprint in entries)
    fingerprints = {each.fingerprint for each in found}
    gone = tuple(each for each in entries.values() if each.finding not in fingerprints)
    status = report.verdict.status
    if known and not new:
        status = Verdict.UNKNOWN.status if report.unknown else 0
    return Triage(new, known, gone, status)


@dataclass(frozen=True)
class _Entry:
    """A finding in the file of a baseline. `title` is for the reader of the file."""

    finding: str
    subject: str
    title: str


_VERSION: Final = 1


def read_baseline(path: Path) -> tuple[Accepted, ...]:
    """Return the findings that the file of a baseline lists.

    Raises:
        LockproofError: there is no such file, or it is no baseline.

    """
    return tuple(Accepted(each.finding, each.subject, BASELINE) for each in _entries(path))


def write_baseline(path: Path, reports: Sequence[Report]) -> None:
    """Write a baseline of what the reports have found. What it lists of other subjects stays.

    Raises:
        LockproofError: the file cannot be written, or is there and no baseline.

    """
    subjects = {each.subject for each in reports}
    kept = [each for each in (_entries(path) if path.exists() else ()) if each.subject not in subjects]
    found = [
        _Entry(issue.fingerprint, issue.subject, issue.title)
        for report in reports
        for issue in issues_of(report)
        if issue.level is Level.ERROR
    ]
    entries = sorted({*kept, *found}, key=lambda each: (each.subject, each.finding, each.title))
    document = {"baseline": _VERSION, "findings": encode(entries)}
    write_whole(json.dumps(document, indent=1) + "\n", path, "--baseline")


def _entries(path: Path) -> tuple[_Entry, ...]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if set(document) != {"baseline", "findings"} or document["baseline"] != _VERSION:
            raise ValueError("it has other fields, or another version")
        return decode(tuple[_Entry, ...], document["findings"])
    except FileNotFoundError:
        raise LockproofError(
            f"there is no baseline {path}", "it was never written", "write it with --update-baseline"
        ) from None
    except OSError as error:
        raise LockproofError(f"{path} cannot be read: {error.strerror or error}") from None
    except (Misfit, ValueError, TypeError) as error:
        raise LockproofError(
            f"{path} is no baseline: {error}", "another program wrote it", "delete it, and give --update-baseline"
        ) from None
