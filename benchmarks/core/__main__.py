"""`python -m benchmarks.core`: what a compiled LockedSet would cost, as multiples of `set` in one process.

It builds the trial (locked_core.c) with the C compiler of the machine, checks it, and times each operation on a `set`,
on LockedSet and on the trial, in turns. Each figure is the least of the rounds: what else the machine does can only
slow a round. `--smoke` checks, and times next to nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import timeit
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.core.build import NoCompiler, built
from benchmarks.core.checks import CHECKS
from lockedset import LockedSet, locked
from lockproof.core import environment

OPERATIONS: Final[dict[str, tuple[str, float]]] = {
    # what is timed: a statement, and the goal as a multiple of set
    "add, present": ("s.add(5)", 1.3),
    "in, hit": ("5 in s", 1.3),
    "in, miss": ("-5 in s", 1.3),
    "discard, absent": ("s.discard(-5)", 1.3),
    "remove and add": ("s.remove(5); s.add(5)", 1.3),
    "pop and add": ("s.add(s.pop())", 1.3),
    "len": ("len(s)", 1.3),
    "update, 100 present": ("s.update(hundred)", 1.5),
    "update and -=, 100 new": ("s.update(new); s.difference_update(new)", 1.5),
    "^=, 100 new, twice": ("s.symmetric_difference_update(new); s.symmetric_difference_update(new)", 1.5),
    "&=, 1,000": ("s.intersection_update(thousand)", 1.5),
    "|, 1,000": ("s | thousand", 1.1),
    "&, 1,000": ("s & thousand", 1.1),
    "-, 1,000": ("s - new", 1.1),
    "^, 1,000": ("s ^ thousand", 1.1),
    "copy, 1,000": ("s.copy()", 1.1),
    "==, 1,000": ("s == thousand", 1.1),
    "iterate, 1,000": ("for _ in s: pass", 1.6),
    "make, empty": ("Set()", 1.5),
    "make, 100": ("Set(hundred)", 1.5),
}


def seconds(statement: str, make: Any, rounds: int, least: float) -> float:
    """Return the seconds of one execution: the least of the rounds, each of which takes `least` seconds or more."""
    names = {
        "Set": make, "s": make(range(1000)), "hundred": set(range(100)), "thousand": set(range(1000)),
        "new": set(range(5000, 5100)),
    }  # fmt: skip
    timer, number = timeit.Timer(statement, globals=names), 1
    while timer.timeit(number) < least:
        number *= 4
    return min(timer.repeat(rounds, number)) / number


def main() -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.core", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--rounds", type=int, default=7, help="rounds for each figure (default: 7)")
    parser.add_argument("--smoke", action="store_true", help="check the trial, and time next to nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    given = parser.parse_args()
    rounds, least = (1, 0.0) if given.smoke else (given.rounds, 0.01)
    with tempfile.TemporaryDirectory(prefix="locked-core-") as place:
        try:
            core = built(Path(place))
        except NoCompiler as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        for check in CHECKS:
            check(core)
        table = Table(title=f"times of set, on {environment.current()}")
        for head in ("operation", "set, ns", "LockedSet", "compiled trial", "goal"):
            table.add_column(head, justify="left" if head == "operation" else "right")
        figures: dict[str, dict[str, float]] = {}
        for name, (statement, goal) in OPERATIONS.items():
            plain, today, trial = (seconds(statement, make, rounds, least) for make in (set, LockedSet, core.LockedSet))
            figures[name] = {"set": plain, "LockedSet": today / plain, "trial": trial / plain, "goal": goal}
            table.add_row(name, f"{plain * 1e9:,.0f}", f"{today / plain:.2f}", f"{trial / plain:.2f}", f"{goal:g}")
        holds = []
        for hold, make in ((locked, LockedSet), (core.locked, core.LockedSet)):
            timer = timeit.Timer("with hold(s): pass", globals={"hold": hold, "s": make()})
            holds.append(min(timer.repeat(rounds, 1 if given.smoke else 20_000)) / (1 if given.smoke else 20_000))
        table.add_row("with locked(s), us", "", f"{holds[0] * 1e6:.2f}", f"{holds[1] * 1e6:.2f}", "0.5")
        table.add_row("bytes, empty", f"{sys.getsizeof(set())}", f"{sys.getsizeof(LockedSet())} + its lock",
                      f"{sys.getsizeof(core.LockedSet())}", "248")  # fmt: skip
        Console().print(table)
        if given.json is not None:
            given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
