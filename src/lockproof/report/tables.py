"""A scenario as a table with a column for each thread, and its outcomes as a table with a row for each.

Where the columns of threads would be too narrow to read, the threads stand one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from lockproof.core.operation import Operation
from lockproof.core.probes import NAMES
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Outcome, Verdict
from lockproof.report.page import STYLES, Page
from lockproof.report.words import clean, counted, share

NARROWEST: Final = 24
"""The least width of a thread's column, in characters. Lines that are longer are folded."""

MOST_ROWS: Final = 12
"""The most outcomes that the table shows; the JSON report has all."""


def print_scenario(page: Page, scenario: Scenario, outcome: Outcome | None, *, indent: int = 2) -> None:
    """Print the operations of each thread, with the results of the outcome beside them, and explain the probes used."""
    results = outcome.threads if outcome else ((),) * len(scenario.threads)
    columns = [list(_lines(*each)) for each in zip(scenario.threads, results, strict=True)]
    _labelled(page, "before", list(_lines(scenario.init, ())), indent)
    available = page.console.width - indent
    widest = [max(len(line) for line in (_name(t), *lines)) for t, lines in enumerate(columns)]
    borders = 3 * len(columns) + 1
    if sum(widest) + borders <= available:
        page.put(_side_by_side(page, columns, widest), indent=indent)
    elif (room := (available - borders) // len(columns)) >= NARROWEST:
        page.put(_side_by_side(page, columns, [room] * len(columns)), indent=indent)
    else:
        for t, lines in enumerate(columns):
            _labelled(page, _name(t), lines, indent)
    _labelled(page, "after", list(_lines(scenario.final, outcome.final if outcome else ())), indent)
    used = frozenset[str]().union(*(operation.names for operation in scenario.operations))
    for name in sorted(used & NAMES.keys()):
        page.say(f"{name}: {(NAMES[name].__doc__ or '').partition('\n')[0]}", indent=indent, hang=2)


def print_histogram(page: Page, finding: Finding, *, indent: int = 2) -> None:
    """Print a table of the outcomes of a finding. Of too many outcomes, it keeps forbidden ones first."""
    bad = [each for each in finding.histogram if each.verdict is Verdict.VIOLATION]
    good = [each for each in finding.histogram if each.verdict is not Verdict.VIOLATION]
    most_bad = MOST_ROWS // 2
    kept = {id(each) for each in (*bad[:most_bad], *good[: MOST_ROWS - min(len(bad), most_bad)])}
    shown = [each for each in finding.histogram if id(each) in kept]
    page.say(f"outcomes of {counted(finding.tries, 'run')}:", indent=indent)
    table = _outcomes(finding, shown, together=False)
    available = page.console.options.update(width=page.console.width - indent)
    if Measurement.get(page.console, available.update(width=10_000), table).maximum > available.max_width:
        table = _outcomes(finding, shown, together=True)
    page.put(table, indent=indent)
    others = finding.tries - sum(each.count for each in shown)
    if others > 0:
        failed = finding.failures - sum(each.count for each in shown if each.verdict is Verdict.VIOLATION)
        forbidden = f"{failed:,} of them forbidden" if failed > 0 else "none of them forbidden"
        page.say(f"and {counted(others, 'run')} with other outcomes, {forbidden}", indent=indent)


def differences(scenario: Scenario, seen: Outcome, allowed: Outcome) -> list[str]:
    """Return in words each result in which an allowed outcome differs: "`a.try_add(1)` of thread 2 -> False"."""
    differing = []
    for t, (operations, run, model) in enumerate(zip(scenario.threads, seen.threads, allowed.threads, strict=False)):
        differing += [
            f"`{clean(operation.text)}` of thread {t + 1} -> {clean(instead)}"
            for operation, result, instead in zip(operations, run, model, strict=False)
            if result != instead
        ]
    return differing + [
        f"`{clean(operation.text)}` after -> {clean(instead)}"
        for operation, result, instead in zip(scenario.final, seen.final, allowed.final, strict=False)
        if result != instead
    ]


def judged_as(outcome: Outcome) -> str:
    """Return the verdict on one outcome in a word or two."""
    if outcome.verdict is Verdict.VIOLATION:
        return "forbidden (real time)" if outcome.order_only else "forbidden"
    return "allowed" if outcome.verdict is Verdict.HELD else "not decided"


def _name(thread: int) -> str:
    return f"thread {thread + 1}"


def _lines(operations: Sequence[Operation], results: Sequence[str]) -> Iterator[str]:
    for index, operation in enumerate(operations):
        result = f" -> {clean(results[index])}" if index < len(results) else ""
        yield clean(operation.text) + result


def _labelled(page: Page, label: str, lines: Sequence[str], indent: int) -> None:
    for number, line in enumerate(lines):
        mark = f"{label}: " if number == 0 else " " * (len(label) + 2)
        page.item(line, indent=indent, mark=mark)


def _side_by_side(page: Page, columns: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    table = Table(box=box.SQUARE, show_lines=False)
    for t, width in enumerate(widths):
        table.add_column(_name(t), width=width, no_wrap=True)
    for row in range(max(map(len, columns))):
        table.add_row(
            *(
                _folded(page, lines[row], width) if row < len(lines) else ""
                for lines, width in zip(columns, widths, strict=True)
            )
        )
    return table


def _folded(page: Page, line: str, width: int) -> Text:
    """Return the line folded to `width` characters, with the rows after the first indented."""
    text = Text(line)
    if text.cell_len <= width:
        return text
    return Text("\n  ").join(text.wrap(page.console, width - 2, overflow="fold"))


def _outcomes(finding: Finding, shown: Sequence[Outcome], *, together: bool) -> Table:
    """Return the table of outcomes, with a column for each thread or with all results in one."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=not together)
    names = [_name(t) for t in range(len(finding.scenario.threads))] + (["after"] if finding.scenario.final else [])
    for name in [" | ".join(names)] if together else names:
        table.add_column(name, overflow="fold", no_wrap=not together)
    for outcome in shown:
        results = ["; ".join(map(clean, each)) for each in (*outcome.threads, outcome.final)][: len(names)]
        if together:
            results = [" | ".join(results)]
        style = STYLES[outcome.verdict] if outcome.verdict is not Verdict.HELD else ""
        table.add_row(
            f"{outcome.count:,}",
            share(outcome.count, finding.tries),
            Text(judged_as(outcome), style=style),
            *map(Text, results),
        )
    return table
