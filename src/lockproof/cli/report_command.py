"""The command `lockproof report`: one page from JSON reports, of one build or of many."""

from __future__ import annotations

from pathlib import Path

import click

from lockproof.cli.formats import HTML, written_as_page
from lockproof.cli.parameters import report_file
from lockproof.report.documents import read_reports


@click.command(
    epilog="""\b
Examples:
  lockproof check bag.py:Bag --json bag.json; lockproof report bag.json --html bag.html
  lockproof report 3.13.json 3.13t.json 3.14.json --html bag.html     builds side by side
  lockproof report reports/*.json --html package.html                 the classes of a package

\b
Exit status:
  0    the page was written; the verdicts are in it
  2    a file is missing or no report, or the page cannot be written
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(HTML.option, "page", metavar="FILE", required=True, callback=report_file,
              help="Write the page to this file; - is standard output.")  # fmt: skip
def report(files: tuple[Path, ...], page: Path) -> int:
    """Make one page from reports.

    FILE is a report that --json of check, explore, replay, mutate or history has written. The page is one HTML file
    that needs no network. It shows the builds of a class side by side, and each finding step by step.
    """
    HTML.ready()
    written_as_page([report for each in files for report in read_reports(each)], page)
    return 0
