"""The reports of several targets as text: each report, what of it was known, and a table at the end."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockproof.report.batch import Batch
from lockproof.report.known import Triage
from lockproof.report.page import STYLES, Page
from lockproof.report.text import print_report
from lockproof.report.words import clean, seconds


def print_batch(batch: Batch, console: Console) -> None:
    """Print each report with what of it was known and, for more than one target by name, the table."""
    page = Page(console)
    for number, report in enumerate(batch.reports):
        if number:
            page.blank()
        print_report(report, console)
        _triage(page, batch.triage(report))
    if not batch.alone and batch.reports:
        page.blank()
        page.put(_table(batch), indent=0)


def _triage(page: Page, found: Triage) -> None:
    if found.known:
        page.heading("Known:")
        for issue, entry in found.known:
            page.item(f"{entry.finding} {issue.title}: {clean(entry.why)}")
    if found.new:
        page.heading("New; the fingerprint of each accepts it in the configuration, with a reason and a date:")
        for issue in found.new:
            page.item(f"{issue.fingerprint} {issue.title}")
    if found.gone:
        page.heading("Known, and not found this time; if it is mended, take the entry out:")
        for entry in found.gone:
            page.item(f"{clean(entry.finding)} {clean(entry.subject)}: {clean(entry.why)}")
    if found.known and not found.new:
        page.say(
            "no new finding, and this is no HELD: after a finding, a check looks for others for a part of its budget"
        )


def _table(batch: Batch) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column("target", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("new", "known", "gone", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for report in batch.reports:
        found = batch.triage(report)
        table.add_row(
            Text(clean(report.subject)),
            Text(report.verdict.value.upper(), style=STYLES[report.verdict]),
            *(str(len(some)) for some in (found.new, found.known, found.gone)),
            seconds(report.coverage.seconds),
        )
    return table
