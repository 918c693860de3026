"""`python -m benchmarks.runner`: how many invocations a second run on real threads, and what recording costs.

An invocation makes a subject, runs two operations on each of two threads at the same time, and counts the outcome.
Three runners do the same in turns, in one process, so that the figures can be compared:

lockproof       as `lockproof check` runs it: kept threads, spin barrier, results and real-time order recorded
unrecorded      the same code without what records the order of calls
naive           two new threads for each invocation, started at a threading.Barrier: what a test by hand does

The subject is a check-then-act without a lock, so the share of invocations in which both threads win tells how well
the operations overlap. Give the share a look, not only the speed: a fast runner that never overlaps finds nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from lockproof.core import environment
from lockproof.core.scenario import Scenario
from lockproof.engines.threads.compiled import CompiledProgram
from lockproof.engines.threads.crew import Crew

SCENARIO = Scenario.parse("a.claim(1); a.discard(3) || a.claim(1); a.discard(4)")


class Claims(set[int]):
    """A set with a check-then-act across a call, so that it can be interrupted with a GIL too."""

    def claim(self, x: int) -> bool:
        """Add x and tell whether it was new, wrongly."""
        if self.__contains__(x):
            return False
        self.add(x)
        return True


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
    recorded = crew.program(SCENARIO, Claims, {})
    unrecorded = Unrecorded(SCENARIO, Claims, {}, patience=0 if sys._is_gil_enabled() else 200)
    runners: dict[str, tuple[int, Callable[[int], Counter[Any]]]] = {
        "lockproof": (options.invocations, lambda n: crew.run(recorded, n, hang=60)),
        "unrecorded": (options.invocations, lambda n: crew.run(unrecorded, n, hang=60)),
        "naive": (max(1, options.invocations // 20), naive),
    }
    rates: dict[str, list[float]] = {name: [] for name in runners}
    wins: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(options.rounds):
        for name, (invocations, run) in runners.items():
            began = time.perf_counter()
            # In many small chunks: each draws new delays and placements.
            total: Counter[Any] = Counter()
            for _ in range(10):
                total.update(run(max(1, invocations // 10)))
            rates[name].append(total.total() / (time.perf_counter() - began))
            wins[name].append(both_win(total))
    crew.close()
    table = Table(title=f"{environment.current()}; {SCENARIO}")
    for head in ("runner", "invocations a second: median", "lowest", "highest", "both threads win"):
        table.add_column(head, justify="left" if head == "runner" else "right")
    for name, values in rates.items():
        middle, share = statistics.median(values), statistics.median(wins[name])
        table.add_row(name, f"{middle:,.0f}", f"{min(values):,.0f}", f"{max(values):,.0f}", f"{share:.2f} %")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
