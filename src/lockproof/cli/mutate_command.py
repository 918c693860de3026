"""The command `lockproof mutate`: is each lock of a class needed, and would a check notice its absence?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from lockproof.cli import parameters
from lockproof.cli.formats import OF_MUTANTS, Files, deliver, written_as
from lockproof.cli.shared import internal_error, interrupted
from lockproof.core.import_path import import_from_here
from lockproof.core.mutation_report import MutationFailed, MutationInterrupted
from lockproof.core.options import MutateOptions
from lockproof.report.mutants_text import print_mutants, print_mutation
from lockproof.report.page import console_on
from lockproof.report.progress import ProgressLine

SCORE_TOO_LOW: Final = 1
"""The exit status if the score is below --min-score, or a mutant in the file of --equivalents was killed."""


def _percent(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return a percentage as a share from 0 to 1; None for an option that was not given."""
    if value is None:
        return None
    try:
        number = float(value.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise click.BadParameter(f"{value!r} is no score; write a percentage, like 95")
    return number / 100


@click.command(
    epilog="""\b
Examples:
  lockproof mutate mypackage.cache:Cache
  lockproof mutate bag.py:Bag --list                     show the mutants, run none
  lockproof mutate bag.py:Bag --operator remove-lock --budget 30s
  lockproof mutate bag.py:Bag --equivalents bag-mutants.toml --min-score 100

\b
The file of --equivalents lists mutants that no check can kill, each with the reason:
  [[equivalent]]
  mutants = ["remove-lock:Bag.peek:3f2a91"]
  reason = "reads one reference, which is one step without the lock too"
It may also list scenarios that kill a mutant; they are tried first:
  [[killed]]
  mutants = ["remove-lock:Bag.add:51d07c"]
  scenario = "a.add(1) || a.add(1)"

\b
Exit status:
  0    all mutants were run, and the score is not below --min-score
  1    the score is below --min-score, or a mutant that is called equivalent was killed
  2    wrong usage; no source, no lock; compiled methods; the class fails as it is; a file changed
  4    lockproof itself failed: finished mutants are shown and kept, and what to send
  130  interrupted: finished mutants are kept, and the same command goes on from there
"""
)
@click.argument("target")
@parameters.budget("How long to check each mutant, if nothing is found in it.")
@parameters.seed()
@parameters.threads()
@parameters.model("What the class should do, as for check.")
@parameters.factory()
@parameters.teardown()
@click.option(
    "--operator", "operators", multiple=True, metavar="NAME", help="Use only this operator; may be given again."
)
@click.option("--equivalents", type=click.Path(path_type=Path), metavar="FILE",
              help="A reviewed file with the reasons why no check can kill some mutants.")  # fmt: skip
@click.option("--min-score", metavar="PERCENT", callback=_percent, help="Fail if fewer mutants are killed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Mutants at a time; by default one for each processor.")
@click.option("--list", "only_list", is_flag=True, help="Show the mutants, and run none.")
@parameters.hang()
@parameters.memory("How much memory a process may use, in MiB.")
@written_as(OF_MUTANTS)
def mutate(target: str, files: Files, min_score: float | None, only_list: bool, jobs: int | None, **given: Any) -> int:
    """Take the locks of a class away, one at a time, and see whether a check notices.

    TARGET is module:Class or path/file.py:Class. Its synchronization is found in its source, and each mutant has one
    flaw: a lock that is removed, a critical section that is shorter, a notify that is missing. Each is checked as
    lockproof check does it, with both engines, until something is found. A mutant that survives shows a lock that
    nobody needs, or a check that cannot see.
    """
    from lockproof.campaign.mutate import mutants_for, mutate_target

    import_from_here()
    mutate_options = MutateOptions(jobs=jobs or 0, **given)
    if only_list:
        console = console_on(sys.stdout)
        print_mutants(target, mutants_for(target, mutate_options).mutants, console)
        return 0
    progress = ProgressLine(console_on(sys.stderr))
    try:
        with progress:
            report = mutate_target(target, mutate_options, progress)
    except MutationInterrupted as stopped:
        partial = stopped.report
        deliver(partial, lambda console: print_mutation(partial, console), files, complete=False)
        return interrupted(f"{progress.line()}; the same command goes on from there")
    except MutationFailed as failed:
        partial = failed.report
        deliver(partial, lambda console: print_mutation(partial, console), files, complete=False)
        return internal_error(failed.trace)
    except KeyboardInterrupt:
        return interrupted(progress.line())
    deliver(report, lambda console: print_mutation(report, console), files)
    wrong = any(each.why for each in report.killed)
    return SCORE_TOO_LOW if wrong or (min_score is not None and (report.score or 0.0) < min_score) else 0
