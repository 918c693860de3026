"""Which members of a class must a check call, which not, and what is said of those that it cannot call?"""

from __future__ import annotations

import collections
import queue
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from threading import Lock
from typing import Any, Self

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.members import members_of
from lockproof.inference.from_class import infer
from lockproof.inference.inner_state import has_state, state_of
from lockproof.inference.surface import members, notes, surface, without
from tests.corpus import PAIRS
from tests.lockproof.inference import subjects

pytestmark = pytest.mark.one_build


class Lazy:
    """A property that is computed once, as many people write it."""

    def __init__(self, function: Callable[[Any], int]) -> None:
        self.function = function

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return instance.__dict__.setdefault(self.name, self.function(instance))


class Everything:
    """One member of each sort that counts, and of each that does not."""

    constant = 3
    Inner = dict

    def __init__(self) -> None:
        self.data: list[int] = []
        self._lock = Lock()

    def method(self) -> None: ...

    def _private(self) -> None: ...

    async def later(self) -> None: ...

    @property
    def value(self) -> int:
        return 1

    @cached_property
    def once(self) -> int:
        return 2

    @Lazy
    def lazy(self) -> int:
        return 3

    @classmethod
    def shared(cls) -> int:
        return 4

    @classmethod
    def from_text(cls, text: str) -> Self:
        return cls()

    @staticmethod
    def helper(number: int, *, base: int) -> int:
        return number + base

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


COUNTED = {"method", "later", "value", "once", "lazy", "shared", "helper", "__len__", "__iter__", "__enter__"}


class Child(Everything):
    """Adds one member, and replaces one."""

    def method(self) -> None: ...

    def more(self) -> None: ...


def test_what_counts_and_what_does_not() -> None:
    assert set(surface(Everything)) == COUNTED
    assert set(surface(Child)) == COUNTED | {"more"}
    assert surface(type("Empty", (), {})) == ()


def test_a_member_that_no_operation_calls_has_its_reason_and_the_line_to_add() -> None:
    found = {each.name: each for each in members(infer(Everything), Everything)}
    assert found["method"].why == "" and found["value"].why == "" and found["lazy"].why == ""
    assert found["later"].why == "it is asynchronous"
    assert found["helper"].advice == 'op("a.helper(number, base=base)", number=[...], base=[...])'
    assert found["value"].advice == 'op("a.value")'
    assert found["__len__"].advice == 'op("len(a)")'
    assert all(each.advice.startswith('op("') for each in found.values())


def test_a_note_about_a_member_that_nothing_calls_is_not_given_twice() -> None:
    specification = infer(Everything)
    assert any("later is left out" in note for note in specification.notes)
    assert not any("later" in note for note in notes(specification, members(specification, Everything)))


def test_what_is_skipped_is_called_by_nothing() -> None:
    specification = without(infer(subjects.Counter), subjects.Counter, ["value"])
    lines = [each.text for each in specification.operations] + [each.text for each in specification.final]
    assert lines and not any("value" in members_of(line) for line in lines)
    assert without(specification, subjects.Counter, []) is specification


@pytest.mark.parametrize(
    ("skip", "fact"), [(["valeu"], "no public member valeu"), (["increment", "value"], "nothing is left of Counter")]
)
def test_a_name_to_skip_that_is_wrong_is_refused(skip: list[str], fact: str) -> None:
    with pytest.raises(LockproofError, match=fact):
        without(infer(subjects.Counter), subjects.Counter, skip)


class Running:
    """Returns itself as its iterator, and has one function under two names."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> int:
        return 1

    def put(self) -> None: ...

    push = put


def test_an_iterator_gives_itself_and_one_function_counts_once() -> None:
    assert surface(Running) == ("__next__", "put")
    (put,) = (each for each in members(infer(Running), Running) if each.name == "put")
    assert (put.aliases, put.why) == (("push",), "")


def test_members_of_a_base_of_the_library_are_excused_and_own_ones_are_not() -> None:
    class Stored(collections.UserDict[str, int]):
        async def later(self) -> None: ...

    found = {each.name: each for each in members(infer(Stored), Stored)}
    assert found["update"].excused and not found["later"].excused


def test_the_inner_state_is_what_attributes_hold() -> None:
    subject = Everything()
    seen = state_of(subject)
    assert state_of(subject) == seen
    subject.data.append(1)
    assert state_of(subject) != seen


LIBRARY = [
    queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue, collections.deque, collections.OrderedDict,
    collections.defaultdict, collections.ChainMap, collections.UserList, collections.UserDict, set, dict, list,
]  # fmt: skip


some = pytest.mark.nightly(reason="a push asks every fourth pair")


@pytest.mark.parametrize("cls", LIBRARY)
def test_each_member_of_a_class_of_the_library_has_an_operation(cls: type) -> None:
    left = {each.name: each for each in members(infer(cls), cls) if each.why}
    assert not left or (left.keys() == {"__reversed__"} and left["__reversed__"].excused)


@pytest.mark.parametrize(
    "pair",
    [pytest.param(each, marks=() if number % 4 == 0 else some, id=each.name) for number, each in enumerate(PAIRS)],
)
def test_each_member_of_a_mended_class_of_the_corpus_has_an_operation(pair: object) -> None:
    module, _, name = getattr(pair, "mended").partition(":")  # noqa: B009
    cls = getattr(__import__(module, fromlist=[name]), name)
    assert [each for each in members(infer(cls), cls) if each.why] == []


class Slotted:
    """Keeps its state in slots."""

    __slots__ = ("count", "lock")

    def __init__(self) -> None:
        self.count, self.lock = 0, Lock()


class OnlyALock:
    """Keeps nothing but a lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()


class Nothing:
    """Keeps nothing."""


@pytest.mark.parametrize(
    ("cls", "state"),
    [(Everything, True), (Slotted, True), (dict, True), (subjects.Counter, True), (OnlyALock, False), (Nothing, False)],
)
def test_locks_alone_are_no_state(cls: type, state: bool) -> None:
    assert has_state(cls()) is state
