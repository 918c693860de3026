"""A machine of threads with a given number of steps, which calls a strategy as the engine does and runs no code."""

from __future__ import annotations

from collections.abc import Sequence

from lockproof.core.schedule import Point, Ran, Redundant, Strategy


def run(
    strategy: Strategy, steps: Sequence[int], pending: Sequence[str | tuple[str, ...]] = (), yields: bool = False,
    kinds: Sequence[object] = (),
) -> Ran:  # fmt: skip
    """Do one run, for which the strategy's `begin` has been called.

    `steps[t]` is the number of steps of thread t. `pending[t]` is the name of all its accesses, or has one name for
    each step. `yields`: the running thread yields at each decision. `kinds` says what each thread runs.
    """
    left, point, current, choices, preemptions = list(steps), Point(), 0, list[int](), 0
    redundant, first = False, True
    while any(left):
        enabled = tuple(t for t, count in enumerate(left) if count)
        chosen = enabled[0]
        if len(enabled) > 1:
            point.current, point.enabled, point.step = current, enabled, point.step + 1
            named = pending or [""] * len(left)
            point.pending = [
                each if isinstance(each, str) else each[min(steps[t] - left[t], len(each) - 1)]
                for t, each in enumerate(named)
            ]
            point.free, point.yielded = first or yields or current not in enabled, yields
            try:
                chosen = strategy.choose(point)
            except Redundant:
                redundant = True
                break
            point.touched, point.own = set(), None
            assert chosen in enabled
            choices.append(chosen)
            preemptions += chosen != current and not point.free
        elif chosen != current:
            point.own = frozenset(point.touched) if point.own is None else point.own
            forced = getattr(strategy, "forced", None)
            if forced is not None and forced(chosen, point):
                redundant = True
                break
        point.touched.add(chosen + 1)  # every thread has a lock of its own
        left[chosen] -= 1
        current, first = chosen, False
    ran = Ran(choices, preemptions, tuple(steps), redundant=redundant, kinds=kinds)
    strategy.end(ran)
    return ran


def runs(strategy: Strategy, steps: Sequence[int], most: int, yields: bool = False) -> list[Ran]:
    """Do runs until the strategy ends, but no more than so many."""
    found: list[Ran] = []
    while len(found) < most and strategy.begin():
        found.append(run(strategy, steps, "x", yields))
    return found
