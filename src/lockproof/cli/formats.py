"""The formats in which a command writes its report beside the text: each with its option, in one table."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import click
from rich.console import Console

from lockproof import __version__
from lockproof.cli.parameters import Adds, Command, report_file
from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import MutationReport
from lockproof.core.verdict import Report, Verdict
from lockproof.report.annotations import as_annotations
from lockproof.report.batch import Batch, all_issues
from lockproof.report.documents import Document, LoadedReport, batch_of_report
from lockproof.report.issues import Issue, issues_of
from lockproof.report.jsonfile import as_json
from lockproof.report.output_file import write_whole
from lockproof.report.page import console_on
from lockproof.report.places import Project
from lockproof.report.regression import regression_test


@dataclass(frozen=True)
class Format:
    """A format, and the option whose value is the file.

    Attributes:
        option: The option.
        help_text: The help of the option.
        write: Writes a report to a file.
        ready: Raises LockproofError, before anything runs, if the format cannot be written here.
        after_text: The file is written when the text is printed, and only for a run that was not interrupted.
            Otherwise it comes before the text, whose reader, like `head`, may close the pipe at any moment.

    """

    option: str
    help_text: str
    write: Callable[[Any, Path], None]
    ready: Callable[[], None] = lambda: None
    after_text: bool = False


type Files = Sequence[tuple[Format, Path]]
"""The files that the user asked for."""


type Reported = Document | Batch
"""A report of any command."""

type Search = Report | MutationReport | Batch
"""A report, or several, that say something about lines of source."""


def _issues(report: Search) -> Sequence[Issue]:
    return all_issues(report) if isinstance(report, Batch) else issues_of(report)


def _write_text(text: str, path: Path, option: str) -> None:
    """Write the text of a format, in ASCII, to a file or to standard output."""
    if _is_output(path):
        _print(sys.stdout, text)
    else:
        write_whole(text, path, option)


def _write_json(report: Reported, path: Path) -> None:
    _write_text(as_json(report.to_json()), path, "--json")


def _write_sarif(report: Search, path: Path) -> None:
    from lockproof.report.sarif import as_sarif

    _write_text(as_sarif(_issues(report), Project.here(), __version__), path, "--sarif")


def _write_junit(report: Search, path: Path) -> None:
    from lockproof.report.junit import as_junit

    if isinstance(report, Batch):
        text = as_junit(report.reports, report.issues, report.not_checked())
    else:
        text = as_junit([report])
    _write_text(text, path, "--junit")


def _write_annotations(report: Search, path: Path) -> None:
    _write_text(as_annotations(_issues(report), Project.here()), path, "--github")


def _write_summary(report: Batch | Report, path: Path) -> None:
    from lockproof.report.markdown import as_markdown

    batch = report if isinstance(report, Batch) else batch_of_report(report)
    _write_text(as_markdown(batch), path, "--summary")


def written_as_page(sources: Sequence[LoadedReport], path: Path, gaps: Sequence[str] = ()) -> None:
    """Write the page on these reports; `gaps` are sentences on what was not checked."""
    from lockproof.report.html.render import html_page, write_html

    if _is_output(path):
        _print(sys.stdout, html_page(sources, __version__, gaps))
    else:
        write_html(sources, __version__, path, gaps)
        click.echo(f"lockproof: the page is in {path}", err=True)


def _write_page(report: Reported, path: Path) -> None:
    reports: Sequence[Document] = report.reports if isinstance(report, Batch) else [report]
    gaps: Sequence[str] = ()
    if isinstance(report, Batch):
        gaps = [*(each.title + ": " + each.message for each in report.not_checked()), *report.gaps()]
    written_as_page([LoadedReport("", each) for each in reports], path, gaps)


def _page_is_ready() -> None:
    from lockproof.report.html.render import need_templates

    need_templates()


def _write_test(report: Report | Batch, path: Path) -> None:
    """Write the first finding as a test; without one, say why there is no test."""
    if isinstance(report, Batch):
        report = report.reports[0]
    if not report.findings:
        why = "the lines above already repeat what one thread alone shows" if report.nonconformances else ""
        if report.verdict is Verdict.UNKNOWN:
            why = f"nothing was found, and not everything was judged ({report.unknown[0].text})"
        click.echo(f"lockproof: {why or 'nothing was found'}, so no test was written", err=True)
        if report.verdict is Verdict.UNKNOWN:
            click.echo(f"  next step: {report.unknown[0].step}", err=True)
        return
    try:
        path.write_text(regression_test(report, report.findings[0]), encoding="utf-8")
    except OSError as error:
        raise LockproofError(f"the test cannot be written to {path}: {error.strerror or error}") from None
    click.echo(f"lockproof: the test is in {path}", err=True)


JSON: Final = Format(
    "--json",
    "Write the report as JSON too; - is standard output, and the text then goes to standard error.",
    _write_json,
)
HTML: Final = Format(
    "--html",
    "Write the report as a page for a browser too, in one file; - is standard output. Needs lockproof[html].",
    _write_page,
    _page_is_ready,
)
TEST: Final = Format(
    "--emit-test", "Write a test for pytest that fails until the finding is mended.", _write_test, after_text=True
)
SARIF: Final = Format(
    "--sarif", "Write what was found as SARIF 2.1.0 too, for code scanning and editors.", _write_sarif
)
JUNIT: Final = Format("--junit", "Write the verdict as JUnit XML too, for servers that show tests.", _write_junit)
GITHUB: Final = Format(
    "--github", "Write annotations for a job on GitHub too; there, give - for its log.", _write_annotations
)

SUMMARY: Final = Format(
    "--summary", "Write the table as Markdown too, for the page of a job on GitHub.", _write_summary
)

FOR_PROGRAMS: Final = (SARIF, JUNIT, GITHUB)
"""The formats that other programs show beside the source."""

OF_EACH: Final = (HTML, JSON)
"""The formats of every command that makes a report."""

OF_MUTANTS: Final = (*OF_EACH, *FOR_PROGRAMS)
"""The formats of mutate."""

OF_A_SEARCH: Final = (TEST, *OF_MUTANTS)
"""The formats of the commands that search for findings: check and explore."""

OF_SEVERAL: Final = (*OF_MUTANTS, SUMMARY)
"""The formats of merge."""

OF_CHECK: Final = (TEST, *OF_SEVERAL)
"""The formats of check."""


def written_as(formats: Sequence[Format]) -> Adds:
    """Return the decorator that adds the options of these formats. The command gets what the user gave as `files`."""
    parameters = {f"{each.option.strip('-').replace('-', '_')}_file": each for each in formats}

    def add(command: Command) -> Command:
        @functools.wraps(command)
        def with_files(**given: Any) -> int:
            named = [(each, given.pop(parameter)) for parameter, each in parameters.items()]
            files = [(each, path) for each, path in named if path is not None]
            printed = [each.option for each, path in files if _is_output(path)]
            if len(printed) > 1:
                raise click.UsageError(f"only one of {' and '.join(printed)} can go to standard output: name a file")
            for each, _ in files:
                each.ready()
            status: int = command(files=files, **given)
            return status

        for parameter, each in reversed(parameters.items()):
            click.option(each.option, parameter, metavar="FILE", callback=report_file, help=each.help_text)(with_files)
        return with_files

    return add


def deliver(report: Reported, show: Callable[[Console], None], files: Files, *, complete: bool = True) -> None:
    """Print a report as text, and write the files.

    If a file is `-`, the text goes to standard error.

    Args:
        report: the report.
        show: prints the report on a console.
        files: what the user asked for.
        complete: false for the report on a run that was interrupted.

    Raises:
        LockproofError: a file cannot be written.

    """
    before = [(each, path) for each, path in files if not each.after_text]
    for each, path in before:
        each.write(report, path)
    stream = sys.stderr if any(_is_output(path) for _, path in before) else sys.stdout
    console = console_on(stream)
    with console.capture() as captured:
        show(console)
    _print(stream, captured.get())
    for each, path in files:
        if each.after_text and complete:
            each.write(report, path)


def _is_output(path: Path) -> bool:
    return str(path) == "-"


def _print(stream: TextIO, text: str) -> None:
    """Print the text, with escapes for characters that the encoding lacks. Stop quietly if the reader has gone."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The exit status still shows the verdict. Without this, the interpreter complains as it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
