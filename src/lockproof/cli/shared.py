"""What the commands share beside options and formats: imports from the working directory, and Ctrl-C."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

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
