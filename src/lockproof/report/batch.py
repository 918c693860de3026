"""The reports of several targets that were checked one after the other, and what of their findings was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from lockproof.core.codec import encode
from lockproof.core.verdict import Report, Verdict
from lockproof.report.issues import Issue, Level, issues_of
from lockproof.report.known import Accepted, Triage, triage

_GRAVEST: Final = tuple(each.status for each in (Verdict.VIOLATION, Verdict.UNKNOWN, Verdict.HELD))


@dataclass(frozen=True)
class Batch:
    """Reports, and the entries for findings that are known.

    Attributes:
        SCHEMA: the version of the JSON form.
        reports: the reports, in the order of their checks.
        accepted: the entries.
        alone: whether one target was asked for by its name. Its JSON report is then that of a check without entries.

    """

    SCHEMA: ClassVar[int] = 1

    reports: tuple[Report, ...]
    accepted: tuple[Accepted, ...] = field(default=())
    alone: bool = False

    def triage(self, report: Report) -> Triage:
        """Sort what one of the reports has found by what was known."""
        return triage(report, self.accepted)

    @property
    def status(self) -> int:
        """The gravest exit status of the reports; that of UNKNOWN without any report."""
        found = {self.triage(each).status for each in self.reports}
        return next((each for each in _GRAVEST if each in found), Verdict.UNKNOWN.status)

    def issues(self, report: Report) -> tuple[Issue, ...]:
        """Return what one of the reports has to say, with the reason why it is accepted where it is.

        If nothing new was found, what was not judged decides, and is a warning then.
        """
        found = self.triage(report)
        reasons = {issue.fingerprint: entry.why for issue, entry in found.known}
        undecided = found.status == Verdict.UNKNOWN.status
        return tuple(
            replace(
                each,
                accepted=reasons.get(each.fingerprint, ""),
                level=Level.WARNING if undecided and each.level is Level.NOTE else each.level,
            )
            for each in issues_of(report)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the batch for a JSON file, as docs/schema describes it; `schema` is the version of the format."""
        if self.alone:
            return self.reports[0].to_json()
        sorted_out = [self.triage(each) for each in self.reports]
        return {
            "schema": self.SCHEMA,
            "status": self.status,
            "reports": [each.to_json() for each in self.reports],
            "known": encode(tuple(entry for each in sorted_out for _, entry in each.known)),
            "gone": encode(tuple(entry for each in sorted_out for entry in each.gone)),
        }


def all_issues(batch: Batch) -> Sequence[Issue]:
    """Return what all reports have to say."""
    return [issue for report in batch.reports for issue in batch.issues(report)]
