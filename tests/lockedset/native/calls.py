"""Every method and operator of LockedSet as a call that can be made again and again, and the situations to make it in.

What goes wrong at the level of C (a reference too many, a lock still held after an error) goes wrong on one path of one
function. So each call is made in each situation, and most situations end a call early.
"""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

from lockedset import LockedSet, locked

type Parts = Callable[[LockedSet[Any], Any, Any], tuple[Any, ...]]


class Raised(Exception):
    """Raised by an element or an iterator."""


class Element:
    """An element whose `__hash__` and `__eq__` are in Python, and can raise. All of them have one of two hashes."""

    __slots__ = ("number", "raises")

    def __init__(self, number: int, raises: str = "") -> None:
        self.number = number
        self.raises = raises

    def __hash__(self) -> int:
        if self.raises == "hash":
            raise Raised("hash")
        return self.number % 2

    def __eq__(self, other: object) -> bool:
        if self.raises == "eq" or (isinstance(other, Element) and other.raises == "eq"):
            raise Raised("eq")
        return isinstance(other, Element) and self.number == other.number


@dataclass(frozen=True)
class Call:
    """A call of the method `of`: from a set, an operand and an element, `parts` makes the function and its arguments.

    `takes` says whether the operand or the element makes a difference.
    """

    of: str
    takes: str
    parts: Parts
    note: str = ""

    @property
    def name(self) -> str:
        """The method, and what is special about this call of it."""
        return f"{self.of} {self.note}".strip()

    @property
    def in_c(self) -> bool:
        """Whether the compiled core does it without Python code: the interpreter's loop has faults without memory."""
        method = getattr(LockedSet, self.of, None)
        return self.note not in _IN_PYTHON and self.of != "__reduce__" and not isinstance(method, FunctionType)


_IN_PYTHON = ("twice", "and changed", "a second time", "by copy")
"""Calls that a function in Python makes."""


def _each(first: Callable[[Any], object], second: Callable[[Any], object], x: Any) -> None:
    first(x)
    second(x)


def _pickled(s: LockedSet[Any]) -> object:
    return pickle.loads(pickle.dumps(s))


def _within(s: LockedSet[Any], x: Any) -> object:
    with locked(s, LockedSet(), s):
        s.discard(x)
        return s.try_add(x)


def _again(s: LockedSet[Any]) -> None:
    hold = locked(s)
    with hold:
        pass
    with hold:
        pass


def _many(s: LockedSet[Any], o: Any, x: Any) -> list[Any]:
    """More operands than a call has room for on its stack, some of them with a lock."""
    return [o, *[LockedSet((x,)) for _ in range(9)]]


