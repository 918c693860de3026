"""`python -m tests.corpus`: what lockproof finds in the corpus on this interpreter, as a table.

Each broken class must be a violation, or be told as one on a single thread where that is its flaw; each mended one must
hold. With `--rounds N` the mended ones are checked N times, each time with another seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lockproof.campaign.check_target import check_target
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.options import ENGINES, CheckOptions
from lockproof.core.verdict import Report, Verdict
from tests.corpus import PAIRS, Pair


@dataclass(frozen=True)
class Row:
    """What was seen of one pair: `how` it was found, after how many seconds, with how many parallel operations.

    `label` is what the controlled schedules say of the GIL, `failures` how many of `tries` runs on real threads failed.
    """

    name: str
    flaw: str
    shows: str
    found: bool
    expected: bool
    how: str
    seconds: float
    operations: int
    scenario: str
    mended: str
    label: str = ""
    failures: int = 0
    tries: int = 0


def measure(pair: Pair, budget: float, seed: int, rounds: int, mended_budget: float, engine: str) -> Row:
    """Check both classes of a pair."""
    report = _checked(pair.broken, budget, seed, engine)
    label, failures, tries = "", 0, 0
    concurrent = [finding for finding in report.findings if finding.concurrent]
    findings = concurrent or list(report.findings)
    if findings:
        first = findings[0]
        how, seconds, size = first.kind.value, first.seconds, first.scenario.size[0]
        scenario = str(first.scenario)
        failures, tries = (first.failures, first.tries) if first.histogram else (0, 0)
        if first.control is not None and first.control.masking is not None:
            label = first.control.masking.value
    elif report.nonconformances:
        how, seconds, size = "one thread", 0.0, 1
        scenario = "; ".join(report.nonconformances[0].lines)
    else:
        how, seconds, size, scenario = "-", report.coverage.seconds, 0, ""
    sequential = pair.shows == "sequential"
    found = bool(report.nonconformances or findings) if sequential else bool(findings)
    expected = not (pair.shows == "free-threaded" and sys._is_gil_enabled())
    return Row(
        pair.name, pair.flaw, pair.shows, found, expected, how, round(seconds, 2), size, scenario,
        _mended(pair, mended_budget, seed, rounds, engine), label, failures, tries,
    )  # fmt: skip


def _mended(pair: Pair, budget: float, seed: int, rounds: int, engine: str) -> str:
    for number in range(rounds):
        report = _checked(pair.mended, budget, seed + number, engine)
        if report.verdict is not Verdict.HELD:
            shown = [f"{each.kind.value}: {each.scenario}" for each in report.findings]
            shown += [f"one thread: {'; '.join(each.lines)}" for each in report.nonconformances]
            return f"{report.verdict.value}: {(shown or list(report.unknown))[0]}"
    return "held" if rounds else "not run"


def _checked(target: str, budget: float, seed: int, engine: str) -> Report:
    return check_target(target, CheckOptions(budget=budget, seed=seed, threads=3, engine=engine))


def table(rows: list[Row]) -> Table:
    """Return the rows as a table."""
    shown = Table(title=f"lockproof over the corpus; {environment.current()}")
    for head in ("pair", "flaw", "shows", "found", "seconds", "operations", "label", "mended"):
        shown.add_column(head, justify="right" if head in ("seconds", "operations") else "left")
    for row in rows:
        found = row.how if row.found else "NOT FOUND" if row.expected else "hidden by the GIL"
        shown.add_row(row.name, row.flaw, row.shows, found, f"{row.seconds:.2f}", str(row.operations), row.label,
                      row.mended)  # fmt: skip
    return shown


def main() -> int:
    """Measure what the command line asks for; 0 if all that can show was found and no mended class was accused."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("pairs", nargs="*", help="only these pairs")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds for a broken class (default %(default)s)")
    parser.add_argument(
        "--mended-budget", type=float, default=3.0, help="seconds for a mended one (default %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often a mended one is checked (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=ENGINES, default="both", help="what runs them (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    pairs = [pair for pair in PAIRS if not options.pairs or pair.name in options.pairs]
    rows = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("corpus", total=len(pairs))
        for pair in pairs:
            progress.update(task, description=pair.name)
            try:
                rows.append(
                    measure(pair, options.budget, options.seed, options.rounds, options.mended_budget, options.engine)
                )
            except LockproofError as error:
                print(f"{pair.name}: {error}", file=sys.stderr)
                rows.append(Row(pair.name, pair.flaw, pair.shows, False, True, "error", 0, 0, str(error), "not run"))
            progress.advance(task)
    Console(width=160 if not sys.stdout.isatty() else None).print(table(rows))
    missed = [row.name for row in rows if row.expected and not row.found]
    accused = [f"{row.name} ({row.mended})" for row in rows if row.mended not in ("held", "not run")]
    times = [row.seconds for row in rows if row.found]
    print(f"found {sum(row.found for row in rows)} of {len(rows)}; median {statistics.median(times or [0]):.2f} s; "
          f"within 0.5 s: {sum(t <= 0.5 for t in times)}; seed {options.seed}")  # fmt: skip
    print("not found, and should be: " + (", ".join(missed) or "none"))
    print("mended and accused: " + (", ".join(accused) or "none"))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 1 if missed or accused else 0


if __name__ == "__main__":
    sys.exit(main())
