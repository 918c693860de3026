"""The command `lockproof config`: the configuration as a check will use it, and where each value comes from."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from lockproof.cli.configuration import FILE, PROFILE_VARIABLE, TABLE, read_configuration
from lockproof.core.errors import LockproofError
from lockproof.report.page import Page, console_on
from lockproof.report.words import clean


@click.command(
    epilog="""\b
Examples:
  lockproof config
  lockproof config --profile ci

\b
Exit status:
  0    the configuration is right
  2    there is none, or it has a mistake
"""
)
@click.option("--profile", metavar="NAME", envvar=PROFILE_VARIABLE, help="Show the configuration with this profile.")
def config(profile: str | None) -> int:
    """Show what `lockproof check` without a target will do.

    The configuration is [tool.lockproof] of the pyproject.toml in the working directory.
    """
    targets = read_configuration(Path.cwd(), profile, {})
    if not targets:
        raise no_targets()
    page = Page(console_on(sys.stdout))
    page.whole(f"{FILE}, {f'profile {clean(profile)}' if profile else 'no profile'}")
    for each in targets:
        page.heading(clean(each.target))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        for name, setting in each.settings.items():
            if setting.value not in (None, ()) and not (name == "budget" and each.options.counted):
                value = ", ".join(setting.value) if isinstance(setting.value, tuple) else shown(setting.value)
                table.add_row(name, Text(clean(value)), Text(clean(setting.origin)))
        for entry in each.accepted:
            table.add_row("accepted", Text(clean(f"{entry.finding}: {entry.why}")), "")
        page.put(table)
    return 0


def shown(value: object) -> str:
    """Return a value as the file has it; lengths of time are in seconds."""
    return f"{value:g}s" if isinstance(value, float) else str(value)


def no_targets() -> LockproofError:
    """Return the error for a configuration without targets."""
    return LockproofError(
        f"Missing argument 'TARGET', and {FILE} in the working directory has no targets",
        "",
        f'name a target, or add [[{TABLE}.target]] with target = "package.module:Class"',
    )
