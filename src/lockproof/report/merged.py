"""One report of several on the same target, whose seeds differ: as if one longer check had found all of it.

A finding is one finding, however many of the reports have it. The evidence is added up, so the verdict follows from all
of it. A doubt of one report stays, unless another one answers it: a member that was called there, or a health check
that a report with HELD has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Final

from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Verdict
from lockproof.core.verdict import Coverage, Finding, Masking, Nonconformance, Report
from lockproof.report.issues import fingerprint_of

_PASSED_ONCE: Final = (Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED, Doubt.TOO_FEW_RUNS)
"""The health checks that one report with HELD answers for all: it saw enough runs, and a change."""


def merged_report(reports: Sequence[Report]) -> Report:
    """Return the reports as one. They are on one subject, build and options; the first one gives its seed.

    Raises:
        ValueError: the reports are on several subjects or builds.

    """
    first, *others = reports
    if not others:
        return first
    if len({(each.subject, each.environment.build, each.environment.gil) for each in reports}) > 1:
        raise ValueError("reports on several subjects or builds do not add up")
    findings = _findings(reports)
    nonconformances = _differences(reports)
    coverage = _coverage([each.coverage for each in reports])
    evidence = reduce(add, (each.evidence for each in reports))
    return replace(
        first,
        evidence=replace(
            evidence,
            findings=len(findings),
            differences=sum(each.decides for each in nonconformances),
            doubts=tuple(_doubts(reports, evidence, coverage)),
            left_out=tuple(_left_out(evidence.left_out)),
        ),
        coverage=coverage,
        findings=findings,
        nonconformances=nonconformances,
        notes=tuple(dict.fromkeys(note for each in reports for note in each.notes)),
        threads=tuple(sorted({number for each in reports for number in each.threads})),
    )


def _findings(reports: Sequence[Report]) -> tuple[Finding, ...]:
    """Return each finding once: the example that says most."""
    found: dict[str, Finding] = {}
    for report in reports:
        for each in report.findings:
            fingerprint = fingerprint_of(report.subject, each)
            if fingerprint not in found or _says(each) > _says(found[fingerprint]):
                found[fingerprint] = each
    return tuple(found.values())


def _says(finding: Finding) -> int:
    """Return how much an example says. That the GIL does not mask a finding holds, whatever other examples say."""
    if finding.control is None:
        return 0
    return {Masking.SHOWN: 3, Masking.MASKED: 2}.get(finding.control.masking or Masking.UNKNOWN, 1)


def _differences(reports: Sequence[Report]) -> tuple[Nonconformance, ...]:
    found: dict[tuple[str, tuple[str, ...], bool], Nonconformance] = {}
    for report in reports:
        for each in report.nonconformances:
            found.setdefault((each.kind, each.lines[-1:], each.decides), each)
    return tuple(found.values())


def _doubts(reports: Sequence[Report], evidence: Evidence, coverage: Coverage) -> Iterable[Doubted]:
    held = any(each.verdict is Verdict.HELD for each in reports)
    for each in evidence.doubts:
        called = each.doubt is Doubt.MEMBER_NEVER_CALLED and each.about.partition(":")[0] in coverage.called
        if not called and not (held and each.doubt in _PASSED_ONCE):
            yield each


def _left_out(parts: Iterable[LeftOut]) -> Iterable[LeftOut]:
    found: dict[Omission, LeftOut] = {}
    for each in parts:
        before = found.get(each.omission)
        found[each.omission] = each if before is None else replace(before, count=before.count + each.count)
    return found.values()


def _coverage(parts: Sequence[Coverage]) -> Coverage:
    called = _all(each.called for each in parts)
    uncalled = tuple(name for name in _all(each.uncalled for each in parts) if name not in called)
    return Coverage(
        scenarios=sum(each.scenarios for each in parts),
        invocations=sum(each.invocations for each in parts),
        kinds=tuple(sorted(_all(each.kinds for each in parts))),
        seconds=sum(each.seconds for each in parts),
        outcomes=max(each.outcomes for each in parts),
        schedules=sum(each.schedules for each in parts),
        explored=_all(each.explored for each in parts),
        called=called,
        uncalled=uncalled,
        skipped=_all(each.skipped for each in parts),
        excused=tuple(
            each for each in _all(each.excused for each in parts) if each.partition(":")[0] in uncalled
        ),
    )  # fmt: skip


def _all(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for part in parts for each in part))
