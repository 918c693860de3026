"""Everything at once: random operations on three sets from four threads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import lockedset
from lockedset import LockedSet
from tests.lockedset.stress.properties import Subject, holds
from tests.lockedset.stress.race import LIMIT, Budget


@holds("random operations of all kinds on three sets from four threads end, and lose no element")
def random_operations_end(cls: Subject, budget: Budget) -> str | None:
    return soak(cls, budget)


def soak(
    cls: Subject, budget: Budget, operations: int | None = None, tell: Callable[[int], object] = lambda _: None
) -> str | None:
    """Four threads, three sets, every kind of operation, until the time or the number of operations is used up.

    Each thread owns numbers that only it adds and removes. So after its own add an element is there, and after its own
    discard it is not, whatever the others do with theirs; and in the end the sets are empty. `tell` gets the number of
    operations from time to time; if it raises, the threads end first.

    For the numbers of a fourth set all threads compete. Each of them is added by one thread and removed by one; so the
    additions that were reported are as many as the removals and what is left.
    """
    sets = [cls() for _ in range(3)]
    wanted, added, removed = cls(), [0] * THREADS, [0] * THREADS
    problems: list[str] = []
    end = threading.Event()
    done = [0] * THREADS

    def work(number: int) -> None:
        choose = random.Random(budget.seed * THREADS + number)
        own = [*range(number * 100, number * 100 + 100)]
        while not end.is_set():
            s, t = choose.choice(sets), choose.choice(sets)
            some = choose.sample(own, 10)
            try:
                problem = _one_by_one(s, some) or _at_once(s, t, some, choose.sample(_SAFE, 6))
                if problem:
                    problems.append(f"thread {number}: {problem}")
                for prize in range(PRIZES):
                    added[number] += wanted.try_add(prize) + wanted.try_add(prize)
                    removed[number] += wanted.try_remove(prize)
            except Exception as error:
                problems.append(f"thread {number}: {error!r}")
            budget.rounds += 1
            done[number] += EACH_ROUND
            if problems:
                end.set()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + budget.seconds
    try:
        while (sum(done) < operations) if operations else time.monotonic() < limit:
            if end.wait(MOMENT if operations else min(MOMENT, budget.seconds)):
                break
            tell(sum(done))
    finally:
        end.set()
        for thread in threads:
            thread.join(LIMIT)
    if any(thread.is_alive() for thread in threads):
        return f"a thread hangs (seed {budget.seed})"
    tell(sum(done))
    left = [len(s) for s in sets]
    if not problems and any(left):
        problems.append(f"in the end the sets have {left} elements")
    if not problems and sum(added) != sum(removed) + len(wanted):
        problems.append(
            f"{sum(added)} additions were reported, {sum(removed)} removals, and {len(wanted)} elements were left"
        )
    return f"{problems[0]} (seed {budget.seed})" if problems else None


THREADS = 4
PRIZES = 8
MOMENT = 0.5
"""Seconds between two looks at how far the threads are."""

_UNIVERSE = frozenset(range(THREADS * 100))


def _one_by_one(s: LockedSet[Any], some: list[int]) -> str:
    """Add and remove each element by itself; return what went wrong."""
    for x in some:
        s.add(x)
        if x not in s or s.try_add(x) or not s.try_remove(x) or x in s:
            return f"add({x}) and try_remove({x}), and {x} was not there in between, or after it"
        s.discard(x)
        if not s.try_add(x) or len(s) < 1 or not s:
            return f"try_add({x}) after discard({x}), and it is not there"
        s.remove(x)
        if x in s:
            return f"remove({x}), and it is still there"
    return ""


def _at_once(s: LockedSet[Any], t: LockedSet[Any], some: list[int], acts: list[_Act]) -> str:
    """Add and remove all elements in one step, with other operations in between; return what went wrong."""
    x = some[0]
    s.update(some)
    if not s >= {*some} or x not in s or not _UNIVERSE.issuperset(s):
        return f"update({some}) and then not all of them are in {s}"
    for act in acts:
        act(s, t, _UNIVERSE)
    with lockedset.locked(s, t):
        before = s.snapshot(), t.snapshot()
        if s.try_add(x) or t.union(s) != s | t or (s.snapshot(), t.snapshot()) != before:
            return "inside locked(s, t) another thread changed them"
    s.difference_update(some)
    if x in s or s & {*some} or s.try_remove(x):
        return f"difference_update({some}) and then some are in {s}"
    if set.intersection(s.remove_if(lambda e: e in some), some):
        return "remove_if found elements that were removed"
    return ""


EACH_ROUND = 10 * 11 + 16 + 6 + 3 * PRIZES
"""Operations of LockedSet in a round: by each of ten elements, at once, those that are drawn, and for the prizes."""


type _Act = Callable[[LockedSet[Any], LockedSet[Any], frozenset[Any]], object]

_SAFE: list[_Act] = [
    lambda s, t, u: s | t,
    lambda s, t, u: s & t,
    lambda s, t, u: s - t,
    lambda s, t, u: s ^ t,
    lambda s, t, u: s == t,
    lambda s, t, u: s <= t,
    lambda s, t, u: s.intersection(t, u),
    lambda s, t, u: s.union(t, u),
    lambda s, t, u: s.intersection_update(u),
    lambda s, t, u: s.__iand__(u),
    lambda s, t, u: s.symmetric_difference_update(()),
    lambda s, t, u: s.difference_update({1000, 1001}, [1002]),
    lambda s, t, u: s.isdisjoint(t),
    lambda s, t, u: s.issubset(u),
    lambda s, t, u: s.copy(),
    lambda s, t, u: s.snapshot() | t.snapshot(),
    lambda s, t, u: repr(s),
    lambda s, t, u: [*s],
    lambda s, t, u: (len(s), bool(s)),
    lambda s, t, u: frozenset(s) | t,
    lambda s, t, u: s.take(0),
    lambda s, t, u: s.update(e for e in ()),
    lambda s, t, u: s.__reduce_ex__(4),
    lambda s, t, u: s.add_new(()),
]
