"""`python -m benchmarks.sctbench`: how many schedules each strategy needs for known bugs, beside what is published.

Each cell is the mean of the trials that found the bug, with `*` where some did not and `x` where none did, as the
published tables have it. The portfolio is what `lockproof explore` does by default, within its default budget. Mended
twins are explored by the portfolio too, and must never be flagged.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.sctbench.programs import PROGRAMS
from lockproof.core import environment

STRATEGIES = ("portfolio", "surw", "pct", "pos", "random", "few", "rare")
PUBLISHED = {"surw": "SURW", "pct": "PCT3", "pos": "POS", "random": "random walk"}


@dataclass
class Cell:
    """What the trials of one program under one strategy came to."""

    trials: int = 0
    found: int = 0
    schedules: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.trials:
            return ""
        if not self.found:
            return "x"
        return f"{sum(self.schedules) / self.found:,.0f}{'*' if self.found < self.trials else ''}"


@dataclass
class Row:
    """One program: its cells by strategy, and what its mended twin came to."""

    name: str
    cells: dict[str, Cell]
    flagged: int = 0
    mended_schedules: int = 0


class Trials:
    """The process that runs trials; a new one after it has died or was given too much time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **request: object) -> dict[str, object]:
        """Return the answer to a request; `found` is false if the process died."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.sctbench.trial"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, object] = json.loads(line) if line else {"found": False, "schedules": 0, "seconds": 0.0}
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def measure(name: str, strategies: Sequence[str], trials: int, most: int, seconds: float, seed: int) -> Row:
    """Run all trials of one program."""
    process = Trials()
    row = Row(name, {})
    try:
        for strategy in strategies:
            cell = row.cells[strategy] = Cell()
            for number in range(trials):
                answer = process.ask(program=name, mended=False, strategy=strategy, seed=seed + number, most=most,
                                     seconds=seconds)  # fmt: skip
                cell.trials += 1
                if answer["found"]:
                    cell.found += 1
                    cell.schedules.append(int(str(answer["schedules"])))
                    cell.seconds.append(float(str(answer["seconds"])))
        answer = process.ask(program=name, mended=True, strategy="portfolio", seed=seed, most=most, seconds=seconds)
        row.flagged, row.mended_schedules = int(bool(answer["found"])), int(str(answer["schedules"]))
    finally:
        process.close()
    return row


def table(rows: Sequence[Row], strategies: Sequence[str]) -> Table:
    """Return the rows as a table, published means in brackets."""
    shown = Table(title=f"mean schedules to the bug [published]; {environment.current()}")
    shown.add_column("program")
    for strategy in strategies:
        shown.add_column(strategy, justify="right")
    shown.add_column("mended twin", justify="right")
    for row in rows:
        published = PROGRAMS[row.name].published
        cells = []
        for strategy in strategies:
            known = published.get(PUBLISHED.get(strategy, ""), "")
            cells.append(f"{row.cells[strategy]}{f' [{known}]' if known else ''}")
        twin = "FLAGGED" if row.flagged else f"held, {row.mended_schedules:,}"
        shown.add_row(row.name, *(cell.replace("[", r"\[") for cell in cells), twin)
    return shown


def main() -> int:
    """Measure what is asked for; 1 if the portfolio missed a bug other than SafeStack's, or a twin was flagged."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sctbench", description=__doc__)
    parser.add_argument("programs", nargs="*", help="only these")
    parser.add_argument("--trials", type=int, default=20, help="trials for each strategy (default %(default)s)")
    parser.add_argument("--most", type=int, default=10_000, help="schedules of a trial (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of a trial (default %(default)s)")
    parser.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    names = [name for name in PROGRAMS if not options.programs or name in options.programs]
    rows = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sctbench", total=len(names))
        for name in names:
            progress.update(task, description=name)
            rows.append(measure(name, options.strategies, options.trials, options.most, options.seconds, options.seed))
            progress.advance(task)
    Console(width=150 if not sys.stdout.isatty() else None).print(table(rows, options.strategies))
    missed = [row.name for row in rows if (cell := row.cells.get("portfolio")) and cell.found < cell.trials]
    flagged = [row.name for row in rows if row.flagged]
    for strategy in options.strategies:
        print(f"{strategy}: found {sum(row.cells[strategy].found > 0 for row in rows)} of {len(rows)}")
    print("not found by the portfolio in each trial: " + (", ".join(missed) or "none"))
    print("mended and flagged: " + (", ".join(flagged) or "none"))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 1 if flagged or set(missed) - {"SafeStack"} else 0


if __name__ == "__main__":
    sys.exit(main())
