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
    """Which processor a thread says that it is on, for each that it is put on."""
    told = []
    for each in ALLOWED:
        os.sched_setaffinity(0, {each})
        told.append([each, processor._current()])
    os.sched_setaffinity(0, ALLOWED)
    return told


def ask_where() -> list[list[list[int]]]:
    """On which processors the threads of each run were, where each run chooses another one, and where none does."""
    turns = itertools.cycle(ALLOWED)
    vars(processor)["_current"] = lambda: next(turns)
    told = []
    for period in (0.0, 1000.0):
        vars(processor)["PERIOD"] = period
        told.append(where())
    return told


def where() -> list[list[int]]:
    """On which processors the threads of each run were; some have served in earlier runs."""
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
    """What it is told of processors, and what it would be told otherwise."""

    def program() -> object:
        return sorted(os.sched_getaffinity(0)), os.process_cpu_count(), sorted(os.sched_getaffinity(os.getppid()))

    answer = explore(program, lambda: RandomWalk(1), most=3)
    return [list(answer["outcomes"]), [repr((ALLOWED, len(ALLOWED), sorted(REAL(os.getppid()))))]]
