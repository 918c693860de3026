"""Which strategies of the portfolio have how many turns, with few threads and with many."""

from __future__ import annotations

from collections import Counter

from lockproof.campaign.worker.exploring import MANY, Exploration
from lockproof.engines.control.program import FunctionProgram


def ask_turns() -> list[dict[str, int]]:
    told = []
    for threads in (3, MANY + 1):
        exploration = Exploration(FunctionProgram(int), lambda _: None, 1)
        exploration.threads = threads
        stages = [exploration._next_stage() for _ in range(600)]
        told.append(dict(Counter(stage.name for stage in stages if stage is not None)))
    return told