CALLS = [
    # One element.
    Call("add", "element", lambda s, o, x: (s.add, x)),
    Call("discard", "element", lambda s, o, x: (s.discard, x)),
    Call("discard", "", lambda s, o, x: (s.discard, {x}), "of a set"),
    Call("remove", "element", lambda s, o, x: (s.remove, x)),
    Call("remove", "element", lambda s, o, x: (_each, s.remove, s.remove, x), "twice"),
    Call("__contains__", "element", lambda s, o, x: (operator.contains, s, x)),
    Call("__contains__", "element", lambda s, o, x: (s.__contains__, x), "as a method"),
    Call("try_add", "element", lambda s, o, x: (s.try_add, x)),
    Call("try_remove", "element", lambda s, o, x: (s.try_remove, x)),
    Call("pop", "", lambda s, o, x: (s.pop,)),
    Call("pop", "", lambda s, o, x: (s.pop, x), "with a default"),
    Call("pop", "", lambda s, o, x: (LockedSet().pop, x), "of nothing with a default"),
    Call("pop", "", lambda s, o, x: (LockedSet().pop,), "of nothing"),
    Call("pop", "", lambda s, o, x: (s.pop, x, x), "with too much"),
    # Many elements.
    Call("__new__", "operand", lambda s, o, x: (LockedSet, o)),
    Call("__new__", "", lambda s, o, x: (LockedSet,), "empty"),
    Call("__new__", "", lambda s, o, x: (LockedSet, o, x), "with too much"),
    Call("__new__", "", lambda s, o, x: (partial(LockedSet, x=o),), "with a name"),  # type: ignore[call-arg]
    Call("__init__", "operand", lambda s, o, x: (s.__init__, o)),  # type: ignore[misc]
    Call("__init__", "", lambda s, o, x: (s.__init__,), "empty"),  # type: ignore[misc]
    Call("update", "operand", lambda s, o, x: (s.update, o)),
    Call("update", "operand", lambda s, o, x: (s.update, o, [x], s), "by three"),
    Call("update", "operand", lambda s, o, x: (s.update, *_many(s, o, x)), "by many"),
    Call("update", "", lambda s, o, x: (partial(s.update, x=o),), "with a name"),  # type: ignore[call-arg]
    Call("difference_update", "operand", lambda s, o, x: (s.difference_update, o)),
    Call("difference_update", "operand", lambda s, o, x: (s.difference_update, *_many(s, o, x)), "by many"),
    Call("intersection_update", "operand", lambda s, o, x: (s.intersection_update, o)),
    Call("intersection_update", "operand", lambda s, o, x: (s.intersection_update, o, [x]), "by two"),
    Call("symmetric_difference_update", "operand", lambda s, o, x: (s.symmetric_difference_update, o)),
    Call("replace", "operand", lambda s, o, x: (s.replace, o)),
    Call("add_new", "operand", lambda s, o, x: (s.add_new, o)),
    Call("remove_if", "", lambda s, o, x: (s.remove_if, lambda e: e is x)),
    Call("remove_if", "", lambda s, o, x: (s.remove_if, lambda e: e.nothing), "that raises"),
    Call("take", "", lambda s, o, x: (s.take, 2)),
    Call("take", "", lambda s, o, x: (s.take, "a"), "of a wrong type"),
    Call("drain", "", lambda s, o, x: (s.drain,)),
    Call("clear", "", lambda s, o, x: (s.clear,)),
    # All elements.
    Call("__iter__", "", lambda s, o, x: (list, s)),
    Call("__iter__", "", lambda s, o, x: (iter, s), "by one"),
    Call("__len__", "", lambda s, o, x: (len, s)),
    Call("copy", "", lambda s, o, x: (s.copy,)),
    Call("copy", "", lambda s, o, x: (copy.deepcopy, s), "by copy"),
    Call("snapshot", "", lambda s, o, x: (s.snapshot,)),
    Call("__reduce__", "", lambda s, o, x: (_pickled, s)),
    Call("__repr__", "", lambda s, o, x: (repr, s)),
    Call("__sizeof__", "", lambda s, o, x: (s.__sizeof__,)),
    Call("__hash__", "", lambda s, o, x: (hash, s)),
    # New sets and answers.
    Call("union", "operand", lambda s, o, x: (s.union, o)),
    Call("union", "operand", lambda s, o, x: (s.union, *_many(s, o, x)), "of many"),
    Call("intersection", "operand", lambda s, o, x: (s.intersection, o)),
    Call("intersection", "operand", lambda s, o, x: (s.intersection, o, s, [x]), "of three"),
    Call("difference", "operand", lambda s, o, x: (s.difference, o)),
    Call("symmetric_difference", "operand", lambda s, o, x: (s.symmetric_difference, o)),
    Call("issubset", "operand", lambda s, o, x: (s.issubset, o)),
    Call("issuperset", "operand", lambda s, o, x: (s.issuperset, o)),
    Call("isdisjoint", "operand", lambda s, o, x: (s.isdisjoint, o)),
    # Operators.
    Call("__or__", "operand", lambda s, o, x: (operator.or_, s, o)),
    Call("__and__", "operand", lambda s, o, x: (operator.and_, s, o)),
    Call("__sub__", "operand", lambda s, o, x: (operator.sub, s, o)),
    Call("__xor__", "operand", lambda s, o, x: (operator.xor, s, o)),
    Call("__ror__", "operand", lambda s, o, x: (operator.or_, o, s)),
    Call("__rand__", "operand", lambda s, o, x: (operator.and_, o, s)),
    Call("__rsub__", "operand", lambda s, o, x: (operator.sub, o, s)),
    Call("__rxor__", "operand", lambda s, o, x: (operator.xor, o, s)),
    Call("__ior__", "operand", lambda s, o, x: (s.__ior__, o)),
    Call("__iand__", "operand", lambda s, o, x: (s.__iand__, o)),
    Call("__isub__", "operand", lambda s, o, x: (s.__isub__, o)),
    Call("__ixor__", "operand", lambda s, o, x: (s.__ixor__, o)),
    Call("__ixor__", "", lambda s, o, x: (s.__ixor__, s), "with itself"),
    Call("__eq__", "operand", lambda s, o, x: (operator.eq, s, o)),
    Call("__ne__", "operand", lambda s, o, x: (operator.ne, s, o)),
    Call("__lt__", "operand", lambda s, o, x: (operator.lt, s, o)),
    Call("__le__", "operand", lambda s, o, x: (operator.le, s, o)),
    Call("__gt__", "operand", lambda s, o, x: (operator.gt, s, o)),
    Call("__ge__", "operand", lambda s, o, x: (operator.ge, s, o)),
    # Holding.
    Call("locked", "", lambda s, o, x: (locked, s, LockedSet(), s)),
    Call("locked", "", lambda s, o, x: (locked, s, {1}), "of what has no lock"),
    Call("locked", "", lambda s, o, x: (_within, s, x), "and changed"),
    Call("locked", "", lambda s, o, x: (_again, s), "a second time"),
]


