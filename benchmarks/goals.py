"""What the compiled LockedSet is to reach.

A multiple of `set` is taken in one process, where the loops of both have their turns one after the other.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Iterable

from benchmarks.operations import CHANGES, COUNTS, FIRST_CHANGE, MIXTURES, SHARINGS, change_name, threads_name
from benchmarks.ratios import COUNTED, Figures, Goal, Interval, gain, interval, ratio, ratio_between
from benchmarks.subjects import BASE, BESIDE, OURS

MULTIPLES: dict[str, float] = {
    **dict.fromkeys(("add, present", "add, new", "discard, present", "discard, absent", "remove", "pop"), 1.3),
    **dict.fromkeys(("in, hit", "in, miss", "len", "bool"), 1.3),
    **dict.fromkeys(("try_add, present", "try_add, new", "try_remove, present", "try_remove, absent"), 1.4),
    **{change_name(change, count, mixture): 1.5 for change in CHANGES for count in COUNTS for mixture in MIXTURES},
    **dict.fromkeys((FIRST_CHANGE, "|=, of its own class"), 1.5),
    **dict.fromkeys(("union, |", "intersection, &", "difference, -", "symmetric difference, ^"), 1.1),
    **dict.fromkeys(("copy", "snapshot"), 1.1),
    **dict.fromkeys(("==, equal", "!=, equal", "<=, equal", ">=, equal"), 1.1),
    **dict.fromkeys(("issubset", "issuperset", "isdisjoint, yes"), 1.1),
    "iterate": 1.6,
    **dict.fromkeys(("make, empty", "make, of 100 in a list", "make, of 100 in a set"), 1.5),
}
"""By operation, how many times as long as with `set` it may take."""

ON_BUILDS: dict[str, dict[str, float]] = {name: {"3.13t": 1.4} for name in ("len", "bool")}
HOLD, HOLD_MICROSECONDS = "hold one", 0.5
OWN_SETS_GAIN = 1.8
ONE_SET_SHARE = 0.8
"""The share of the throughput of `set` that two threads must reach on one set: with a convoy it is far less."""
EMPTY_BYTES = 248


def _multiple(name: str, figures: Figures) -> Interval | None:
    return ratio_between(figures.times, OURS, BESIDE[OURS], name)


def _share(name: str, figures: Figures) -> Interval | None:
    mine, base = (figures.times.get(subject, {}).get(name) for subject in (OURS, BESIDE[OURS]))
    return None if mine is None or base is None else ratio(base, mine)


def _microseconds(name: str, figures: Figures) -> Interval | None:
    times = figures.times.get(OURS, {}).get(name)
    return None if times is None else interval(1e6 * statistics.median(values) for values in times.values() if values)


def _own_sets(one: str, two: str, figures: Figures) -> Interval | None:
    times = figures.times.get(OURS, {})
    return None if figures.gil or one not in times or two not in times else gain(times[one], times[two], 2)


def _bytes(figures: Figures) -> Interval | None:
    found = figures.memory.get(OURS, {}).get("empty", {}).get("tracemalloc")
    return None if found is None else Interval(found, found, found, COUNTED)


def _goals() -> Iterable[Goal]:
    def of(figure: Callable[..., Interval | None], *names: str) -> Callable[[Figures], Interval | None]:
        return functools.partial(figure, *names)

    for name, limit in MULTIPLES.items():
        yield Goal(name, f"times {BASE}", limit, of(_multiple, name), limits=ON_BUILDS.get(name, {}))
    yield Goal(HOLD, "us", HOLD_MICROSECONDS, of(_microseconds, HOLD))
    for sharing in SHARINGS:
        one, two = (threads_name(sharing, threads) for threads in (1, 2))
        if sharing.one_set:
            yield Goal(two, f"times the throughput of {BASE}", ONE_SET_SHARE, of(_share, two), least=True,
                       sharing=sharing.name)  # fmt: skip
        else:
            yield Goal(two, "times the throughput of one thread", OWN_SETS_GAIN, of(_own_sets, one, two), least=True,
                       sharing=sharing.name)  # fmt: skip
    yield Goal("an empty one", "bytes", EMPTY_BYTES, _bytes)


GOALS = tuple(_goals())
