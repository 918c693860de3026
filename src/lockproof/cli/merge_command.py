"""The command `lockproof merge`: the reports of shards as one, as if one machine had made them."""

from __future__ import annotations

from pathlib import Path

import click

from lockproof.cli.formats import OF_SEVERAL, Files, deliver, written_as
from lockproof.core.audited import merged
from lockproof.report.batch import Batch
from lockproof.report.batch_text import print_batch
from lockproof.report.documents import read_batches
from lockproof.report.known import read_baseline


@click.command(
    epilog="""\b
Examples:
  lockproof merge shards/*.json --html page.html --summary "$GITHUB_STEP_SUMMARY"
  lockproof merge 1.json 2.json 3.json --json all.json --sarif all.sarif

\b
Exit status: that of the gravest target, as for check; 3 if a shard is missing; 2 if a file is no
report.
"""
)
@click.argument("files_to_merge", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="Findings that this file lists do not fail.")  # fmt: skip
@click.option("--verbose", is_flag=True, help="Print the reports with VIOLATION and UNKNOWN too.")
@written_as(OF_SEVERAL)
def merge(files_to_merge: tuple[Path, ...], baseline: Path | None, verbose: bool, files: Files) -> int:
    """Put the reports of several jobs together.

    FILE is a JSON report of check: of a shard, of a package, or of one target. Reports with the same targets, options,
    seeds, sources and build add up: the result is that of one machine. Those of several builds stand side by side. What
    is missing is told.
    """
    audits, entries = read_batches(files_to_merge)
    known = read_baseline(baseline) if baseline is not None else ()
    batch = Batch(merged(audits), tuple(dict.fromkeys((*entries, *known))), whole=True)
    deliver(batch, lambda console: print_batch(batch, console, verbose=verbose), files)
    return batch.status
