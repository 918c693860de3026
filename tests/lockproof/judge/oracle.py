"""Consistency by its definition: every order is tried, however long that takes.

The oracle uses no code of the judge. Both use the same models, which are not under test here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations, permutations
from typing import Any

from lockproof.core.history import Call
from lockproof.core.verdict import Consistency

type Known = Callable[[int, int], bool]
"""Whether one call, by its place, is known to have returned before another was invoked."""


def subsets(items: Sequence[int]) -> Iterable[tuple[int, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def agrees(calls: Sequence[tuple[Any, Any]], model: Any, final: Sequence[tuple[Any, Any]] = ()) -> bool:
    """Tell whether the model, run over operations in this order, can give these results; pending calls have ANY."""
    states = {model.initial()}
    for operation, wanted in (*calls, *final):
        states = {
            after
            for state in states
            for result, after in model.apply(state, operation)
            if wanted is ANY or result == wanted
        }
    return bool(states)


ANY = object()


def comes_first(count: int, known: Known, consistency: Consistency, thread: Sequence[Any]) -> set[tuple[int, int]]:
    """Return the pairs of calls whose order must be kept. Calls of one thread are in the order of their places."""
    everything = range(count)
    if consistency is Consistency.LINEARIZABLE:
        return {(a, b) for a in everything for b in everything if known(a, b)}
    if consistency is Consistency.SEQUENTIAL:
        return {(a, b) for a in everything for b in everything if a < b and thread[a] == thread[b]}
    kept = set()
    for first in subsets(everything):
        rest = [b for b in everything if b not in first]
        if all(known(a, b) for a in first for b in rest):
            kept |= {(a, b) for a in first for b in rest}
    return kept


def orders(count: int, kept: set[tuple[int, int]], optional: Sequence[int]) -> Iterable[tuple[int, ...]]:
    """Yield every order of the calls that keeps these pairs, with any of the optional ones left out."""
    for left_out in subsets(optional):
        for order in permutations([i for i in range(count) if i not in left_out]):
            place = {i: position for position, i in enumerate(order)}
            if all(place[a] < place[b] for a, b in kept if a in place and b in place):
                yield order


def consistent(calls: Sequence[Call], model: Any, consistency: Consistency) -> bool:
    """Tell whether a history is consistent; its calls are in the order of their invocation."""

    def known(a: int, b: int) -> bool:
        one, other = calls[a], calls[b]
        return one.returned < other.invoked or (one.process == other.process and a < b)

    kept = comes_first(len(calls), known, consistency, [call.process for call in calls])
    pending = [i for i, call in enumerate(calls) if call.pending]
    return any(
        agrees([(calls[i].operation, ANY if calls[i].pending else calls[i].result) for i in order], model)
        for order in orders(len(calls), kept, pending)
    )


def allowed(
    threads: Sequence[Sequence[Any]],
    final: Sequence[Any],
    model: Any,
    results: Sequence[Sequence[Any]],
    ending: Sequence[Any],
    seen: Any,
    consistency: Consistency,
) -> bool:
    """Tell whether a run of a scenario is consistent."""
    places = [(t, k) for t, thread in enumerate(threads) for k in range(len(thread))]
    before = {
        (a, b)
        for a, (t, k) in enumerate(places)
        for b, (u, m) in enumerate(places)
        if (t == u and k < m) or (t != u and seen is not None and k < seen[u][m][t])
    }
    for middle in range(len(places)):  # what is known of three is known of the first and the last
        for a in range(len(places)):
            for b in range(len(places)):
                if (a, middle) in before and (middle, b) in before:
                    before.add((a, b))
    kept = comes_first(len(places), lambda a, b: (a, b) in before, consistency, [t for t, _ in places])
    flat = [(threads[t][k], results[t][k]) for t, k in places]
    tail = list(zip(final, ending, strict=True))
    return any(agrees([flat[i] for i in order], model, tail) for order in orders(len(places), kept, ()))
