"""Programs that show which processor threads under control run on."""

from __future__ import annotations

import itertools
import os

from lockproof.engines.control import processor
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.inside import explore, together

REAL = processor._getaffinity
ALLOWED = sorted(REAL(0))


def ask_current() -> list[list[int]]:
    """For each processor, the one that a thread reads after it was moved there."""
    seen = []
    for each in ALLOWED:
        os.sched_setaffinity(0, {each})
        seen.append([each, processor._current()])
    os.sched_setaffinity(0, ALLOWED)
    return seen


def ask_where() -> list[list[list[int]]]:
    """The processors of the threads of each run: if each run chooses another one, and if none chooses."""
    turns = itertools.cycle(ALLOWED)
    vars(processor)["_current"] = lambda: next(turns)
    runs = []
    for period in (0.0, 1000.0):
        vars(processor)["PERIOD"] = period
        runs.append(where())
    return runs


def where() -> list[list[int]]:
    """Return the processors of the threads of each run; some threads have carried tasks of earlier runs."""
    runs: list[list[int]] = []

    def program() -> object:
        found: set[int] = set()

        def work() -> None:
            found.update(REAL(0))

        together(work, work, *[work] * (len(runs) % 3))
        work()
        runs.append(sorted(found))
        return None

    explore(program, lambda: RandomWalk(1), most=8)
    return runs


def ask_what_a_program_sees() -> list[object]:
    """The processors that a program sees under control, and those that it would see otherwise."""

    def program() -> object:
        return sorted(os.sched_getaffinity(0)), os.process_cpu_count(), sorted(os.sched_getaffinity(os.getppid()))

    answer = explore(program, lambda: RandomWalk(1), most=3)
    return [list(answer["outcomes"]), [repr((ALLOWED, len(ALLOWED), sorted(REAL(os.getppid()))))]]
