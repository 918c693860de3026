"""Who sees what: readers in C and readers through the methods, while the set changes in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lockedset import LockedSet
from tests.lockedset.stress import bypass
from tests.lockedset.stress.properties import Subject, holds, shown
from tests.lockedset.stress.race import Budget, race, yield_processor


def _views(s: LockedSet[Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    """Read the set by every row of the table of code in C that reads past the methods."""
    for name, read in bypass.ROWS.items():
        yield name, read(s)


def _method_views(s: LockedSet[Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    yield "s.snapshot()", s.snapshot()
    yield "list(s)", frozenset(list(s))
    yield "[*s]", frozenset([*s])
    yield "sorted(s)", frozenset(sorted(s))
    yield "s.copy()", frozenset(s.copy())
    yield "s | set()", frozenset(s | set())
    yield "set() | s", frozenset(set() | s)
    yield "s.union()", frozenset(s.union())
    yield "dict.fromkeys(s)", frozenset(dict.fromkeys(s))


type Changes = list[Callable[[LockedSet[Any]], object]]

NUMBERS = [*bypass.WHOLE[1]]

ADDITIONS: Changes = [
    lambda s: s.update(list(NUMBERS)),
    lambda s: s.update(number for number in NUMBERS),
    lambda s: s.update(NUMBERS[:5], NUMBERS[5:]),
    lambda s: s.symmetric_difference_update(NUMBERS),
    lambda s: s.__ior__(set(NUMBERS)),
    lambda s: s.__ior__(type(s)(NUMBERS)),
    lambda s: s.__ixor__(set(NUMBERS)),
    lambda s: s.add_new(NUMBERS),
]
REMOVALS: Changes = [
    lambda s: s.clear(),
    lambda s: s.difference_update(list(NUMBERS)),
    lambda s: s.difference_update(NUMBERS[:5], NUMBERS[5:]),
    lambda s: s.intersection_update([]),
    lambda s: s.symmetric_difference_update(NUMBERS),
    lambda s: s.__isub__(set(NUMBERS)),
    lambda s: s.__iand__(set()),
    lambda s: s.drain(),
    lambda s: s.take(39) and s.pop(),
    lambda s: s.remove_if(lambda _: True),
]
REPLACEMENTS: Changes = [
    lambda s: s.replace(range(40, 80)),
    lambda s: s.__init__(range(40, 80)),  # type: ignore[misc]
    lambda s: s.symmetric_difference_update(range(80)),
]


def _sees_halves(
    cls: Subject,
    budget: Budget,
    before: list[int],
    changes: Changes,
    views: Callable[[LockedSet[Any]], Iterable[tuple[str, frozenset[Any]]]],
    allowed: set[frozenset[int]],
) -> str | None:
    def write(s: LockedSet[Any]) -> None:
        for change in changes:
            set.__iand__(s, set())
            set.__ior__(s, set(before))
            change(s)

    def read(s: LockedSet[Any]) -> str | None:
        for _ in range(3):
            for name, seen in views(s):
                if seen not in allowed:
                    return f"{name} saw {shown(set(seen))} in the middle of a bulk change"
        return None

    for _, results in race(budget, cls, read, write):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


EMPTY, FULL, OTHER = bypass.WHOLE


@holds("code in C that reads past the methods sees each bulk addition whole or not at all")
def c_readers_see_whole_additions(cls: Subject, budget: Budget) -> str | None:
    return _sees_halves(cls, budget, [], ADDITIONS, _views, {EMPTY, FULL})


@holds("code in C that reads past the methods sees each bulk removal whole or not at all")
def c_readers_see_whole_removals(cls: Subject, budget: Budget) -> str | None:
    return _sees_halves(cls, budget, NUMBERS, REMOVALS, _views, {EMPTY, FULL, *bypass.SINGLE})


@holds("code in C that reads past the methods sees the old content or the new one, never a mixture")
def c_readers_see_whole_replacements(cls: Subject, budget: Budget) -> str | None:
    return _sees_halves(cls, budget, NUMBERS, REPLACEMENTS, _views, {EMPTY, FULL, OTHER})


@holds("methods that read see each bulk change whole or not at all")
def methods_see_whole_changes(cls: Subject, budget: Budget) -> str | None:
    return _sees_halves(cls, budget, [], ADDITIONS, _method_views, {EMPTY, FULL})


@holds("len sees each bulk change whole or not at all")
def len_sees_whole_changes(cls: Subject, budget: Budget) -> str | None:
    def write(s: LockedSet[Any]) -> None:
        for change in ADDITIONS:
            s.clear()
            change(s)

    def read(s: LockedSet[Any]) -> set[int]:
        return {len(s) for _ in range(200)}

    for _, results in race(budget, cls, read, write):
        if not isinstance(results[0], set) or not results[0] <= {0, 40}:
            return f"len(s) was {shown(results[0])} in the middle of bulk changes between 0 and 40 elements"
    return None


class Equal:
    """An element whose `__eq__` is Python code, which lets other threads run, and calls `look`."""

    def __init__(self, number: int, look: Callable[[], object] = int) -> None:
        self.number = number
        self.look = look

    def __hash__(self) -> int:
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        yield_processor()
        if not isinstance(other, Equal):
            return False
        self.look()
        other.look()
        return self.number == other.number

    def __repr__(self) -> str:
        return f"Equal({self.number})"


@holds("code in C sees no half of a bulk change of elements that are equal, not identical, and compare in Python")
def equal_elements_show_no_half(cls: Subject, budget: Budget) -> str | None:
    def change(s: LockedSet[Any]) -> set[int]:
        seen: set[int] = set()  # by this thread, from the midst of comparisons

        def some(first: int, end: int) -> list[Equal]:
            return [Equal(number, lambda: seen.add(len(frozenset(s)))) for number in range(first, end)]

        s.update(some(0, 30))  # 10 of them are there already, as other objects
        s.difference_update(some(10, 30))
        s.symmetric_difference_update(some(5, 30))
        s.replace(some(0, 10))
        return seen

    sizes = {10, 30, 10 - 5 + 20}

    def read(s: LockedSet[Any]) -> set[int]:
        return {len(frozenset(s)) for _ in range(60)}

    for _, results in race(budget, lambda: cls(map(Equal, range(10))), read, change):
        for seen in results:
            if not isinstance(seen, set) or not seen <= sizes:
                return f"frozenset(s) had {shown(seen)} elements; between bulk changes s had 10, 25 or 30"
    return None


@holds("an iterator may be shared by threads, and the set changed while it is iterated")
def iterators_are_private(cls: Subject, budget: Budget) -> str | None:
    def iterate(state: tuple[LockedSet[Any], Iterator[Any]]) -> list[Any]:
        s, shared = state
        seen = []
        for element in shared:
            seen.append(element)
            s.discard(element)
            s.add(element + 1000)
        return seen

    def arrange() -> tuple[LockedSet[Any], Iterator[Any]]:
        s = cls(range(200))
        return s, iter(s)

    for _, results in race(budget, arrange, iterate, iterate):
        if not all(isinstance(result, list) for result in results):
            return f"threads that share an iterator got {shown(results)}"
        if {*itertools.chain(*results)} != {*range(200)}:  # type: ignore[misc]
            return "threads that share an iterator over 200 elements did not see all of them"
    return None


@holds("an in-place change keeps what others add at the same time")
def changes_lose_nothing(cls: Subject, budget: Budget) -> str | None:
    everything = frozenset(range(300))

    def add(s: LockedSet[Any]) -> None:
        for number in range(100, 200):
            s.add(number)

    def change(s: LockedSet[Any]) -> None:
        for _ in range(5):
            s.intersection_update(everything, everything)
            s &= everything
            s -= frozenset({1000})
            s.difference_update([1001], [1002])

    for state, _ in race(budget, lambda: cls(range(100)), add, change):
        if len(state) != 200:
            return f"100 elements were added beside in-place changes that remove none, and {200 - len(state)} are lost"
    return None
