"""Everything at once: random operations on three sets from four threads."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import lockedset
from lockedset import LockedSet
from tests.lockedset.stress.properties import Subject, holds
from tests.lockedset.stress.race import LIMIT, Budget


@holds("random operations of all kinds on three sets from four threads end, and lose no element")
def random_operations_end(cls: Subject, budget: Budget) -> str | None:
    return soak(cls, budget)


def soak(cls: Subject, budget: Budget) -> str | None:
    """Four threads, three sets, every kind of operation.

    Each thread owns numbers that only it adds and removes. So after its own add an element is there, and after its own
    discard it is not, whatever the others do with theirs.

    For the numbers of a fourth set all threads compete. Each of them is added by one thread and removed by one; so the
    additions that were reported are as many as the removals and what is left.
    """
    sets = [cls() for _ in range(3)]
    wanted, added, removed = cls(), [0] * 4, [0] * 4
    universe = frozenset(range(400))
    problems: list[str] = []
    end = threading.Event()

    def work(number: int) -> None:
        choose = random.Random(budget.seed * 4 + number)
        own = [*range(number * 100, number * 100 + 100)]
        while not end.is_set():
            s, t = choose.choice(sets), choose.choice(sets)
            some = choose.sample(own, 10)
            x = some[0]
            try:
                s.update(some)
                if not s >= {*some} or x not in s or not universe.issuperset(s):
                    problems.append(f"thread {number}: update({some}) and then not all of them are in {s}")
                for prize in range(8):
                    added[number] += wanted.try_add(prize) + wanted.try_add(prize)
                    removed[number] += wanted.try_remove(prize)
                for act in choose.sample(_SAFE, 6):
                    act(s, t, universe)
                with lockedset.locked(s, t):
                    before = s.snapshot(), t.snapshot()
                    if s.try_add(x) or t.union(s) != s | t or (s.snapshot(), t.snapshot()) != before:
                        problems.append(f"thread {number}: inside locked(s, t) another thread changed them")
                budget.rounds += 1
                s.difference_update(some)
                if x in s or s & {*some} or s.try_remove(x):
                    problems.append(f"thread {number}: difference_update({some}) and then some are in {s}")
                if set.intersection(s.remove_if(lambda e: e in some), some):
                    problems.append(f"thread {number}: remove_if found elements that were removed")
            except Exception as error:
                problems.append(f"thread {number}: {error!r}")
            if problems:
                end.set()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    end.wait(budget.seconds)
    end.set()
    for thread in threads:
        thread.join(LIMIT)
        if thread.is_alive():
            return f"a thread hangs (seed {budget.seed})"
    if not problems and sum(added) != sum(removed) + len(wanted):
        problems.append(
            f"{sum(added)} additions were reported, {sum(removed)} removals, and {len(wanted)} elements were left"
        )
    return f"{problems[0]} (seed {budget.seed})" if problems else None


_SAFE: list[Callable[[LockedSet[Any], LockedSet[Any], frozenset[Any]], object]] = [
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
