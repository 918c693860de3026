"""What the commands share beside options: imports from the working directory, reports handed over, Ctrl-C."""

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


def import_from_here() -> None:
    """Put the working directory on the path, as `python -m` does and an installed command does not."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def interrupted(when: str) -> int:
    click.echo(f"lockproof: interrupted while {when}", err=True)
    return INTERRUPTED


def deliver(document: dict[str, Any], show: Callable[[Console], None], json_file: Path | None) -> None:
    """Write the file first: whatever reads the text may go away at any moment."""
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
    """Write all of the text, whatever the encoding; where the reader has had enough, leave it at that."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The status still says the verdict, and the interpreter must not complain when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
