"""The outcomes of a finding as rows with bars, the forbidden ones apart from the allowed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lockproof.core.verdict import Finding, Outcome, Verdict
from lockproof.report.tables import judged_as
from lockproof.report.words import share

MOST_ROWS: Final = 24
"""The most outcomes of each group that the page shows; the JSON report has all."""

HEADINGS: Final = {Verdict.VIOLATION: "forbidden", Verdict.UNKNOWN: "not decided", Verdict.HELD: "allowed"}
"""The groups of outcomes, in the order of the page."""


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome: how many runs had it, their share as text and as the width of a bar from 0 to 100, the results."""

    count: int
    share: str
    width: float
    results: tuple[str, ...]
    judged: str


@dataclass(frozen=True)
class OutcomeGroup:
    """The outcomes with one verdict: all their runs, the rows, and how many outcomes are not shown."""

    verdict: Verdict
    heading: str
    count: int
    share: str
    rows: tuple[OutcomeRow, ...]
    left: int


def outcome_columns(finding: Finding) -> list[str]:
    """Return the heads of the columns of results: a thread each, and the final part."""
    names = [f"thread {number}" for number, _ in enumerate(finding.scenario.threads, 1)]
    return names + (["after"] if finding.scenario.final else [])


def outcome_groups(finding: Finding) -> Iterator[OutcomeGroup]:
    """Yield the groups of a finding that have outcomes. Bars are as wide as the most frequent outcome allows."""
    most = max((each.count for each in finding.histogram), default=0)
    columns = len(outcome_columns(finding))
    for verdict, heading in HEADINGS.items():
        some = [each for each in finding.histogram if each.verdict is verdict]
        if some:
            rows = tuple(_rows(some[:MOST_ROWS], finding.tries, most, columns))
            total = sum(each.count for each in some)
            yield OutcomeGroup(verdict, heading, total, share(total, finding.tries), rows, len(some) - len(rows))


def _rows(outcomes: Iterable[Outcome], tries: int, most: int, columns: int) -> Iterator[OutcomeRow]:
    for each in outcomes:
        results = tuple("; ".join(part) for part in (*each.threads, each.final))[:columns]
        width = round(100 * each.count / most, 1) if most else 0.0
        yield OutcomeRow(each.count, share(each.count, tries), width, results, judged_as(each))
