"""Counts the turns of each strategy of the portfolio, with few threads and with many."""

from __future__ import annotations

from collections import Counter

from lockproof.campaign.worker.exploring import Exploration
from lockproof.campaign.worker.portfolio import MANY_THREADS
from lockproof.engines.control.program import FunctionProgram


def turns(most: int) -> list[dict[str, int]]:
    found = []
    for threads in (MANY_THREADS, MANY_THREADS + 1):
        exploration = Exploration(FunctionProgram(int), lambda _: None, 1)
        exploration.threads = threads
        stages = [exploration._next_stage() for _ in range(most)]
        found.append(dict(Counter(stage.name for stage in stages if stage is not None)))
    return found


def ask_turns() -> list[dict[str, int]]:
    return turns(600)


def ask_first() -> list[dict[str, int]]:
    return turns(24)
