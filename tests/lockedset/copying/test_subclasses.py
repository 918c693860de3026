"""Can LockedSet be subclassed, referred to weakly, measured and used as a generic class as `set` can?"""

from __future__ import annotations

import gc
import sys
import types
import typing
import weakref
from collections.abc import Callable, Iterable
from typing import Any, override

import pytest

from lockedset import LockedSet, locked
from tests.lockedset.copying.kinds import Generic, WithArguments, WithDict, WithSlots
from tests.lockedset.implementations import COMPILED


class Recording(LockedSet[Any]):
    """Counts calls of `__init__` on each object."""

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        super().__init__(iterable)
        self.made_by_init = True


MAKING: dict[str, Callable[[Any], Any]] = {
    "copy": lambda each: each.copy(),
    "|": lambda each: each | {9},
    "&": lambda each: each & {1},
    "-": lambda each: each - {1},
    "^": lambda each: each ^ {9},
    "union": lambda each: each.union([9], [8]),
    "intersection": lambda each: each.intersection([1], [1, 2]),
    "difference": lambda each: each.difference([1], [2]),
    "symmetric_difference": lambda each: each.symmetric_difference([9]),
}
every_result = pytest.mark.parametrize("make", MAKING.values(), ids=MAKING)


@every_result
def test_results_are_made_without_calling_init(make: Callable[[Any], Any]) -> None:
    original = Recording([1, 2])
    made = make(original)
    assert type(made) is Recording
    assert original.made_by_init
    assert not hasattr(made, "made_by_init")
    assert made == make({1, 2})


@every_result
def test_a_subclass_whose_init_needs_arguments_has_results_too(make: Callable[[Any], Any]) -> None:
    made = make(WithArguments("name", [1, 2]))
    assert type(made) is WithArguments
    assert made == make({1, 2})


@every_result
def test_a_result_is_a_whole_object_that_can_be_used_and_locked(make: Callable[[Any], Any]) -> None:
    made = make(WithSlots([1, 2]))
    made.left = "text"
    with locked(made):
        made.update([5])
    assert 5 in made


def test_a_subclass_may_take_keywords() -> None:
    made = WithArguments("name", [1], limit=2)
    assert (made, made.name, made.limit) == ({1}, "name", 2)
    with pytest.raises(TypeError):
        WithArguments(unknown=1)  # type: ignore[call-arg]


def test_a_subclass_with_new_has_a_lock() -> None:
    class WithNew(LockedSet[int]):
        name: str

        def __new__(cls, name: str) -> typing.Self:
            made = typing.cast("typing.Self", super().__new__(cls))
            made.name = name
            return made

        def __init__(self, name: str) -> None:
            super().__init__(map(len, [name]))

    made = WithNew("four")
    made.add(1)
    assert (made, made.name) == ({4, 1}, "four")


def test_a_subclass_that_never_calls_init_is_an_empty_set() -> None:
    class WithoutSuper(LockedSet[int]):
        def __init__(self) -> None:
            """Leave out the base class."""

    made = WithoutSuper()
    made.add(1)
    assert made == {1}


def test_a_subclass_may_have_other_bases() -> None:
    class Named:
        def __init__(self) -> None:
            self.name = "mixed in"

    class Both(LockedSet[int], Named):
        def __init__(self, iterable: Iterable[int]) -> None:
            LockedSet.__init__(self, iterable)
            Named.__init__(self)

    made = Both([1])
    assert (made, made.name, type(made | {2})) == ({1}, "mixed in", Both)


def test_methods_of_a_subclass_may_call_those_they_extend() -> None:
    class Counting(LockedSet[int]):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        @override
        def add(self, element: int, /) -> None:
            with locked(self):
                self.calls += 1
                super().add(element)

        @override
        def __contains__(self, element: object, /) -> bool:
            return super().__contains__(element) or element == "always"

    made = Counting()
    made.add(1)
    made.add(1)
    assert (made.calls, 1 in made, "always" in made, 2 in made) == (2, True, True, False)


