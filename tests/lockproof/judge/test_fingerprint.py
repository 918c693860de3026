"""Do two states have the same fingerprint only if no code can distinguish them?"""

from __future__ import annotations

import copy
import random
import threading
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.inference.sets import AnySet
from lockproof.judge.fingerprint import MOST, fingerprint


class Plain:
    """Ordinary attributes and nothing else."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def method(self) -> None:
        pass


class Slotted:
    """No attributes but two, of which one is hidden."""

    __slots__ = ("__hidden", "shown")

    def __init__(self, hidden: Any, shown: Any) -> None:
        self.__hidden, self.shown = hidden, shown


class Named(list[Any]):
    """A list whose objects may hide the class's name with their own."""

    name = "class"


class Colour(Enum):
    """Objects that are there for good."""

    RED = 1
    BLUE = 2


class Forgetful:
    """A pickle of it has nothing in it."""

    def __init__(self, kept: int) -> None:
        self.kept = kept

    def __reduce__(self) -> Any:
        return Forgetful, (0,)


def counting(start: int) -> Iterator[int]:
    kept = [start]
    yield start
    kept.append(1)
    yield start
    yield len(kept)


def twice() -> Iterator[None]:
    yield
    yield


def advanced(start: int, steps: int) -> Iterator[int]:
    made = counting(start)
    for _ in range(steps):
        next(made)
    return made


def shared() -> list[Any]:
    inner: list[Any] = []
    return [inner, inner]


def named(contents: list[Any], **fields: Any) -> Named:
    made = Named(contents)
    made.__dict__.update(fields)
    return made


def held() -> Any:
    lock = threading.Lock()
    lock.acquire()
    return lock


def held_again() -> Any:
    lock = threading.RLock()
    lock.acquire()
    return lock


def condition(waiting: int) -> threading.Condition:
    made = threading.Condition(threading.Lock())
    made._waiters.extend(held() for _ in range(waiting))  # type: ignore[attr-defined]
    return made


def endless() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


DIFFERENT: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
    (lambda: [1, 2], lambda: [2, 1]),
    (lambda: [1], lambda: (1,)),
    (lambda: [1], lambda: [True]),
    (lambda: [1], lambda: [1.0]),
    (lambda: [0.0], lambda: [-0.0]),
    (lambda: [1j], lambda: [2j]),
    (lambda: "a", lambda: b"a"),
    (lambda: [None], list),
    (shared, lambda: [[], []]),
    (endless, lambda: [[]]),
    (lambda: {1: 2}, lambda: {2: 1}),
    (lambda: {1: 2, 3: 4}, lambda: {3: 4, 1: 2}),
    (lambda: AnySet({1}), lambda: frozenset((1,))),
    (lambda: AnySet({1}), lambda: AnySet({2})),
    (lambda: deque([1], 1), lambda: deque([1], 2)),
    (lambda: OrderedDict(a=1, b=2), lambda: OrderedDict(b=2, a=1)),
    (lambda: defaultdict(int, a=1), lambda: defaultdict(list, a=1)),
    (lambda: Plain(x=1), lambda: Plain(x=2)),
    (lambda: Plain(x=1), lambda: Plain(y=1)),
    (lambda: Slotted(1, 2), lambda: Slotted(2, 2)),
    (lambda: Slotted(1, 2), lambda: Slotted(1, 3)),
    (lambda: named([1]), lambda: [1]),
    (lambda: named([1]), lambda: named([1], name="own")),
    (lambda: Colour.RED, lambda: Colour.BLUE),
    (lambda: Forgetful(1), lambda: Forgetful(2)),
    (lambda: KeyError(1), lambda: KeyError(2)),
    (lambda: KeyError(1), lambda: IndexError(1)),
    (lambda: int, lambda: str),
    (lambda: len, lambda: repr),
    (lambda: random, lambda: copy),
    (lambda: condition, lambda: held),
    (lambda: Plain(x=1).method, lambda: Plain(x=2).method),
    (lambda: [].append, lambda: [1].append),
    (lambda: partial(add, 1), lambda: partial(add, 2)),
    (lambda: advanced(1, 1), lambda: advanced(1, 2)),
    (lambda: advanced(1, 1), lambda: advanced(2, 1)),
    (lambda: begun(twice()), lambda: begun(begun(twice()))),
    (threading.Lock, held),
    (threading.RLock, held_again),
    (lambda: condition(1), lambda: condition(2)),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=[str(number) for number in range(len(DIFFERENT))])
def test_objects_that_differ_in_any_field_have_other_fingerprints_and_equal_ones_have_the_same(
    one: Callable[[], Any], other: Callable[[], Any]
) -> None:
    for make in (one, other):
        assert fingerprint(make()) is not None
        assert fingerprint(make()) == fingerprint(make())
    assert fingerprint(one()) != fingerprint(other())


def hidden_in_a_loop() -> Iterator[None]:
    for _ in range(2):
        yield


def hidden_in_a_sum(first: list[int]) -> Iterator[None]:
    _ = first.pop() + len([(yield)])


class Filed(set[int]):
    """A set whose class does not say `has_no_order`."""


def begun(generator: Iterator[Any]) -> Iterator[Any]:
    next(generator)
    return generator


def within() -> Any:
    class Local:
        pass

    return Local()


def ended() -> Iterator[int]:
    made = counting(1)
    list(made)
    return made


UNKNOWN: dict[str, Callable[[], Any]] = {
    "fields in C": lambda: random.Random(1),
    "an iterator": lambda: iter([1, 2]),
    "where a set's pop is": lambda: {1},
    "where a set's pop is, of a class of its own": lambda: Filed({1}),
    "an error with fields in C": lambda: OSError(1, "one"),
    "a loop around a yield": lambda: begun(hidden_in_a_loop()),
    "half of a sum": lambda: begun(hidden_in_a_sum([1])),
    "a closure": lambda: (lambda given: lambda: given)(1),
    "too large": lambda: [[] for _ in range(MOST)],
    "an object of a class that is another one each time": within,
    "a class that is another one each time": lambda: type(within()),
    "a generator that has ended": ended,
}


@pytest.mark.parametrize("make", UNKNOWN.values(), ids=UNKNOWN)
def test_objects_with_state_out_of_sight_have_no_fingerprint(make: Callable[[], Any]) -> None:
    assert fingerprint([make()]) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 2), inner, max_size=2),
    max_leaves=6,
)


@given(VALUES, VALUES)
def test_equal_values_of_the_same_types_and_no_others_have_equal_fingerprints(one: Any, other: Any) -> None:
    assert fingerprint(copy.deepcopy(one)) == fingerprint(one)
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))


def test_only_a_module_that_lasts_is_known_by_where_it_is() -> None:
    made = types.ModuleType("made_for_a_run")
    assert fingerprint(made) is None
    assert fingerprint(types) is not None


def test_a_container_that_another_thread_changes_during_the_walk_has_no_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def changes(walk: Any, each: Any) -> Any:
        raise RuntimeError("deque mutated during iteration")

    assert fingerprint(deque([1])) is not None
    monkeypatch.setattr("lockproof.judge.fingerprint._Walk.of", changes)
    assert fingerprint(deque([1])) is None
