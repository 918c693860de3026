"""The report on a recorded history as text: the verdict, and the calls that no order explains."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockproof.core.history_report import CallReport, HistoryReport, PartReport
from lockproof.core.verdict import Verdict
from lockproof.report.page import STYLES, Page
from lockproof.report.text import VIOLATED
from lockproof.report.words import clean, counted, seconds


def print_history(report: HistoryReport, console: Console) -> None:
    """Print the report."""
    page = Page(console)
    page.say(f"{clean(report.source)}: {report.verdict.value.upper()}", style=STYLES[report.verdict])
    page.say(_summary(report))
    page.say(f"model: {clean(report.model)}; asked for: {report.consistency.value}")
    page.say(clean(str(report.environment)))
    for part in report.parts:
        _part(page, report, part)
    if report.reasons:
        page.heading("Unknown because:" if report.verdict is Verdict.UNKNOWN else "Not judged:")
        for reason in report.reasons:
            page.item(clean(reason))
    _coverage(page, report)
    if report.notes:
        page.heading("Notes:")
        for note in report.notes:
            page.item(clean(note))


def _summary(report: HistoryReport) -> str:
    if report.verdict is Verdict.HELD:
        return "held: an order of the calls explains every result"
    if report.verdict is Verdict.UNKNOWN:
        return "unknown, which is not a pass: no violation was found, and not every call could be judged"
    return f"{VIOLATED[report.consistency]}: no order of the calls explains the results"


def _part(page: Page, report: HistoryReport, part: PartReport) -> None:
    keys = f"Calls on {', '.join(map(clean, part.keys))}" if part.keys else "All calls"
    verdict = VIOLATED[report.consistency] if part.verdict is Verdict.VIOLATION else part.verdict.value
    page.heading(f"{keys}: {verdict} ({counted(part.calls, 'call')})")
    if part.reason:
        page.say(clean(part.reason), indent=2)
    if part.last:
        whole = len(part.last) == part.longest
        page.say(
            f"The longest beginning that an order explains has {counted(part.longest, 'call')}"
            f"{'' if whole else f', the last {len(part.last)} of them'}, in this order:",
            indent=2,
        )
        page.put(_calls(part.last), indent=4)
    if part.stuck:
        page.say("After it, none of these can be next:" if part.last else "None of these can be first:", indent=2)
        page.put(_calls(part.stuck, allowed=True), indent=4)


def _calls(calls: Sequence[CallReport], *, allowed: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("process", justify="right", no_wrap=True)
    table.add_column("call", overflow="fold")
    if allowed:
        table.add_column("the model", overflow="fold")
    for call in calls:
        result = f" -> {clean(call.result)}" if call.result else " (never returned)"
        model = " or ".join(map(clean, call.allowed)) or "not possible here"
        cells = [f"{call.line:,}", str(call.process), clean(call.text) + result, *([model] if allowed else [])]
        table.add_row(*map(Text, cells))
    return table


def _coverage(page: Page, report: HistoryReport) -> None:
    parts = "judged together" if report.partitions == 1 else f"judged in {report.partitions:,} parts"
    processes = f"{report.processes:,} process{'' if report.processes == 1 else 'es'}"
    page.heading(
        f"Judged: {counted(report.calls, 'call')} of {processes} ({report.pending:,} never returned, "
        f"{report.failed:,} more did not take place), {parts}, {counted(report.configurations, 'configuration')}, "
        f"in {seconds(report.seconds)} ({seconds(report.total_seconds)} with reading)",
        style="",
    )
    if report.how:
        page.say(clean(report.how), indent=2)
