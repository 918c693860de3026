"""`python -m benchmarks.runner`: how many invocations a second run on real threads, and what recording costs.

An invocation makes a subject, runs two operations on each of two threads at the same time, and counts the outcome.
The runners have their turns in one process, so that the figures can be compared:

lockproof       as `lockproof check` runs it: kept threads, spin barrier, results and real-time order recorded
locked          the same with a lock around each operation, as a class has it that is right
judged          the same, and each outcome judged as `lockproof check` does it: an outcome that came before is counted
unrecorded      as lockproof, but without what records the order of calls
naive           two new threads for each invocation, started at a threading.Barrier: what a test by hand does

Without the lock the subject is a check-then-act, and the share of invocations in which both threads win tells how well
the operations overlap. "overlap" is the share in which neither thread had ended before the other one began, as far as
the recorded order of calls tells. Give the shares a look, not only the speed: a fast runner that never overlaps finds
nothing.

The threads need a processor each at the same time. Where other programs want the processors, `chrt -f 5 python -m
benchmarks.runner` keeps these for the benchmark, if the system allows that: with eight other ready threads on two
processors a run took fifty times as long.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from lockproof.campaign.protocol.messages import Run
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.campaign.worker.requests import Worker
from lockproof.core import environment
from lockproof.core.scenario import Scenario
from lockproof.engines.threads.compiled import CompiledProgram
from lockproof.engines.threads.crew import Crew

SCENARIO = Scenario.parse("a.claim(1); a.discard(3) || a.claim(1); a.discard(4)")
OPERATIONS = 2
"""Of each thread."""

GOAL = 50_000
"""Invocations a second of locked operations, judged, that a free-threaded build is to reach."""


class Claims(set[int]):
    """A set with a check-then-act across a call, so that it can be interrupted with a GIL too."""

    def claim(self, x: int) -> bool:
        """Add x and tell whether it was new, wrongly."""
        if self.__contains__(x):
            return False
        self.add(x)
        return True


class LockedClaims(Claims):
    """The same with a lock around each operation: nothing is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def claim(self, x: int) -> bool:
        """Add x and tell whether it was new."""
        with self._lock:
            return super().claim(x)

    def discard(self, x: int) -> None:
        """Remove x if it is there."""
        with self._lock:
            super().discard(x)


class Unrecorded(CompiledProgram):
    """The code of a scenario without what records the order of calls; the barrier stays."""

    def _thread(self, t: int) -> list[str]:
        lines = []
        for line in super()._thread(t):
            if line.lstrip().startswith("_h") or line.startswith("  _mine[0] = _base + "):
                continue
            lines.append(line.partition(" = ")[0] + " = (_r0, _r1, 0, 0,)" if line.startswith("  out[i]") else line)
        return lines


def naive(invocations: int) -> Counter[Any]:
    """Run so many invocations with threads of their own, and count the outcomes."""
    outcomes: Counter[Any] = Counter()
    for _ in range(invocations):
        subject, barrier = Claims(), threading.Barrier(2)
        results: list[Any] = [None, None]

        def work(t: int, other: int, subject: Claims, barrier: threading.Barrier, results: list[Any]) -> None:
            barrier.wait(10)
            results[t] = (subject.claim(1), subject.discard(other))

        threads = [threading.Thread(target=work, args=(t, 3 + t, subject, barrier, results)) for t in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        outcomes[tuple(results)] += 1
    return outcomes


def judged(worker: Worker, invocations: int) -> int:
    """Run so many invocations as `lockproof check` does, and return how many there were."""
    result = worker.run(Run(SCENARIO, invocations, 600.0, True, None))
    assert not result.failures and result.skipped is None, result
    return result.invocations


def overlap(program: CompiledProgram, outcomes: Counter[Any]) -> float:
    """Return the share of invocations in which neither thread ended before the other began, in percent."""
    met = 0
    for key, count in outcomes.items():
        first, second = program.record(key).seen
        met += count * (first[0][1] < OPERATIONS and second[0][0] < OPERATIONS)
    return 100 * met / outcomes.total()


def both_win(outcomes: Counter[Any]) -> float:
    """Return the share of invocations in which both threads claimed the element, in percent."""
    wins = sum(count for key, count in outcomes.items() if key[0][0] is True and key[1][0] is True)
    return 100 * wins / outcomes.total()


def main() -> int:
    """Measure, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runner", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument(
        "--rounds", type=int, default=7, help="how often each runner has its turn (default %(default)s)"
    )
    parser.add_argument(
        "--invocations", type=int, default=20_000, help="of a turn (default %(default)s; naive: a 20th)"
    )
    options = parser.parse_args()
    crew = Crew(2, seed=1)
    programs = {
        "lockproof": crew.program(SCENARIO, Claims, {}),
        "locked": crew.program(SCENARIO, LockedClaims, {}),
        "judged": None,
        "unrecorded": Unrecorded(SCENARIO, Claims, {}, patience=0 if sys._is_gil_enabled() else 200),
        "naive": None,
    }
    rates: dict[str, list[float]] = {name: [] for name in programs}
    shares: dict[str, list[tuple[str, str]]] = {name: [] for name in programs}
    with tempfile.NamedTemporaryFile() as note:
        worker = Worker(Setup(list(sys.path), Named("benchmarks.runner:LockedClaims"), hang=60.0, note=note.name))
        for _ in range(options.rounds):
            for name, program in programs.items():
                began = time.perf_counter()
                # In many small chunks: each draws new delays and placements.
                total: Counter[Any] = Counter()
                if name == "judged":
                    total["all"] = judged(worker, options.invocations)
                for _ in range(0 if name == "judged" else 10):
                    few = max(1, options.invocations // (10 if program is not None else 200))
                    total.update(naive(few) if program is None else crew.run(program, few, hang=60))
                rates[name].append(total.total() / (time.perf_counter() - began))
                wins = f"{both_win(total):.2f} %" if name in ("lockproof", "unrecorded", "naive") else ""
                met = f"{overlap(program, total):.0f} %" if name in ("lockproof", "locked") and program else ""
                shares[name].append((wins, met))
    crew.close()
    table = Table(title=f"{environment.current()}; {SCENARIO}")
    for head in ("runner", "invocations a second: median", "lowest", "highest", "both threads win", "overlap"):
        table.add_column(head, justify="left" if head == "runner" else "right")
    for name, values in rates.items():
        middle, (wins, met) = statistics.median(values), sorted(shares[name])[len(values) // 2]
        table.add_row(name, f"{middle:,.0f}", f"{min(values):,.0f}", f"{max(values):,.0f}", wins, met)
    Console().print(table)
    if not sys._is_gil_enabled():
        reached = "reached" if statistics.median(rates["judged"]) >= GOAL else "NOT reached"
        print(f"goal of {GOAL:,} judged invocations a second of locked operations: {reached}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
