"""Many checks as text: a table that tells the story, then what to do about what was not checked.

A package has dozens of targets, and a report has dozens of lines. So the reports themselves come last, and only if they
are asked for: the command below the table shows one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockproof.core.survey import Survey
from lockproof.core.verdict import Verdict
from lockproof.report.batch import Batch, TargetRow, last_line
from lockproof.report.batch_rows import HEADINGS, Cells, cells_of, refused
from lockproof.report.known import Triage
from lockproof.report.page import STYLES, Page
from lockproof.report.text import print_report
from lockproof.report.words import clean, counted, seconds

_MOST_NAMES: Final = 12
"""The most new findings whose fingerprints stand below the table; the reports have all."""

_MOST_COMMANDS: Final = 24
"""The most commands below the table. With more findings, the page is the better place."""


def print_batch(batch: Batch, console: Console, *, verbose: bool = False) -> None:
    """Print the batch. A target that was asked for alone has its report, and no table.

    `verbose`: print the reports with VIOLATION and UNKNOWN too.
    """
    page = Page(console)
    if batch.alone:
        for report in batch.reports:
            print_report(report, console)
            _triage(page, [batch.triage(report)])
        _gaps(page, batch)
        return
    rows = cells_of(batch)
    page.whole(_sum(batch))
    for build in sorted({str(each.environment) for each in batch.reports}):
        page.say(clean(build))
    if rows:
        page.blank()
        page.put(_table(rows, console.width // 3), indent=0)
    _repeat(page, batch)
    _faults(page, batch)
    _refused(page, list(refused(batch)))
    if batch.broken:
        page.heading("These modules do not import, so nothing in them was checked:")
        for each in batch.broken:
            page.item(f"{clean(each.name)}: {clean(each.why)}")
    _triage(page, [batch.triage(each) for each in batch.reports])
    _left_out(page, [survey for audit in batch.audits[:1] for survey in audit.surveys])
    _gaps(page, batch)
    if verbose:
        for report in batch.reports:
            if report.verdict is not Verdict.HELD:
                page.blank()
                print_report(report, console)


def _sum(batch: Batch) -> str:
    """Return the first line: how many targets have which verdict."""
    counts = dict.fromkeys((Verdict.VIOLATION, Verdict.UNKNOWN, Verdict.HELD), 0)
    for report in batch.reports:
        counts[report.verdict] += 1
    failed = sum(bool(each.trace) and each.report is None for each in batch.rows)
    not_checked = sum(each.refusal is not None for each in batch.rows)
    parts = [f"{verdict.value.upper()} {count}" for verdict, count in counts.items() if count]
    parts += [f"FAILED {failed}"] if failed else []
    parts += [f"not checked {not_checked}"] if not_checked else []
    took = seconds(sum(each.coverage.seconds for each in batch.reports))
    return f"{counted(len(batch.rows), 'target')}: {', '.join(parts) or 'nothing to check'}; {took} of checks"


def _table(rows: Sequence[Cells], widest: int) -> Table:
    """Return the table. The name of a target that is longer than `widest` gets a second line for the class."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for name in HEADINGS:
        table.add_column(name, overflow="fold", no_wrap=name in ("verdict", "tried", "GIL"))
    for each in rows:
        style = STYLES[each.row.report.verdict] if each.row.report is not None else "bold red"
        target = each.target if len(each.target) <= widest else each.target.replace(":", "\n:")
        table.add_row(Text(target), Text(each.verdict, style=style), each.tried, Text(each.flaw), Text(each.masked))
    return table


def _repeat(page: Page, batch: Batch) -> None:
    commands = [
        report.findings[0].command
        for report in batch.reports
        if report.findings and report.findings[0].command and batch.triage(report).new
    ]
    if commands:
        page.heading("See a finding step by step with its command; --verbose prints all reports:")
        commands = list(dict.fromkeys(commands))  # of several builds, each command once
        for each in commands[:_MOST_COMMANDS]:
            page.verbatim(each, indent=2)
        if len(commands) > _MOST_COMMANDS:
            page.say(f"and {len(commands) - _MOST_COMMANDS} more, which the reports have", indent=2)


def _faults(page: Page, batch: Batch) -> None:
    failed = [each for each in batch.rows if each.trace]
    if failed:
        page.heading("Here lockproof itself failed; report it with the lines of the JSON report:")
        for each in failed:
            page.item(f"{clean(each.target)}: {clean(last_line(each.trace))}")


def _refused(page: Page, rows: Sequence[TargetRow]) -> None:
    """Print the targets that could not be checked; for those that need a factory, what to add to the configuration."""
    wanting = [each for each in rows if each.refusal is not None and "--factory" in each.refusal.step]
    others = [each for each in rows if each not in wanting]
    if others:
        page.heading("These targets could not be checked:")
        for each in others:
            assert each.refusal is not None
            page.item(f"{clean(each.target)}: {clean(each.refusal.fact)}")
            if each.refusal.step:
                page.say(f"next step: {clean(each.refusal.step)}", indent=4)
    if wanting:
        page.heading(
            "No object of these classes can be made without help. Write a function that makes one, and add this to "
            "pyproject.toml:"
        )
        for each in wanting:
            assert each.refusal is not None
            page.blank()
            page.verbatim(f"# {clean(each.refusal.cause or each.refusal.fact)}", indent=2)  # wrapped, it is no comment
            name = each.target.rpartition(":")[2].lower()
            page.verbatim(
                f'[[tool.lockproof.target]]\ntarget = "{each.target}"\nfactory = "tests.factories:{name}"', indent=2
            )


def _left_out(page: Page, surveys: Sequence[Survey]) -> None:
    for survey in surveys:
        counts = survey.counts()
        if counts:
            parts = ", ".join(f"{why} {count}" for why, count in counts.items())
            page.heading(f"Left out of {clean(survey.asked)}, where a check can show nothing:", style="")
            page.say(clean(parts), indent=2)


def _gaps(page: Page, batch: Batch) -> None:
    if gaps := batch.gaps():
        page.heading("Not complete:")
        for each in gaps:
            page.item(clean(each))


def _triage(page: Page, found: Sequence[Triage]) -> None:
    known = [each for some in found for each in some.known]
    new = [each for some in found for each in some.new]
    gone = [each for some in found for each in some.gone]
    if known:
        page.heading("Known:")
        for issue, entry in known:
            page.item(f"{entry.finding} {issue.title}: {clean(entry.why)}")
    if new and (known or gone or len(found) > 1):
        page.heading("New; the fingerprint of each accepts it in the configuration, with a reason and a date:")
        for issue in new[:_MOST_NAMES]:
            page.item(f"{issue.fingerprint} {issue.title}")
        if len(new) > _MOST_NAMES:
            page.item(f"and {len(new) - _MOST_NAMES} more, which the JSON report has")
    if gone:
        page.heading("Known, and not found this time; if it is mended, take the entry out:")
        for entry in gone:
            page.item(f"{clean(entry.finding)} {clean(entry.subject)}: {clean(entry.why)}")
    if known and not new:
        page.say(
            "no new finding, and this is no HELD: after a finding, a check looks for others for a part of its budget"
        )
