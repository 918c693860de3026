"""`python -m tests.corpus.labels`: the label GIL-masked over the corpus, beside what real threads show on this build.

Each broken class is asked with the scenario that is known to show its flaw (`Pair.race`): once under control, for the
label, and for a second or two on real threads, for the share of runs that failed. With `--beside FILE`, what the other
build wrote with `--json`, both are told in one table, and where label and threads disagree.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, ExploreOptions
from tests.corpus import PAIRS, Pair

ALONE = ", one thread alone"
"""The class waits for itself: there is nothing to schedule."""


@dataclass(frozen=True)
class Label:
    """What was seen of one pair: `failures` of `tries` runs on real threads, or `hung`."""

    name: str
    flaw: str
    found: str
    label: str
    failures: int
    tries: int
    hung: bool

    @property
    def rate(self) -> str:
        """The share of runs that failed, as text."""
        if self.hung:
            return "hangs"
        return f"{100 * self.failures / self.tries:.2g} %" if self.failures else f"0 of {self.tries:,}"


def labelled(pair: Pair, seconds: float, seed: int) -> Label:
    """Explore the scenario of a pair, and run it on real threads."""
    label = found = ""
    failures, tries, hung = 0, 0, False
    try:
        report = explore_target(pair.broken, ExploreOptions(budget=6.0, seed=seed, scenario=pair.race))
        for finding in report.findings[:1]:
            found = finding.kind.value + (ALONE if finding.detail.startswith("one thread alone") else "")
            if finding.control is not None and finding.control.masking is not None:
                label = finding.control.masking.value
        options = CheckOptions(budget=seconds, seed=seed, scenario=pair.race, engine="threads", hang=1.5)
        real = check_target(pair.broken, options)
        tries = real.coverage.invocations
        failures = sum(finding.failures for finding in real.findings if finding.histogram)
        hung = any(not finding.histogram for finding in real.findings)
    except LockproofError as error:
        found = f"not judged: {error.fact.partition(': ')[2] or error.fact}"
    return Label(pair.name, pair.flaw, found, label, failures, tries, hung)


def compared(free: Label, gil: Label) -> str:
    """Say where the label and what real threads show do not agree, in the words of docs/corpus.md; "" where they do."""
    shown = gil.failures > 0 or gil.hung
    if free.label == "GIL-masked" and shown:
        return "masked, but the standard build shows it"
    if free.label == "shown with the GIL too" and not shown:
        return "rare"
    if not free.label and not free.found.endswith(ALONE) and (free.failures or free.hung):
        return "threads only"
    return ""


def main() -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.labels", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="on real threads, for each (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--beside", type=Path, metavar="FILE", help="what a standard build wrote; this one is without GIL"
    )
    options = parser.parse_args()
    rows = []
    pairs = [pair for pair in PAIRS if pair.shows != "sequential"]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("labels", total=len(pairs))
        for pair in pairs:
            progress.update(task, description=pair.name)
            rows.append(labelled(pair, options.seconds, options.seed))
            progress.advance(task)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    beside = {}
    if options.beside:
        beside = {each["name"]: Label(**each) for each in json.loads(options.beside.read_text(encoding="utf-8"))}
    print(f"{environment.current()}; seed {options.seed}\n")
    print("| pair | under control | label | fails here | fails beside | disagree |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        other = beside.get(row.name)
        there, said = (other.rate, compared(row, other)) if other else ("", "")
        print(f"| {row.name} | {row.found or 'not found'} | {row.label} | {row.rate} | {there} | {said} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
