"""Merging the verdicts of several builds into one table, and into one answer. Pure: data in, data out.

A *property* must hold on every build that ran. A *twin* is LockedSet with one protection removed, made to be
caught: a stress test that misses it proves nothing about LockedSet either. A standard build may miss a twin since
its GIL covers what the twin lacks; that counts as "hidden by the GIL" only when a free-threaded build caught it.

A property that a version of CPython breaks is a *known limit* there, and is expected to be violated: the day on which
it holds is a problem too, so that the limit is taken back.

Each implementation of LockedSet has a table of its own: its twins and its known limits are not those of the other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ci.builds import Build
from ci.console import CiError
from ci.reports import markdown_table

HELD, VIOLATED = "held", "violated"
CAUGHT, MISSED = "caught", "missed"
HIDDEN, MISSED_WITHOUT_GIL = "hidden by the GIL", "MISSED"
NOT_RUN, BROKE_OFF = "not run", "broke off"
KNOWN_LIMIT = "known limit"


@dataclass(frozen=True, eq=False)
class Implementation:
    """An implementation of LockedSet: how it is asked for, and what is known of it.

    `name` stands on the command line and in JSON, `served` is what `lockedset.implementation` says of it, and
    `asked_by` is the value of LOCKEDSET_PURE that asks for it. `known_limits` says why a property does not hold, by the
    names of the property and a version of CPython.
    """

    name: str
    heading: str
    served: str
    asked_by: str
    known_limits: Mapping[tuple[str, str], str]


COMPILED = Implementation("compiled", "LockedSet, the compiled core", "compiled", "0", {})
PYTHON = Implementation(
    "python",
    "LockedSet in Python (LOCKEDSET_PURE=1)",
    "pure",
    "1",
    {
        ("signals-leave-no-lock", "3.14"): "CPython 3.14 can run a signal handler between taking a lock and the body"
        " that releases it (gh-148874), so a handler that raises can leave the lock taken",
    },
)
IMPLEMENTATIONS = (COMPILED, PYTHON)

WIDTH = 100
NAME_WIDTH = 32


@dataclass(frozen=True)
class Verdict:
    """What one build said of one property or twin."""

    verdict: str
    detail: str = ""


@dataclass(frozen=True)
class BuildReport:
    """What one build reported, or why it did not run (`not_run`), or how its run broke off (`broken`).

    `lacking`: the interpreter is there, and what was asked for cannot be run on it. That is a problem.
    """

    build: Build
    properties: Mapping[str, Verdict] = field(default_factory=dict)
    twins: Mapping[str, Verdict] = field(default_factory=dict)
    twin_properties: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    not_run: str = ""
    lacking: bool = False
    broken: str = ""


@dataclass(frozen=True)
class TableRow:
    """A property or a twin, with one cell for each build."""

    kind: str
    name: str
    property: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Merged:
    """The table of an implementation, and all that keeps it from being a success."""

    implementation: Implementation
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def read_report(build: Build, data: object) -> BuildReport:
    """Read what the validation program wrote for one build; anything unexpected is an error, never a pass."""

    def broken(what: str) -> CiError:
        return CiError(
            f"the validation program's report for {build.name} is not as agreed: {what}",
            "the program and ci/verdicts.py are of different minds",
            "compare tests/lockedset/stress with ci/verdicts.py",
        )

    def entries(key: str, allowed: tuple[str, ...]) -> list[Mapping[str, object]]:
        listed = data.get(key) if isinstance(data, dict) else None
        if not isinstance(listed, list):
            raise broken(f"no list {key!r}")
        names = set()
        for entry in listed:
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise broken(f"an entry without a name in {key!r}")
            if entry.get("verdict") not in allowed:
                raise broken(f"{entry['name']!r} has the verdict {entry.get('verdict')!r}")
            if entry["name"] in names:
                raise broken(f"{entry['name']!r} stands twice in {key!r}")
            names.add(entry["name"])
        return listed

    def verdict(entry: Mapping[str, object]) -> Verdict:
        return Verdict(str(entry["verdict"]), str(entry.get("detail") or ""))

    properties = entries("properties", (HELD, VIOLATED, NOT_RUN))
    twins = entries("twins", (CAUGHT, MISSED, NOT_RUN))
    facts = data.get("build") if isinstance(data, dict) else None
    return BuildReport(
        build,
        properties={str(entry["name"]): verdict(entry) for entry in properties},
        twins={str(entry["name"]): verdict(entry) for entry in twins},
        twin_properties={str(entry["name"]): str(entry.get("property") or "") for entry in twins},
        facts=facts if isinstance(facts, dict) else {},
    )


def merge(implementation: Implementation, reports: Sequence[BuildReport]) -> Merged:
    """One table of all builds, and every reason why it is not a success."""
    columns = tuple(report.build.name for report in reports)
    problems = [f"{report.build.name}: not run: {report.not_run}" for report in reports if report.lacking]
    problems += [f"{report.build.name}: {report.broken}" for report in reports if report.broken]
    ran = [report for report in reports if not report.not_run and not report.broken]
    if not any(report.build.free_threaded for report in ran):
        problems.append("no free-threaded build ran to its end, so no twin was judged")
    limits = implementation.known_limits
    rows = [_property_row(name, reports, limits, problems) for name in _names(report.properties for report in reports)]
    rows += [_twin_row(name, reports, problems) for name in _names(report.twins for report in reports)]
    for kind in ("property", "twin"):
        if not any(row.kind == kind for row in rows):
            problems.append(f"no {kind} was reported at all")
    return Merged(implementation, columns, tuple(rows), tuple(problems))


def _names(groups: Iterable[Mapping[str, Verdict]]) -> list[str]:
    """All names in the order of their first appearance."""
    names: dict[str, None] = {}
    for group in groups:
        names.update(dict.fromkeys(group))
    return list(names)


def _absent(report: BuildReport, what: str, problems: list[str]) -> str:
    """The cell for something that a build did not report: a gap in a build that ran is a problem."""
    if report.broken:
        return BROKE_OFF
    if not report.not_run:
        problems.append(f"{report.build.name} ran, and says nothing of {what}")
    return NOT_RUN


def _with_detail(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text


def _property_row(
    name: str, reports: Sequence[BuildReport], limits: Mapping[tuple[str, str], str], problems: list[str]
) -> TableRow:
    cells = {}
    for report in reports:
        said = report.properties.get(name)
        if said is None:
            cells[report.build.name] = _absent(report, f"the property {name!r}", problems)
        elif said.verdict == NOT_RUN:
            cells[report.build.name] = NOT_RUN
        elif (name, report.build.minor) in limits:
            cells[report.build.name] = KNOWN_LIMIT if said.verdict == VIOLATED else said.verdict
            if said.verdict == HELD:
                problems.append(f"{report.build.name}: {name!r} holds, so it is no {KNOWN_LIMIT} any more")
        else:
            cells[report.build.name] = said.verdict
            if said.verdict != HELD:
                problems.append(_with_detail(f"{report.build.name}: {name!r} is violated", said.detail))
    if not {HELD, VIOLATED, KNOWN_LIMIT} & {*cells.values()}:
        problems.append(f"the property {name!r} was checked on no build")
    return TableRow("property", name, "", cells)


def _twin_row(name: str, reports: Sequence[BuildReport], problems: list[str]) -> TableRow:
    caught_without_gil = any(
        report.build.free_threaded and report.twins.get(name, Verdict("")).verdict == CAUGHT for report in reports
    )
    cells = {}
    for report in reports:
        said = report.twins.get(name)
        column = report.build.name
        if said is None:
            cells[column] = _absent(report, f"the twin {name!r}", problems)
        elif said.verdict == NOT_RUN:
            cells[column] = NOT_RUN
        elif said.verdict == CAUGHT:
            cells[column] = CAUGHT
        elif report.build.free_threaded:
            cells[column] = MISSED_WITHOUT_GIL
            problems.append(
                _with_detail(f"{column}: the twin {name!r} was missed, so its stress test proves nothing", said.detail)
            )
        else:
            cells[column] = HIDDEN if caught_without_gil else MISSED
    if not caught_without_gil and not any(cell == MISSED_WITHOUT_GIL for cell in cells.values()):
        problems.append(f"no free-threaded build caught the twin {name!r}")
    about = next((report.twin_properties[name] for report in reports if report.twin_properties.get(name)), "")
    return TableRow("twin", name, about, cells)


def exit_status(tables: Sequence[Merged]) -> int:
    """0 only when every property held and every free-threaded build that ran caught every twin, in every table."""
    return 0 if tables and all(merged.ok for merged in tables) else 1


def text(merged: Merged, width: int = WIDTH) -> str:
    """The table for a terminal, with its heading: names wrapped so that it stays within the width."""
    if not merged.rows:
        return f"{merged.implementation.heading}: not run"
    widths = [max([len(column), *(len(row.cells[column]) for row in merged.rows)]) for column in merged.columns]
    taken = sum(size + 2 for size in widths)
    longest = max([len("property"), *(len(row.name) for row in merged.rows)])
    first = max(min(longest, width - taken), min(longest, NAME_WIDTH))
    lines = [merged.implementation.heading, ""]

    def add(name: str, cells: Sequence[str]) -> None:
        parts = textwrap.wrap(name, first) or [""]
        padded = "  ".join(cell.ljust(size) for cell, size in zip(cells, widths))
        lines.append(f"{parts[0].ljust(first)}  {padded}".rstrip())
        lines.extend(f"  {part}" if len(part) + 2 <= first else part for part in parts[1:])

    rule = ["-" * size for size in widths]
    for kind, title in (("property", "property"), ("twin", "twin (a protection removed)")):
        add(title, merged.columns)
        lines.append("  ".join(["-" * first, *rule]))
        for row in merged.rows:
            if row.kind == kind:
                add(row.name, [row.cells[column] for column in merged.columns])
        lines.append("")
    return "\n".join(lines).rstrip()


def markdown(merged: Merged) -> str:
    """The table for a page, with its heading, and with the twins after the properties."""
    tables = [f"## {merged.implementation.heading}" + ("" if merged.rows else ": not run")]
    for kind, title in (("property", "property"), ("twin", "twin (a protection removed)")) if merged.rows else ():
        rows = [
            [row.name, *(row.cells[column] for column in merged.columns)] for row in merged.rows if row.kind == kind
        ]
        tables.append(markdown_table([title, *merged.columns], rows))
    return "\n\n".join(tables)
