"""Two searches for one history, in turns: the first that decides wins.

`wgl` finds an order quickly where nearly every choice leads to one. Where it must come back to choices made long ago,
`jit` often decides with much less, since it has all choices of a moment side by side. Nobody knows before which of them
is better for a history (docs/adr/0044). So each history goes to `wgl` alone first. One that is not easy goes to both,
in turns of as many tried calls. Nothing depends on the clock but the end of the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from lockproof.core.history import Call
from lockproof.core.model import SequentialModel
from lockproof.core.verdict import Verdict
from lockproof.judge import jit, wgl
from lockproof.judge.search import EVERY, Budget, Searched, Slices, Span

ALONE: Final = 4
"""The slices that `wgl` has alone, beside those in which it tries sixteen calls for each call of the history."""

LONGEST: Final = 64
"""A turn has one slice at first, and grows up to so many."""


def search(
    calls: Sequence[Call], model: SequentialModel[Any, Any], budget: Budget, spans: Sequence[Span] | None = None
) -> Searched:
    """Look for an order of the calls that the model allows and that keeps to real time, as `wgl.search` does."""
    used = budget.used
    deep = wgl.slices(calls, model, budget, spans)
    best = _turn(deep, ALONE + 16 * len(calls) // EVERY)
    if best is not None:
        return best
    searches = [jit.slices(calls, model, budget, spans), deep]
    turn = 1
    while searches and (best is None or best.verdict is Verdict.UNKNOWN):
        for each in tuple(searches):
            found = _turn(each, turn)
            if found is not None:
                searches.remove(each)
                if best is None or found.verdict is not Verdict.UNKNOWN or len(found.order) > len(best.order):
                    best = found
                if best.verdict is not Verdict.UNKNOWN:
                    break
        turn = min(2 * turn, LONGEST)
    assert best is not None
    return replace(best, configurations=max(best.configurations, budget.used - used))


def _turn(slices: Slices, count: int) -> Searched | None:
    """Let a search go on for so many slices; return what it found, or None if it has not ended."""
    try:
        for _ in range(count):
            next(slices)
    except StopIteration as ended:
        found: Searched = ended.value
        return found
    return None