@dataclass(frozen=True)
class Situation:
    """What is in the set, and the operand and the element of a call; an operand may be used up, so it is made anew."""

    name: str
    contents: tuple[Any, ...]
    operand: Callable[[], Any]
    element: Any

    def make(self) -> LockedSet[Any]:
        """Return the set that the call is made on."""
        return LockedSet(self.contents)


def _raising(*elements: Any) -> Iterator[Any]:
    yield from elements
    raise Raised("generator")


def situations() -> list[Situation]:
    """Return the situations, each with elements of its own."""
    one, two, three, four, *more = (Element(number) for number in range(1, 30))
    texts = tuple(f"element {number}" for number in range(20))
    numbers = tuple(range(1000, 1100))  # so many more that the table of the set has to grow
    no_hash, no_eq = Element(5, "hash"), Element(7, "eq")
    other = Element(40)
    return [
        Situation("texts and a set", texts, lambda: {*texts[10:], *numbers}, numbers[0]),
        Situation("texts and a list", texts, lambda: [*texts[10:], *numbers], texts[0]),
        Situation("numbers and a LockedSet", numbers[:20], lambda: LockedSet(texts + numbers[3:]), numbers[3]),
        Situation("tuples and a frozenset", ((1, texts), (2, texts)), lambda: frozenset({(3, texts)}), (2, texts)),
        Situation("elements and a set", (one, two, three), lambda: {three, four, 5, *more}, two),
        Situation("elements and a tuple", (one, two, three), lambda: (other, two, *more), four),
        Situation("elements and a LockedSet", (one, two, three), lambda: LockedSet({three, four, *more}), other),
        Situation("elements and the keys of a dictionary", (one, two), lambda: {two: 1, four: 2}.keys(), one),
        Situation("nothing and an iterator", (), lambda: iter((one, two)), one),
        Situation("hash raises", (one, "a"), lambda: [two, no_hash], no_hash),
        Situation("eq raises", (one, two, three), lambda: (no_eq, two), no_eq),
        Situation("eq raises in a set", (one, two, three), lambda: {no_eq, two}, no_eq),
        Situation("an iterator raises", (one, two, "a"), lambda: _raising(three, one), three),
        Situation("a wrong type", (one, two, "a"), lambda: 5, []),
        Situation("not hashable", (one, "a"), lambda: [three, []], {}),
    ]


EXPECTED = (Raised, TypeError, KeyError, AttributeError, RuntimeError, pickle.PicklingError)
"""What a call may raise."""


FAILING = {"hash raises", "eq raises", "eq raises in a set", "an iterator raises", "a wrong type", "not hashable"}
"""The situations that differ from others in the operand and the element alone."""


def pairs() -> Iterator[tuple[Call, Situation]]:
    """Yield each call with each situation that makes a difference to it."""
    for situation in situations():
        for call in CALLS:
            if call.takes or situation.name not in FAILING:
                yield call, situation


def attempt(call: Call, situation: Situation, s: LockedSet[Any]) -> str:
    """Make the call; return the name of what it raised, or nothing."""
    try:
        function, *arguments = call.parts(s, situation.operand(), situation.element)
        function(*arguments)
    except EXPECTED as error:
        return type(error).__name__
    return ""