def test_the_left_operand_decides_between_related_classes() -> None:
    for left, right in ((LockedSet, WithDict), (WithDict, LockedSet), (WithDict, WithSlots)):
        assert type(left([1]) | right([2])) is left


def test_a_subclass_on_the_right_may_answer_with_a_reflected_operator_of_its_own() -> None:
    class Answering(LockedSet[int]):
        @override
        def __ror__(self, other: object, /) -> Any:
            return "answered"

    assert LockedSet([1]) | Answering() == "answered"
    assert {1} | Answering() == "answered"


def test_a_subclass_may_be_hashable() -> None:
    class Hashable(LockedSet[int]):
        @override
        def __hash__(self) -> int:  # type: ignore[override]
            return id(self)

    made = Hashable([1])
    assert {made: "found"}[made] == "found"
    assert made in LockedSet([made])


# Weak references and the garbage collector


@pytest.mark.parametrize("kind", [LockedSet, WithDict, WithSlots])
def test_a_weak_reference_lasts_as_long_as_the_set(kind: type[Any]) -> None:
    subject = kind([1])
    reference = weakref.ref(subject)
    assert reference() is subject
    del subject
    gc.collect()
    assert reference() is None


def test_a_weak_proxy_stands_for_the_set() -> None:
    subject = LockedSet([1])
    proxy = weakref.proxy(subject)
    proxy.add(2)
    assert (len(proxy), str(proxy)) == (2, str(subject))


def test_a_set_that_is_part_of_a_cycle_is_collected() -> None:
    class Element:
        home: Any

    element = Element()
    element.home = LockedSet([element])
    reference = weakref.ref(element.home)
    del element
    gc.collect()
    assert reference() is None


def test_iterating_does_not_keep_the_set_alive_for_ever() -> None:
    subject = LockedSet([1, 2])
    reference, iterator = weakref.ref(subject), iter(subject)
    del subject
    gc.collect()
    assert reference() is None
    assert sorted(iterator) == [1, 2]


# Size


@pytest.mark.parametrize("size", [0, 1, 5, 100, 10_000])
def test_the_size_is_that_of_the_elements_as_for_a_set_and_of_the_lock(size: int) -> None:
    subject, reference = LockedSet(range(size)), set(range(size))
    subject, reference = LockedSet(reference), set(reference)  # grown by the same step
    reference_size = object.__sizeof__(reference)
    assert subject.__sizeof__() >= set.__sizeof__(reference)
    assert sys.getsizeof(subject) - subject.__sizeof__() >= sys.getsizeof(reference) - set.__sizeof__(reference)
    assert subject.__sizeof__() == set.__sizeof__(subject)
    # In Python two references, one of them to the lock; in C the lock itself.
    assert object.__sizeof__(subject) == reference_size + (3 if COMPILED else 2) * tuple.__itemsize__


# Generics


def test_an_alias_makes_sets_and_keeps_its_arguments() -> None:
    alias = LockedSet[int]
    assert isinstance(alias, types.GenericAlias)
    assert typing.get_origin(alias) is LockedSet
    assert typing.get_args(alias) == (int,)
    assert alias([1]) == {1}


def test_a_generic_subclass_is_made_with_or_without_its_argument() -> None:
    assert type(Generic[int]([1])) is type(Generic([1])) is Generic
    assert typing.get_origin(Generic[int]) is Generic
    assert type(Generic[int]([1]) | {2}) is Generic


def test_annotations_with_it_can_be_read() -> None:
    def function(argument: LockedSet[int]) -> LockedSet[str]:
        return LockedSet(map(str, argument))

    assert function(LockedSet([1])) == {"1"}
    hints = typing.get_type_hints(function, localns={"LockedSet": LockedSet})
    assert hints == {"argument": LockedSet[int], "return": LockedSet[str]}
