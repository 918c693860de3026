"""Several sets and compound steps: one instant, one order, and deadlocks that are told."""

from __future__ import annotations

from typing import Any

import lockedset
from lockedset import DeadlockError, LockedSet
from tests.lockedset.stress.properties import Subject, holds, shown
from tests.lockedset.stress.race import Budget, race, yield_processor


@holds("an operation on several sets sees all of them at one instant")
def several_sets_are_one_step(cls: Subject, budget: Budget) -> str | None:
    def move(sets: list[LockedSet[Any]]) -> None:
        """Pass a token from b to c and back, and let b differ from a for the time of a compound step."""
        _, b, c, d = sets
        for _ in range(20):
            for source, target in ((b, c), (c, b)):
                with lockedset.locked(b, c):
                    source.discard("token")
                    target.add("token")
            with lockedset.locked(d):
                d.add("half")
                d.discard("half")

    def look(sets: list[LockedSet[Any]]) -> str | None:
        a, b, c, d = sets
        for _ in range(10):
            if len(a.union(b, c)) != 1:
                return f"the token is in exactly one of b and c, and a.union(b, c) had {len(a.union(b, c))}"
            if len(a | d) or a != d or not a == d or not d <= a:
                return "d equals a but for the inside of compound steps, and another thread saw it differ"
            if b & c or len(b ^ c) != 1 or b == c:
                return "the token is in exactly one of b and c, and was seen in both or none"
        return None

    for _, results in race(budget, lambda: [cls(), cls(["token"]), cls(), cls()], look, move):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


@holds("operations on the same two sets in opposite orders do not wait for each other", hangs=True)
def opposite_orders_do_not_hang(cls: Subject, budget: Budget) -> str | None:
    def one(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        for _ in range(20):
            a.update(b)
            a.__ior__(b)
            a == b  # noqa: B015

    def two(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        one((b, a))

    for _, results in race(budget, lambda: (cls(range(5)), cls(range(3, 8))), one, two):
        if results != [None, None]:
            return f"`a |= b` beside `b |= a` raised {shown(results)}"
    return None


@holds("inside locked(s) no other thread gets into a method of s")
def a_hold_keeps_others_out(cls: Subject, budget: Budget) -> str | None:
    def step(s: LockedSet[Any]) -> None:
        for _ in range(10):
            with lockedset.locked(s):
                s.add("half")
                for _ in range(20):
                    s.snapshot()
                s.discard("half")

    def look(s: LockedSet[Any]) -> str | None:
        for _ in range(20):
            if any("half" in s for _ in range(5)):
                return "`in` saw the inside of a compound step"
            if len(s):
                return "len saw the inside of a compound step"
            if any(repr(s) != f"{type(s).__name__}()" for _ in range(3)):
                return "repr saw the inside of a compound step"
            if s != set() or not s == set() or s > set():
                return "a comparison saw the inside of a compound step"
            if [*s] or s.snapshot():
                return "iteration or snapshot saw the inside of a compound step"
            s.add("mine")
            s.remove("mine")
        return None

    for _, results in race(budget, cls, look, step):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


@holds("holds that are nested crosswise end in DeadlockError, not in silence", hangs=True)
def crossed_holds_are_told(cls: Subject, budget: Budget) -> str | None:
    def cross(state: tuple[LockedSet[Any], LockedSet[Any], list[int]]) -> str:
        a, b, inside = state
        try:
            with lockedset.locked(a):
                inside.append(1)
                for _ in range(1000):  # the other thread may have to wait for a processor
                    if len(inside) == 2:
                        break
                    yield_processor()
                b.add(0)
                b.update(a)
        except DeadlockError:
            return "told"
        return "done"

    told = 0
    for _, results in race(
        budget, lambda: (cls(), cls(), []), cross, lambda state: cross((state[1], state[0], state[2]))
    ):
        if not {*results} <= {"told", "done"}:
            return f"two crossed holds ended as {shown(results)}"
        told += "told" in results
    return None if told else "no two holds were crossed: the check saw nothing"


@holds("holds that are nested in the same order by all threads never get a DeadlockError")
def ordered_holds_are_not_accused(cls: Subject, budget: Budget) -> str | None:
    def nest(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        for _ in range(5):
            with lockedset.locked(a):
                b.add(0)
                with lockedset.locked(b):
                    a.update(b)
            b.discard(0)

    def arrange() -> tuple[LockedSet[Any], LockedSet[Any]]:
        a, b = sorted((cls(), cls()), key=id)
        return a, b

    for _, results in race(budget, arrange, nest, nest):
        if results != [None, None]:
            return f"holds nested in one order ended as {shown(results)}"
    return None
