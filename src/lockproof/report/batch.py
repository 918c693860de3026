"""The reports of many checks, what of their findings was known, and what could not be checked.

A target that was checked with several seeds, here or in several shards, is one row with one report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, ClassVar, Final

from lockproof.core.audited import Audit, DoneUnit
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.survey import NoTarget
from lockproof.core.unit import Ending, Refusal
from lockproof.core.verdict import Report, Verdict
from lockproof.report.definition import definition_of
from lockproof.report.issues import NOT_CHECKED, Issue, Level, fingerprint_from, issues_of
from lockproof.report.known import Accepted, Triage, triage
from lockproof.report.merged import merged_report
from lockproof.report.words import clean, counted


class Status(IntEnum):
    """The exit statuses of a batch, the gravest first."""

    WRONG_TARGET = 2
    VIOLATION = 1
    FAILED = 4
    UNKNOWN = 3
    HELD = 0


_GRAVEST: Final = tuple(Status)


@dataclass(frozen=True)
class TargetRow:
    """What came of one target on one build.

    Attributes:
        target: the target.
        build: the build; "" if all of the batch are on one.
        report: the report of all its units; None if there is none.
        refusal: why it was refused, if it was.
        trace: what to send of a fault of lockproof itself; "" for none.
        named: whether the user has named it, and not a package that it is in.

    """

    target: str
    build: str
    report: Report | None
    refusal: Refusal | None = None
    trace: str = ""
    named: bool = True

    def status(self, accepted: Sequence[Accepted]) -> Status:
        """Return how grave it is, with these entries for findings that are known."""
        grave = [] if self.report is None else [Status(triage(self.report, accepted).status)]
        if self.trace:
            grave.append(Status.FAILED)
        if self.refusal is not None or self.report is None:
            grave.append(Status.WRONG_TARGET if self.named and self.refusal is not None else Status.UNKNOWN)
        return min(grave, key=_GRAVEST.index)


@dataclass(frozen=True)
class Batch:
    """The audits of one command or of several shards, and the entries for findings that are known.

    Attributes:
        SCHEMA: the version of the JSON form.
        audits: what was planned and done, on each build.
        accepted: the entries.
        alone: whether one target was asked for by its name. Its JSON report is then that of a check without entries.
        whole: whether all shards should be here, as after a merge.

    """

    SCHEMA: ClassVar[int] = 2

    audits: tuple[Audit, ...]
    accepted: tuple[Accepted, ...] = field(default=())
    alone: bool = False
    whole: bool = False

    @cached_property
    def rows(self) -> tuple[TargetRow, ...]:
        """What came of each target, in the order of the plans."""
        several = len({each.build for each in self.audits}) > 1
        return tuple(row for each in self.audits for row in _rows(each, each.build if several else ""))

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports, one for each target and build."""
        return tuple(each.report for each in self.rows if each.report is not None)

    @property
    def broken(self) -> tuple[NoTarget, ...]:
        """The modules that do not import, each once."""
        return tuple(dict.fromkeys(each for audit in self.audits for survey in audit.surveys for each in survey.broken))

    def triage(self, report: Report) -> Triage:
        """Sort what one of the reports has found by what was known."""
        return triage(report, self.accepted)

    @property
    def status(self) -> Status:
        """The gravest exit status of the targets; that of UNKNOWN without any, or if something was not run.

        A shard that has no unit, because there are more shards than units, has nothing to say.
        """
        found = {each.status(self.accepted) for each in self.rows}
        lost = any(each.missing or (self.whole and each.missing_shards) for each in self.audits)
        idle = not found and any(each.planned and not each.numbers for each in self.audits)
        if (not found and not idle) or self.broken or lost:
            found.add(Status.UNKNOWN)
        if not found:
            return Status.HELD
        return next(each for each in _GRAVEST if each in found)

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

    def not_checked(self) -> tuple[Issue, ...]:
        """Return what there is to say on targets without a report, and on modules that do not import."""
        found = []
        for each in self.rows:
            if each.trace:
                found.append(_not_checked(each.target, f"lockproof itself failed: {last_line(each.trace)}"))
            elif each.refusal is not None:
                step = f"\nNext step: {each.refusal.step}" if each.refusal.step else ""
                found.append(_not_checked(each.target, f"{each.refusal.fact}{step}"))
        return (*found, *(_not_checked(each.name, each.why) for each in self.broken))

    def gaps(self) -> tuple[str, ...]:
        """Return in sentences what was planned and is not here."""
        found = []
        for each in self.audits:
            on = f" on {each.build}" if len(self.audits) > 1 else ""
            if each.missing:
                found.append(f"{counted(each.missing, 'unit')} of {each.planned}{on} did not come to an end")
            if self.whole and each.missing_shards:
                names = ", ".join(f"{number}/{count}" for number, count in each.missing_shards)
                found.append(f"the reports of these shards{on} are not here: {names}")
            elif each.shards:
                names = " and ".join(f"{number} of {count}" for number, count in each.shards)
                found.append(f"this is shard {names}: {len(each.numbers)} of {counted(each.planned, 'unit')}")
        if len({each.build for each in self.audits}) < len(self.audits):
            found.append("reports of other options, sources or versions of lockproof stand apart: they do not add up")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Return the batch for a JSON file, as docs/schema describes it; `schema` is the version of the format."""
        if self.alone and self.reports and not any(each.shards for each in self.audits):
            return self.reports[0].to_json()
        sorted_out = [self.triage(each) for each in self.reports]
        reports: list[dict[str, Any]] = []
        audits = []
        for audit in self.audits:
            document = audit.to_json()
            for each in document["done"]:
                if each["report"] is not None:
                    reports.append(each["report"])
                    each["report"] = len(reports) - 1
            audits.append(document)
        shards = [list(each) for audit in self.audits for each in audit.shards]
        return {
            "schema": self.SCHEMA,
            "status": int(self.status),
            "shard": shards[0] if len(shards) == 1 else None,
            "reports": reports,
            "targets": [_summary(each, self.accepted) for each in self.rows],
            "audits": audits,
            "missing": list(self.gaps()),
            "known": encode(tuple(entry for each in sorted_out for _, entry in each.known)),
            "gone": encode(tuple(entry for each in sorted_out for entry in each.gone)),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Batch:
        """Return the batch that `to_json` wrote.

        Raises:
            Misfit: the data is no batch.

        """
        try:
            audits = [
                {**each, "done": [{**done, "report": _at(data["reports"], done["report"])} for done in each["done"]]}
                for each in data["audits"]
            ]
            accepted = decode(tuple[Accepted, ...], [*data["known"], *data["gone"]])
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise Misfit(f"a field is missing or wrong: {error}") from None
        return cls(tuple(map(Audit.from_json, audits)), accepted)


def _at(reports: Sequence[Any], index: int | None) -> Any:
    return None if index is None else reports[index]


def _rows(audit: Audit, build: str) -> list[TargetRow]:
    by_target: dict[str, list[DoneUnit]] = {}
    for each in audit.done:
        by_target.setdefault(each.outcome.unit.target, []).append(each)
    found = {each.target for survey in audit.surveys for each in survey.found}
    rows = []
    for target, done in by_target.items():
        outcomes = [each.outcome for each in done]
        reports = [each.report for each in outcomes if each.report is not None]
        rows.append(
            TargetRow(
                target,
                build,
                merged_report(reports) if reports else None,
                next((each.refusal for each in outcomes if each.refusal is not None), None),
                next((each.trace or "no report" for each in outcomes if each.ending is Ending.FAILED), ""),
                target not in found,
            )
        )
    return rows


def _summary(row: TargetRow, accepted: Sequence[Accepted]) -> dict[str, Any]:
    return {
        "target": row.target,
        "build": row.build,
        "verdict": row.report.verdict.value if row.report is not None else None,
        "status": int(row.status(accepted)),
    }


def _not_checked(subject: str, why: str) -> Issue:
    definition = definition_of(subject)
    return Issue(
        rule=NOT_CHECKED,
        level=Level.WARNING,
        subject=subject,
        title=clean(f"{subject}: not checked"),
        message="\n".join(clean(each) for each in why.splitlines()),
        places=() if definition is None else (definition,),
        steps=(),
        fingerprint=fingerprint_from(subject, NOT_CHECKED),
    )


def last_line(trace: str) -> str:
    """Return the last line of a traceback, which says most."""
    return trace.strip().rpartition("\n")[2]


def all_issues(batch: Batch) -> Sequence[Issue]:
    """Return what all reports have to say, and what was not checked."""
    return [*(issue for report in batch.reports for issue in batch.issues(report)), *batch.not_checked()]
