"""`python -m benchmarks.cluster`: runs a second on one and on two workers of Dask, and what going through Dask costs.

A unit checks `queue.Queue` with one scenario and a fixed number of runs, so that all units are the same work. Each way
runs the same units, in turns; compare the ratios of one round, never figures of two. Time counts from the first sign of
a unit to the last outcome: starting a cluster on this machine takes seconds once, and is told apart.

direct, 1   one process after the other, without Dask
dask, 1     the same on a cluster of this machine with one worker
dask, 2     with two workers, which need two processors to themselves: the load of the machine is told too

The bar: two workers make 1.8 times the runs of one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lockproof.audit.cluster.driver import ClusterRunner
from lockproof.audit.runner import LocalRunner, UnitRunner
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Unit

GOAL = 1.8
WAYS = ("direct, 1", "dask, 1", "dask, 2")


@dataclass(frozen=True)
class Turn:
    """What a way came to in a round: runs, seconds from the first sign to the last outcome, seconds before that."""

    runs: int
    seconds: float
    starting: float

    @property
    def speed(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds


def runner(way: str) -> UnitRunner:
    """Return the runner of a way."""
    where, jobs = way.split(", ")
    return LocalRunner(int(jobs)) if where == "direct" else ClusterRunner("local", jobs=int(jobs))


def turn(way: str, units: Sequence[Unit]) -> Turn:
    """Run the units in one way."""
    signs: list[float] = []

    def tell(_: Unit, __: Progress) -> None:
        if not signs:
            signs.append(time.perf_counter())

    start, runs = time.perf_counter(), 0
    last = start
    for outcome in runner(way).run_all(units, tell):
        if outcome.report is None:
            raise LockproofError(f"a unit of {way!r} has no report: {outcome.trace}")
        runs += outcome.report.coverage.invocations
        last = time.perf_counter()
    return Turn(runs, last - signs[0], signs[0] - start)


def main() -> int:
    """Measure, print the ratios, and return the exit status: 0 whatever the figures are, 2 where Dask is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="turns of each way (default %(default)s)")
    parser.add_argument("--units", type=int, default=8, help="in each turn (default %(default)s)")
    parser.add_argument("--runs", type=int, default=20_000, help="of each unit (default %(default)s)")
    options = parser.parse_args()
    asked = CheckOptions(scenario="a.put(1) || a.qsize()", invocations=options.runs, engine="threads", budget=600.0)
    units = [Unit("queue:Queue", CheckOptions(**{**vars(asked), "seed": seed})) for seed in range(options.units)]
    print(f"{environment.current()}; load at the start: {os.getloadavg()[0]:.1f}")
    turns: dict[str, list[Turn]] = {way: [] for way in WAYS}
    try:
        for number in range(options.rounds):
            for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
                turns[way].append(turn(way, units))
                print(f"round {number + 1}: {way}: {turns[way][-1].speed:,.0f} runs/s", file=sys.stderr)
    except LockproofError as error:
        print(error, file=sys.stderr)
        return 2
    for way in WAYS:
        median = statistics.median(each.speed for each in turns[way])
        starting = statistics.median(each.starting for each in turns[way])
        print(f"{way:12}{median:10,.0f} runs/s   {starting:5.1f} s to the first sign of a unit")
    for what, above, below in (
        ("two workers to one", "dask, 2", "dask, 1"),
        ("Dask to direct", "dask, 1", "direct, 1"),
    ):
        ratios = [a.speed / b.speed for a, b in zip(turns[above], turns[below], strict=True)]
        listed = " ".join(f"{each:.2f}" for each in ratios)
        print(f"{what}: {statistics.median(ratios):.2f} times (rounds: {listed})")
    print(f"the bar for two workers is {GOAL} times; load at the end: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
