"""Arguments for methods of sets, as recipes: what one call uses up (a generator, a target) is made anew for the next.

A recipe also says what the call must leave of its argument, so that two calls can be compared in this as well.
"""

from __future__ import annotations

from collections import OrderedDict, UserDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from lockedset import LockedSet

type AnySet = set[Any]


class Stopped(Exception):
    """Raised by an iterator in the middle."""


class PlainSubclass(set[Any]):
    """A subclass of the built-in set that changes nothing."""


class Sequence:
    """Iterable by `__getitem__` alone."""

    def __init__(self, elements: list[Any]) -> None:
        self.elements = elements

    def __getitem__(self, index: int) -> Any:
        return self.elements[index]


class Colliding:
    """An element with `__hash__` and `__eq__` in Python, whose hash says little."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return self.number % 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Colliding) and other.number == self.number

    def __repr__(self) -> str:
        return f"Colliding({self.number})"


class NotComparable:
    """An element that raises as soon as it is compared with another one."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        raise Stopped("compared")

    def __repr__(self) -> str:
        return "NotComparable()"


def _raising(elements: list[Any]) -> Iterator[Any]:
    yield from elements
    raise Stopped("in the middle")


_KINDS: dict[str, Callable[[list[Any], AnySet], Any]] = {
    "set": lambda elements, _: set(elements),
    "frozenset": lambda elements, _: frozenset(elements),
    "LockedSet": lambda elements, _: LockedSet(elements),
    "set of the target's type": lambda elements, target: type(target)(elements),
    "subclass of set": lambda elements, _: PlainSubclass(elements),
    "list": lambda elements, _: list(elements),
    "tuple": lambda elements, _: tuple(elements),
    "deque": lambda elements, _: deque(elements),
    "sequence protocol": lambda elements, _: Sequence(elements),
    "generator": lambda elements, _: (each for each in elements),
    "iterator": lambda elements, _: iter(elements),
    "dict": lambda elements, _: dict.fromkeys(elements),
    "dict keys": lambda elements, _: dict.fromkeys(elements).keys(),
    "dict items": lambda elements, _: dict.fromkeys(elements, 0).items(),
    "dict values": lambda elements, _: dict(enumerate(elements)).values(),
    "ordered dict keys": lambda elements, _: OrderedDict.fromkeys(elements).keys(),
    "keys of a mapping in Python": lambda elements, _: UserDict.fromkeys(elements).keys(),
    "string": lambda elements, _: "".join(str(each)[:1] for each in elements),
    "bytes": lambda elements, _: bytes(len(elements)),
    "range": lambda elements, _: range(len(elements)),
    "the target": lambda _, target: target,
    "generator over the target": lambda _, target: (each for each in list(target)),
    "iterator that raises": lambda elements, _: _raising(elements),
    "list with an unhashable element": lambda elements, _: [*elements, [], *elements],
    "generator with an unhashable element": lambda elements, _: (each for each in [*elements, {}, *elements]),
    "None": lambda _, __: None,
    "number": lambda elements, _: len(elements),
    "function": lambda _, __: len,
    "class": lambda _, __: list,
}

KINDS = tuple(_KINDS)
ONLY_SETS = ("set", "frozenset", "LockedSet", "set of the target's type", "subclass of set", "the target")
ITERABLES = tuple(kind for kind in KINDS if kind not in ("None", "number", "function", "class"))


@dataclass(frozen=True)
class Argument:
    """How to make one argument of a call."""

    kind: str
    elements: tuple[Any, ...] = field(default=())

    def make(self, target: AnySet) -> Any:
        return _KINDS[self.kind](list(self.elements), target)


# Equal objects of several types, so that it shows which one a set keeps; several types, so that hashes collide.
POOL: tuple[Any, ...] = (
    *(0, 1, 2, 3, True, 1.0, 2.0, -1, -2),
    *("", "a", "b", b"a", None, (), (1,), (True,), frozenset(), frozenset({1})),
    *map(Colliding, range(5)),
)
elements = st.sampled_from(POOL)
contents = st.lists(elements, max_size=7)


def arguments(
    kinds: tuple[str, ...] = KINDS, of: st.SearchStrategy[list[Any]] = contents
) -> st.SearchStrategy[Argument]:
    return st.builds(Argument, st.sampled_from(kinds), of.map(tuple))
