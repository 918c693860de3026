"""The portfolio: the strategies that explore a program in turns, and which one has the next turn.

Small searches end within their first turn. What a strategy is good at is not known before it has found something, so
all have as many turns, with two exceptions (docs/adr/0046). With many threads every other turn lets few of them meet.
And once all have had their chance, every other turn is of the strategy that learns from each of its runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.schedule import Switching
from lockproof.engines.strategies.exhaustive import Preemptions, SyncOrders
from lockproof.engines.strategies.few_threads import FEW
from lockproof.engines.strategies.samplers import SAMPLERS
from lockproof.engines.strategies.traces import Traces

SLICE: Final = 0.15
"""Seconds of one turn of a strategy: enough for a small search, and short enough that the next strategy starts soon."""

PARTS: Final = 4
FEWEST: Final = 12
LARGE_PARTS: Final = ("traces", "preemptions")
"""A turn is at most one of so many parts of the schedules of a request, so that several strategies share it, but not
fewer schedules than these. For two strategies it is half of the request: most small scenarios have few traces, and most
small flaws need just one preemption."""

MANY_THREADS: Final = 2 * FEW
"""With more threads, the strategy that lets few of them meet has every other turn; with fewer, it has none."""

PATIENCE: Final = 6
"""When each strategy has had so many turns, the one that learns from all of its runs has every other turn: what draws
each run anew, or cannot end, is as unlikely to find anything in the next turn as it was in the first."""


@dataclass
class Stage:
    """A strategy of the portfolio, with how many turns and runs it has had. `switching`: where it switches threads."""

    name: str
    switching: Switching
    strategy: Any
    turns: int = 0
    runs: int = 0
    ended: bool = False


def portfolio(switching: Switching, bound: int, seed: int) -> list[Stage]:
    """Return the strategies, in the order of their first turns."""
    return [
        Stage("traces", switching, Traces()),
        Stage("orders", Switching.SYNC, SyncOrders()),
        Stage("preemptions", switching, Preemptions(bound)),
        *(Stage(name, switching, made(seed)) for name, made in SAMPLERS.items()),
    ]


def part_of(most: int, stage: Stage) -> int:
    """Return how many of the schedules of a request one turn has at most."""
    return max(most // (2 if stage.name in LARGE_PARTS else PARTS), FEWEST)


def next_of(able: Sequence[Stage], threads: int) -> Stage | None:
    """Return the stage whose turn it is, of those that have a schedule left, and count the turn; None if none has."""
    if threads <= MANY_THREADS and len(able) > 1:
        able = [stage for stage in able if stage.name != "few"]
    if not able:
        return None
    stage = min(able, key=lambda each: each.turns / _share(each, len(able)))
    stage.turns += 1
    return stage


def _share(stage: Stage, able: int) -> int:
    """Return how many turns this stage has while most stages have one."""
    preferred = stage.name == "few" or (stage.name == "rare" and stage.turns >= PATIENCE)
    return max(able - 1, 1) if preferred else 1
