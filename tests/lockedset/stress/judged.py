"""LockedSet and its twins as lockproof sees them: a model of every operation, and what is tried.

`tests.lockedset.stress.judged:lockedset` is the specification of LockedSet, and
`tests.lockedset.stress.judged:unlocked_try_add` that of this twin. A twin is made when it is asked for, in the process
that asks: some change the rules of the whole package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, Final

from lockedset import LockedSet
from lockproof import Specification, choose, op, unordered
from tests.lockedset.stress.properties import Subject, register_judged
from tests.lockedset.stress.twins import TWINS

_DEFAULT: Final = object()


class Model(set[Any]):
    """What LockedSet promises, written for one thread. Which element `pop` and `take` take is not promised."""

    def pop(self, default: Any = _DEFAULT) -> Any:
        """Remove and return any element, or return the default."""
        if not self:
            if default is _DEFAULT:
                raise KeyError
            return default
        element = choose(sorted(self))
        self.remove(element)
        return element

    def try_add(self, element: Any) -> bool:
        """Add and tell whether it was new."""
        new = element not in self
        self.add(element)
        return new

    def try_remove(self, element: Any) -> bool:
        """Remove and tell whether it was there."""
        there = element in self
        self.discard(element)
        return there

    def add_new(self, elements: Iterable[Any]) -> set[Any]:
        """Add and return those that were new."""
        new = set(elements) - self
        self |= new
        return new

    def remove_if(self, predicate: Callable[[Any], bool]) -> set[Any]:
        """Remove and return those for which the predicate is true."""
        gone = {element for element in self if predicate(element)}
        self -= gone
        return gone

    def take(self, n: int) -> set[Any]:
        """Remove and return any n elements, or all."""
        gone = set(choose(list(combinations(sorted(self), min(n, len(self))))))
        self -= gone
        return gone

    def drain(self) -> set[Any]:
        """Remove and return all."""
        return self.take(len(self))

    def replace(self, elements: Iterable[Any]) -> None:
        """Have these elements and no others."""
        new = set(elements)
        self.clear()
        self |= new

    def snapshot(self) -> frozenset[Any]:
        """Return the elements."""
        return frozenset(self)


def odd(element: int) -> bool:
    """Tell whether a number is odd."""
    return element % 2 == 1


OPERATIONS: Final = (
    op("a.try_add(x)", x=[1, 2], weight=3),
    op("a.try_remove(x)", x=[1, 2], weight=3),
    op("a.pop(None)", weight=3),
    op("a.add_new(x)", x=[[1, 2], [2, 3]], weight=3),
    op("a.remove_if(odd)", weight=3),
    op("a.take(n)", n=[1, 2], weight=2),
    op("a.drain()", weight=3),
    op("a.replace(x)", x=[[1, 2], [3]], weight=2),
    op("a.snapshot()", reads=True),
    op("a.add(x)", x=[1, 2], weight=2),
    op("a.remove(x)", x=[1, 2]),
    op("a.update(x)", x=[[1, 2], {2, 3}]),
    op("a.intersection_update(x)", x=[[1], [2, 3]]),
    op("a |= b"),
    op("b |= a"),
    op("a.update(b)"),
    op("a &= b"),
    op("a == b", reads=True),
    op("a | b", reads=True),
    op("len(a)", reads=True),
    op("x in a", x=[1, 2], reads=True),
    op("[*a]", reads=True, normalize=unordered),
    op("frozenset(a)", reads=True),
)


def specification(cls: Subject, name: str) -> Specification:
    """Return what is checked of LockedSet or a twin."""
    return Specification(
        cls,
        OPERATIONS,
        model=Model,
        observe=["sorted(a)"],
        names={"odd": odd},
        init=[op("a.add(x)", x=[1, 2, 3])],
        subjects=2,
        subject_name=name,
        model_name="set, and what the added operations promise",
    )


def __getattr__(name: str) -> Specification:
    if name == "lockedset":
        return specification(LockedSet, "LockedSet")
    twin = TWINS.get(name.replace("_", "-"))
    if twin is None:
        raise AttributeError(name)
    return specification(twin.make(), twin.name)


register_judged("linearizable", "whatever threads call at the same time, one order of the calls explains all results")
