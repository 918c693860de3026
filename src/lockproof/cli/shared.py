"""What the commands share beside options: imports from the working directory, delivery of reports, Ctrl-C."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

import click
from rich.console import Console

from lockproof.report.jsonfile import as_json, write_json
from lockproof.report.page import console_on

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


def import_from_here() -> None:
    """Make modules of the working directory importable, as `python -m` does. An installed command does not do it."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def interrupted(when: str) -> int:
    """Print that the command was interrupted while it was at `when`, and return the exit status."""
    click.echo(f"lockproof: interrupted while {when}", err=True)
    return INTERRUPTED


def deliver(document: dict[str, Any], show: Callable[[Console], None], json_file: Path | None) -> None:
    """Print a report as text, and write it as JSON if a file is given.

    The file is written first: the reader of the text, like `head`, may close the pipe at any moment. For the file `-`,
    JSON goes to standard output and the text to standard error.

    Args:
        document: the report as JSON data.
        show: prints the report on a console.
        json_file: the file for JSON, or None.

    Raises:
        LockproofError: the file cannot be written.

    """
    to_output = json_file is not None and str(json_file) == "-"
    if json_file is not None and not to_output:
        write_json(document, json_file)
    stream = sys.stderr if to_output else sys.stdout
    console = console_on(stream)
    with console.capture() as captured:
        show(console)
    if to_output:
        _write(sys.stdout, as_json(document))
    _write(stream, captured.get())


def _write(stream: TextIO, text: str) -> None:
    """Write the text, with escapes for characters that the encoding lacks. Stop quietly if the reader has gone."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The exit status still shows the verdict. Without this, the interpreter complains as it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
