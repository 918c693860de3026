"""What the commands share beside options and formats: the messages of Ctrl-C, and of a fault of lockproof."""

from __future__ import annotations

from typing import Final

import click

from lockproof import __version__
from lockproof.core import environment

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


INTERNAL_ERROR: Final = 4
"""The exit status after a fault of lockproof itself."""


def internal_error(trace: str) -> int:
    """Print a fault of lockproof itself and what to send, and return the exit status."""
    click.echo(trace.rstrip(), err=True)
    click.echo(
        "lockproof: this is a fault of lockproof itself, not of the class\n"
        f"  next step: report it with the lines above, the command, and this: lockproof {__version__}, "
        f"{environment.current()}",
        err=True,
    )
    return INTERNAL_ERROR


def interrupted(when: str) -> int:
    """Print that the command was interrupted while it was at `when`, and return the exit status."""
    click.echo(f"lockproof: interrupted while {when}", err=True)
    return INTERRUPTED
