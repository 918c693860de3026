"""`python -m benchmarks.explorer`: how many schedules a second, beside the other tools that control Python threads.

All explore the same two threads on a correct set with a lock, in turns, each in a process of its own, so that what
else the machine does touches all alike: compare the ratios of one run, never figures of two.

lockproof            a scenario, as `lockproof check` explores it: no Thread objects in between
lockproof, Thread    a function that makes `threading.Thread`s, as `lockproof explore` takes it
  traces             every behaviour: of all schedules that order the conflicting steps alike, one
  orders             all orders of lock operations (sync mode)
  preemptions        all schedules with at most two preemptions, before any instruction that can matter
  surw, pct, random  drawn schedules, at the same points
frontrun             DPOR; without its interception of input and output, which makes it a little faster
interleave-test      PCT, depth-first search with at most two preemptions, random; every instruction

A ratio is the median over the rounds of (schedules a second of this row / of the peer in the same round); for
interleave-test, of its fastest strategy in that round. "whole search" is how many schedules a search took that came to
its end. The bar: 20 times frontrun's DPOR, 8 times the best of interleave-test, in every row.

Where other programs want the processors, `chrt -f 5 python -m benchmarks.explorer` keeps these for the benchmark, if
the system allows that.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.contenders import DISTRIBUTIONS, OPERATIONS, STRATEGIES
from lockproof.core import environment

ROOT = Path(__file__).resolve().parents[1]
GOALS = {"frontrun": 20.0, "interleave-test": 8.0}
"""How many times as fast as a peer every row of lockproof is to be."""

INSTALLING = """\
The peers go into an environment of their own, of the same build of Python as the one that runs this:

    python -m venv peers
    peers/bin/python -m pip install frontrun==0.7.0 interleave-test==0.1.0
    python -m benchmarks.explorer --peers peers/bin/python

frontrun has wheels that ask for glibc 2.39 on a free-threaded build, though its code needs no more than 2.34; on an
older system, fetch the wheel by `pip download --no-deps --platform manylinux_2_39_x86_64 --abi cp313t
frontrun==0.7.0` and unpack it into the site-packages of the environment by `python -m zipfile -e`.
"""


@dataclass
class Contender:
    """One tool with one strategy: its process while it takes part, and what it came to in each round."""

    tool: str
    strategy: str
    rates: list[float] = field(default_factory=list)
    search: int | None = None
    missing: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    @property
    def peer(self) -> bool:
        """Whether this is another tool than ours."""
        return self.tool in DISTRIBUTIONS

    def enter(self, python: str, operations: int) -> None:
        """Start the process, and hear who it is."""
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.contenders", self.tool, self.strategy, str(operations)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.facts = self._hear()
        self.missing = self.facts["missing"]

    def turn(self, seconds: float, *, counts: bool = True) -> None:
        """Let it explore for so long. The first turn of a process does not count: it imports and compiles."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        answer = self._hear()
        if counts:
            self.rates.append(answer["schedules"] / answer["seconds"])
        self.search = answer["search"] or self.search

    def leave(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _hear(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.tool}, {self.strategy}, has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def compete(contenders: Sequence[Contender], options: argparse.Namespace) -> None:
    """Let all take part, in turns. Every round begins with another one, so that none always follows the same."""
    try:
        for each in contenders:
            each.enter(options.peers if each.peer else sys.executable, options.operations)
        able = [each for each in contenders if not each.missing]
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("explorer", total=(options.rounds + 1) * len(able))
            for number in range(options.rounds + 1):
                first = number % len(able)
                for each in (*able[first:], *able[:first]):
                    progress.update(task, description=f"{each.tool}: {each.strategy}")
                    each.turn(options.seconds, counts=number > 0)
                    progress.advance(task)
    finally:
        for each in contenders:
            each.leave()


def bars(contenders: Sequence[Contender]) -> dict[str, list[float]]:
    """Return by peer the rate of each round that the others are held against: that of its fastest strategy."""
    found = {}
    for tool in DISTRIBUTIONS:
        rates = [each.rates for each in contenders if each.tool == tool and each.rates]
        if rates:
            found[tool] = [max(row) for row in zip(*rates, strict=True)]
    return found


def ratio(rates: Sequence[float], bar: Sequence[float]) -> float:
    """Return the median ratio of a round."""
    return statistics.median(mine / theirs for mine, theirs in zip(rates, bar, strict=True))


def table(contenders: Sequence[Contender], operations: int) -> Table:
    """Return what everybody came to, as a table."""
    texts = " || ".join("; ".join(each[:operations]) for each in OPERATIONS)
    shown = Table(title=f"schedules a second; {environment.current()}\n{texts}")
    shown.add_column("tool")
    shown.add_column("strategy")
    against = bars(contenders)
    for head in ("median", "lowest", "highest", "whole search", *(f"times {tool}" for tool in DISTRIBUTIONS)):
        shown.add_column(head, justify="right")
    before = ""
    for each in contenders:
        name = "" if each.tool == before else each.tool
        before = each.tool
        if not each.rates:
            shown.add_row(name, each.strategy, "not installed")
            continue
        version = each.facts["version"]
        shown.add_row(
            f"{name} {version}".rstrip() if name else "", each.strategy, f"{statistics.median(each.rates):,.0f}",
            f"{min(each.rates):,.0f}", f"{max(each.rates):,.0f}", f"{each.search:,}" if each.search else "",
            *(f"{ratio(each.rates, against[tool]):.1f}" if tool in against else "" for tool in DISTRIBUTIONS),
        )  # fmt: skip
    return shown


def told(contenders: Sequence[Contender]) -> list[str]:
    """Return sentences: whether the bars were reached, and what makes figures worth less."""
    said = []
    against = bars(contenders)
    for tool, goal in GOALS.items():
        if tool not in against:
            said.append(f"{tool} is not installed: nothing is said of the goal of {goal:g} times its speed")
            continue
        slowest = min(
            (ratio(each.rates, against[tool]), f"{each.tool}: {each.strategy}") for each in contenders if not each.peer
        )
        verdict = "reached by every row" if slowest[0] >= goal else "NOT reached by every row"
        said.append(f"goal of {goal:g} times {tool}: {verdict}; the slowest is {slowest[1]}, {slowest[0]:.1f} times")
    here = environment.current()
    for tool in against:
        facts = next(each.facts for each in contenders if each.tool == tool)
        if (facts["build"], facts["gil"]) != (here.build, here.gil):
            on = "on" if facts["gil"] else "off"
            said.append(f"{tool} ran on {facts['build']}, GIL {on}: its ratios compare two different builds")
    return said


def main() -> int:
    """Measure, print a table, and return the exit status: 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer", description=__doc__, epilog=INSTALLING,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="turns that count, of each (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn, at least (default %(default)s)")
    parser.add_argument("--operations", type=int, default=3, choices=range(1, len(OPERATIONS[0]) + 1),
                        help="of each of the two threads (default %(default)s)")  # fmt: skip
    parser.add_argument("--peers", metavar="PYTHON", default=sys.executable,
                        help="an interpreter that has the peers (default: this one); see below")  # fmt: skip
    parser.add_argument("--tools", nargs="+", choices=STRATEGIES, default=list(STRATEGIES), help="only these")
    options = parser.parse_args()
    contenders = [Contender(tool, each) for tool in options.tools for each in STRATEGIES[tool]]
    compete(contenders, options)
    Console(width=150 if not sys.stdout.isatty() else None).print(table(contenders, options.operations))
    for line in told(contenders):
        print(line)
    if any(each.missing for each in contenders):
        print(f"\n{INSTALLING}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
