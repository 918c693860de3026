"""Counts of test results: read from pytest, kept per environment as JSON, and shown as tables.

A phase that ended without a report is a failure: a deadlock that is cut off, a crash, a killed process.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    @property
    def ran(self) -> int:
        return self.passed + self.failed


def read_junit(text: str) -> Counts | None:
    """The counts in a JUnit XML report as pytest writes it, or None when it is none."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None
    total = Counts()
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    for suite in suites:
        tests, failures, errors, skipped = (
            int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        total += Counts(max(tests - failed - skipped, 0), failed, skipped)
    return total if suites else None


def seconds_by_folder(text: str) -> dict[str, float]:
    """The seconds of all tests in a JUnit XML report of pytest, by the folder of tests/ that they are in."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return {}
    found: dict[str, float] = {}
    for case in root.iter("testcase"):
        parts = case.get("classname", "").split(".")
        module = next((at for at, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
        folder = "/".join(parts[1:module]) or parts[0]
        found[folder] = found.get(folder, 0.0) + float(case.get("time", "0"))
    return {folder: round(seconds, 1) for folder, seconds in found.items()}


@dataclass(frozen=True)
class Phase:
    """One run of pytest inside an environment."""

    name: str
    status: int
    seconds: float
    counts: Counts
    folders: Mapping[str, float] = field(default_factory=dict)
    """The seconds of its tests, by the folder of tests/ that they are in; two processes make two a second."""


@dataclass(frozen=True)
class EnvironmentReport:
    """What one environment ran, and on which interpreter."""

    environment: str
    release: str
    phases: tuple[Phase, ...] = field(default=())

    @property
    def counts(self) -> Counts:
        return sum((phase.counts for phase in self.phases), Counts())

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> EnvironmentReport:
        data = json.loads(text)
        phases = tuple(
            Phase(
                str(one["name"]),
                int(one["status"]),
                float(one["seconds"]),
                Counts(**one["counts"]),
                {str(folder): float(seconds) for folder, seconds in one["folders"].items()},
            )
            for one in data["phases"]
        )
        return cls(str(data["environment"]), str(data["release"]), phases)


def load(path: Path) -> EnvironmentReport | None:
    """The report in a file, or None when there is none that can be read."""
    try:
        return EnvironmentReport.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Row:
    """One environment in the final table."""

    environment: str
    outcome: str
    detail: str = ""
    seconds: float = 0.0
    counts: Counts = Counts()


PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


def closing_line(rows: Iterable[Row]) -> str:
    """`N passed, N failed, N skipped` over all environments.

    An environment without tests of its own (lint, types, coverage) counts as one check; so does one that failed
    although each of its tests passed, so that a failure is never summed away.
    """
    total = Counts()
    for row in rows:
        total += row.counts
        if row.outcome == FAILED and row.counts.failed == 0:
            total += Counts(failed=1)
        elif row.outcome == PASSED and row.counts.ran == 0:
            total += Counts(passed=1)
    return f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped"


def seconds_table(reports: Sequence[EnvironmentReport]) -> str:
    """Where the time went: a row for each phase and for each folder of tests, a column for each build.

    A phase's seconds are those of the clock; a folder's are those of its tests, which run in two processes.
    """
    names = list(dict.fromkeys(phase.name for report in reports for phase in report.phases))
    rows: list[tuple[float, list[str]]] = []

    def row(title: str, cells: Sequence[float | None]) -> None:
        rows.append((sum(cell or 0.0 for cell in cells), [title, *("" if c is None else f"{c:.0f}" for c in cells)]))

    for name in names:
        row(name, [next((p.seconds for p in report.phases if p.name == name), None) for report in reports])
    whole, rows = [line for _, line in rows], []
    folders = {folder for report in reports for phase in report.phases for folder in phase.folders}
    for folder in sorted(folders):
        per_build = [[p.folders[folder] for p in report.phases if folder in p.folders] for report in reports]
        row(f"  tests/{folder}", [sum(each) if each else None for each in per_build])
    slowest_first = [line for _, line in sorted(rows, key=lambda each: -each[0])]
    return text_table(["seconds", *(report.environment for report in reports)], [*whole, *slowest_first])


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned for a terminal."""
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    lines = []
    for line in [header, ["-" * width for width in widths], *rows]:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    return "\n".join(lines)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([row(header), row(["---"] * len(header)), *(row(line) for line in rows)])
