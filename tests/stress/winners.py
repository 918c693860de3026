"""Who wins: what is given out to one thread is given out to no other, and nothing is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from lockedset import LockedSet
from tests.stress.properties import Subject, holds, shown
from tests.stress.race import Budget, race


def _told_twice(budget: Budget, arrange: Callable[[], LockedSet[Any]], ask: Callable[[Any, int], bool]) -> str | None:
    def ask_all(s: LockedSet[Any]) -> list[bool]:
        return [ask(s, number) for number in range(30)]

    for _, results in race(budget, arrange, ask_all, ask_all):
        one, two = results
        if not (isinstance(one, list) and isinstance(two, list)):
            return f"a thread raised {shown(results)}"
        for number, answers in enumerate(zip(one, two, strict=True)):
            if sorted(answers) != [False, True]:
                return f"two threads asked for {number} and were told {answers}"
    return None


@holds("of two threads that add the same element with try_add, exactly one is told that it added it")
def one_adds(cls: Subject, budget: Budget) -> str | None:
    return _told_twice(budget, cls, lambda s, number: s.try_add(number))


@holds("of two threads that remove the same element with try_remove, exactly one is told that it removed it")
def one_removes(cls: Subject, budget: Budget) -> str | None:
    return _told_twice(budget, lambda: cls(range(30)), lambda s, number: s.try_remove(number))


@holds("an element is popped once, and pop(default) never raises")
def one_pops(cls: Subject, budget: Budget) -> str | None:
    def add_and_pop(s: LockedSet[Any]) -> int:
        balance = 0
        for _ in range(30):
            balance += s.try_add(0)
            balance -= s.pop(None) is not None
            balance -= s.pop(None) is not None
        return balance

    for state, results in race(budget, cls, add_and_pop, add_and_pop):
        if not all(isinstance(result, int) for result in results):
            return f"try_add and pop(None) in two threads ended as {shown(results)}"
        if sum(results) != len(state):  # type: ignore[arg-type]
            return f"what was added less what was popped is {sum(results)}, and {len(state)} are left"  # type: ignore[arg-type]
    return None


@holds("overlapping batches that are added with add_new are given out once")
def batches_are_shared_out(cls: Subject, budget: Budget) -> str | None:
    batches = [range(start, start + 8) for start in range(0, 80, 4)]

    def add(s: LockedSet[Any]) -> list[int]:
        return [number for batch in batches for number in s.add_new(batch)]

    for _, results in race(budget, cls, add, add):
        if not all(isinstance(result, list) for result in results):
            return f"a thread raised {shown(results)}"
        given = sorted(itertools.chain(*results))  # type: ignore[call-overload]
        if given != [*range(84)]:
            return f"two threads added the numbers 0 to 83 with add_new, which returned {shown(given)}"
    return None


@holds("what remove_if and take give out, they give out once")
def removals_are_shared_out(cls: Subject, budget: Budget) -> str | None:
    def even(s: LockedSet[Any]) -> set[Any]:
        return s.remove_if(lambda element: element % 2 == 0) | s.take(4)

    def low(s: LockedSet[Any]) -> set[Any]:
        return s.remove_if(lambda element: element < 20) | s.take(4)

    for state, results in race(budget, lambda: cls(range(40)), even, low):
        one, two = results
        if not (isinstance(one, set) and isinstance(two, set)):
            return f"remove_if and take raised {shown(results)}"
        if one & two or {*one, *two, *state} != {*range(40)}:
            return f"remove_if and take in two threads on range(40) returned {shown(results)} and left {state}"
    return None


@holds("drain loses nothing and gives nothing out twice while others add")
def drain_loses_nothing(cls: Subject, budget: Budget) -> str | None:
    def fill(s: LockedSet[Any]) -> None:
        for number in range(30):
            s.add(number)

    def empty(s: LockedSet[Any]) -> list[set[Any]]:
        return [s.drain() for _ in range(8)]

    for state, results in race(budget, cls, fill, empty):
        if not isinstance(results[1], list):
            return f"drain beside add raised {results[1]!r}"
        found = sorted(itertools.chain(state, *results[1]))
        if found != [*range(30)]:
            return f"30 numbers were added beside drain; all that was drained or left is {shown(found)}"
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
