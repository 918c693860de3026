"""The options that several commands have, each declared once.

Each function here returns the decorator that adds its option to a command. The command passes only what is its own: a
default, or a help text where the option means something else to it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lockproof.core.options import LEAST_MEMORY, LEAST_SCHEDULES, CheckOptions, ExploreOptions, Options
from lockproof.core.settings import seconds
from lockproof.core.verdict import Consistency

type Command = Callable[..., Any]
type Adds = Callable[[Command], Command]
"""Adds an option to a command."""


def budget(help_text: str, default: float = Options.budget) -> Adds:
    """Return the option `--budget`; its value is in seconds."""
    return click.option("--budget", metavar="TIME", callback=duration, default=f"{default:g}s", show_default=True,
                        help=help_text)  # fmt: skip


def counts() -> Adds:
    """Return the options `--runs` and `--schedules`, which end a check instead of its budget."""
    runs = click.option("--runs", type=click.IntRange(min=1), metavar="N",
                        help="End after so many runs on real threads, and not by time. Alone, it leaves schedules "
                        "out.")  # fmt: skip
    schedules = click.option("--schedules", type=click.IntRange(min=LEAST_SCHEDULES), metavar="N",
                             help="End after so many schedules under control: then a seed gives the same result on "
                             "each machine. Alone, it leaves real threads out.")  # fmt: skip
    return lambda command: runs(schedules(command))


def scenarios() -> Adds:
    """Return the option `--scenarios`; its value is the name of a file."""
    return click.option("--scenarios", metavar="FILE", type=click.Path(dir_okay=False),
                        help="Try the scenarios first that this file keeps for the target, and add those that fail; "
                        "commit it.")  # fmt: skip


def seed() -> Adds:
    """Return the option `--seed`."""
    return click.option("--seed", type=click.IntRange(min=0),
                        help="Repeat the random choices of a run that showed this seed.")  # fmt: skip


def threads() -> Adds:
    """Return the option `--threads`."""
    return click.option("--threads", type=click.IntRange(min=2), default=CheckOptions.threads, show_default=True,
                        help="The most threads of a scenario.")  # fmt: skip


def model(help_text: str, *, required: bool = False) -> Adds:
    """Return the option `--model`; its value is the name of a kind or `module:Class`."""
    return click.option("--model", metavar="NAME", required=required, help=help_text)


def factory(help_text: str = "A function without parameters that makes the subject.") -> Adds:
    """Return the option `--factory`."""
    return click.option("--factory", metavar="MODULE:FUNCTION", help=help_text)


def teardown() -> Adds:
    """Return the option `--teardown`."""
    return click.option("--teardown", metavar="LINE",
                        help='A line that ends the subject after each run, like "a.close()": its threads, files or '
                        "connections. By default close, stop, shutdown or __exit__, where threads are left; "
                        '"" for nothing.')  # fmt: skip


def skip() -> Adds:
    """Return the option `--skip`, which may be given several times."""
    return click.option("--skip", metavar="NAME", multiple=True,
                        help="Excuse a public member of the class: no operation calls it, and HELD does not need it. "
                        "May be given several times.")  # fmt: skip


def scenario(help_text: str) -> Adds:
    """Return the option `--scenario`."""
    return click.option("--scenario", metavar="TEXT", help=help_text)


def times() -> Adds:
    """Return the option `--times`."""
    return click.option("--times", type=click.IntRange(min=1), default=ExploreOptions.times, show_default=True,
                        help="How often to run the schedule.")  # fmt: skip


def hang(help_text: str = "How long nothing may go on before that is a hang.") -> Adds:
    """Return the option `--hang`; its value is in seconds."""
    return click.option("--hang", metavar="TIME", callback=duration, default=f"{Options.hang:g}s",
                        show_default=True, help=help_text)  # fmt: skip


def memory(help_text: str, *, least: int = LEAST_MEMORY, default: int = Options.memory) -> Adds:
    """Return the option `--memory`; its value is in MiB."""
    return click.option("--memory", type=click.IntRange(min=least), default=default, show_default=True, metavar="MIB",
                        help=help_text)  # fmt: skip


def consistency() -> Adds:
    """Return the option `--consistency`; its value is a `Consistency`."""
    return click.option(
        "--consistency", type=click.Choice([each.value for each in Consistency]), callback=_consistency,
        default=CheckOptions.consistency.value, show_default=True,
        help="What histories are judged by. Sequential: real time between threads does not count. Quiescent: order "
        "counts only across moments at which nothing runs.",
    )  # fmt: skip


def dask() -> Adds:
    """Return the option `--dask`."""
    return click.option("--dask", metavar="ADDRESS",
                        help="Check on a Dask cluster, whose workers can import TARGET: the address of its scheduler, "
                        "or local for workers on this machine. It needs the extra lockproof[dask].")  # fmt: skip


def dask_resource() -> Adds:
    """Return the option `--dask-resource`."""
    return click.option("--dask-resource", metavar="NAME",
                        help="Check only on workers that were started with this resource, as in dask worker "
                        '--resources "3.13t=1": those of one build, where a cluster has several.')  # fmt: skip


def duration(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of a length of time like `10s`; None for an option that was not given."""
    if value is None:
        return None
    try:
        return seconds(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no length of time; write 500ms, 10s or 2m") from None


def shard(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Return the number and the count of a shard like `3/8`; None for an option that was not given."""
    if value is None:
        return None
    number, slash, count = value.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise click.BadParameter(f"{value!r} is no part of the work; write 3/8 for the third of eight")
    return int(number), int(count)


def report_file(_: click.Context, __: click.Parameter, value: str | None) -> Path | None:
    """Return the file that a report goes to, None for an option that was not given.

    A file that cannot be written to is refused here, before anything runs.
    """
    if value is None:
        return None
    path = Path(value)
    if value == "-":
        return path
    if path.is_dir() or not path.parent.is_dir():
        what = "it is a directory" if path.is_dir() else f"there is no directory {path.parent}"
        raise click.BadParameter(f"the report cannot be written to {value!r}: {what}")
    return path


def _consistency(_: click.Context, __: click.Parameter, value: str) -> Consistency:
    return Consistency(value)
