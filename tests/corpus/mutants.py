"""`python -m tests.corpus.mutants`: would lockproof notice a flaw in the locks of the mended classes?

`lockproof mutate` over the mended half of the corpus, as a table of scores. The reviewed files beside this one, one for
each module, say of mutants why nobody can tell them from their class. Interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from lockproof.campaign.mutate import mutate_target
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import Fate, MutationReport
from lockproof.core.options import MutateOptions
from lockproof.report.progress import ProgressLine
from tests.corpus import PAIRS

REVIEWED: Final = Path(__file__).with_name("reviewed")


def table(reports: dict[str, MutationReport]) -> Table:
    """Return the scores as a table."""
    shown = Table(title=f"mutants of the corpus; {environment.current()}", box=None)
    for head in ("pair", "mutants", *(fate.value for fate in Fate), "GIL-masked", "score", "seconds"):
        shown.add_column(head, justify="left" if head == "pair" else "right")
    for name, report in reports.items():
        score = "-" if report.score is None else f"{report.score:.0%}"
        counts = [str(report.count(fate) or "") for fate in Fate]
        shown.add_row(name, str(len(report.judged)), *counts, str(report.masked or ""), score, f"{report.seconds:.0f}")
    return shown


def main() -> int:
    """Check the mutants of what the command line asks for; 0 if 95 % of those that are valid were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.mutants", description=__doc__)
    parser.add_argument("pairs", nargs="*", help="only these pairs")
    parser.add_argument("--budget", type=float, default=4.0, help="seconds for each mutant (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=Path, default=MutateOptions.store)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    reports: dict[str, MutationReport] = {}
    refused: dict[str, str] = {}
    with ProgressLine(Console(stderr=True)) as progress:
        for pair in PAIRS:
            if given.pairs and pair.name not in given.pairs:
                continue
            module = pair.mended.partition(":")[0].rpartition(".")[2]
            reviewed = REVIEWED / f"{module}.toml"
            options = MutateOptions(budget=given.budget, seed=given.seed, equivalents=reviewed, store=given.store)
            try:
                reports[pair.name] = mutate_target(pair.mended, options, progress)
            except LockproofError as error:
                refused[pair.name] = error.fact
    Console(width=160 if not sys.stdout.isatty() else None).print(table(reports))
    for name, why in refused.items():
        print(f"{name}: {why}")
    killed = sum(report.count(Fate.KILLED) for report in reports.values())
    left = [each for report in reports.values() for each in report.judged
            if each.fate in (Fate.SURVIVED, Fate.TIMED_OUT)]  # fmt: skip
    for each in left:
        print(f"{each.fate.value}: {each.mutant.id}  {each.mutant.said}")
    score = killed / (killed + len(left)) if killed + len(left) else 0.0
    print(f"killed {killed} of {killed + len(left)} valid mutants: {score:.1%}; seed {given.seed}")
    if given.json:
        document = {"reports": {name: report.to_json() for name, report in reports.items()}, "refused": refused}
        given.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if score >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
