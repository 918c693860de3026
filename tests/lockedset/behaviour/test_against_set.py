"""Does each single call on a LockedSet return, raise, leave and use up what the same call on a built-in set does?

The arguments are generated. What differs on purpose is named where it is left out here, and shown in
`test_differences.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Hashable, MutableSet
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedset import LockedSet
from tests.lockedset.behaviour.arguments import (
    KINDS,
    POOL,
    AnySet,
    Argument,
    NotComparable,
    PlainSubclass,
    Stopped,
    arguments,
    contents,
    elements,
)
from tests.lockedset.behaviour.outcomes import Outcome, exact, loose, observe, pair

MANY = ("update", "difference_update", "union", "difference", "intersection", "intersection_update")
ONE = ("symmetric_difference_update", "symmetric_difference", "issubset", "issuperset", "isdisjoint")
CHANGING = ("update", "difference_update", "intersection_update", "symmetric_difference_update")
# `set` stops here once the outcome is certain; LockedSet has run its arguments to their end before it begins.
STOPPING = ("intersection_update",)
BINARY: tuple[Callable[[Any, Any], Any], ...] = (
    *(operator.or_, operator.and_, operator.sub, operator.xor),
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
)
IN_PLACE: tuple[Callable[[Any, Any], Any], ...] = (operator.ior, operator.iand, operator.isub, operator.ixor)
VIEWS = ("dict keys", "dict items", "ordered dict keys")


def compare(
    call: Callable[..., Any],
    initial: list[Any],
    *recipes: Argument,
    reference_call: Callable[..., Any] | None = None,
    describe: Callable[[Any], object] = exact,
) -> None:
    """Assert that the call does the same on both, except that a LockedSet is unchanged by a call that raises."""
    subject, reference = pair(initial)
    got, expected = [
        observe(function, target, *[each.make(target) for each in recipes], describe=describe)
        for function, target in ((call, subject), (reference_call or call, reference))
    ]
    if expected.raised:
        expected = expected._replace(contents=describe(set(initial)))
    assert got == expected


def named(name: str) -> Callable[..., Any]:
    return lambda target, *others: getattr(target, name)(*others)


def exhausting(name: str) -> Callable[..., Any]:
    """Return the method for a reference that runs its arguments to their end first, as LockedSet does."""

    def call(target: AnySet, *others: Any) -> Any:
        return getattr(target, name)(*[each if isinstance(each, (set, frozenset)) else set(each) for each in others])

    return call


def compare_method(name: str, initial: list[Any], *recipes: Argument) -> None:
    compare(named(name), initial, *recipes, reference_call=exhausting(name) if name in STOPPING else None)


# Methods


@pytest.mark.parametrize("name", MANY)
@given(initial=contents, recipes=st.lists(arguments(), max_size=3))
def test_methods_of_any_number_of_arguments_do_what_set_does(
    name: str, initial: list[Any], recipes: list[Argument]
) -> None:
    compare_method(name, initial, *recipes)


@pytest.mark.parametrize("name", ONE)
@given(initial=contents, recipe=arguments())
def test_methods_of_one_argument_do_what_set_does(name: str, initial: list[Any], recipe: Argument) -> None:
    compare_method(name, initial, recipe)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_argument_is_treated_as_set_treats_it(name: str, kind: str) -> None:
    for initial in ([], [1, 2], [*POOL]):
        for given_elements in ((), (1, "a"), POOL):
            compare_method(name, initial, Argument(kind, given_elements))


@pytest.mark.parametrize("name", [*ONE, "__init__", "add", "remove", "discard", "__contains__"])
@pytest.mark.parametrize("wrong", [(), (1, 2), ([1], [2], [3])])
def test_a_wrong_number_of_arguments_is_a_type_error_as_for_set(name: str, wrong: tuple[Any, ...]) -> None:
    if name == "__init__" and not wrong:
        wrong = ([1], [2])
    subject, reference = pair([1, 2])
    for target in (subject, reference):
        with pytest.raises(TypeError):
            getattr(target, name)(*wrong)
        assert target == {1, 2}


@pytest.mark.parametrize("name", ["clear", "copy", "__len__", "__iter__", "__repr__", "__sizeof__"])
def test_methods_without_arguments_take_none(name: str) -> None:
    for target in pair([1, 2]):
        with pytest.raises(TypeError):
            getattr(target, name)(1)


@pytest.mark.parametrize("name", [*MANY, *ONE, "__init__", "add", "remove", "discard", "pop"])
def test_no_method_takes_keywords(name: str) -> None:
    for target in pair([1, 2]):
        with pytest.raises(TypeError):
            getattr(target, name)(iterable=[1])
        with pytest.raises(TypeError):
            getattr(target, name)(other=[1])


@given(
    initial=contents, element=elements | st.builds(list) | st.builds(set) | contents.map(set) | contents.map(LockedSet)
)
@pytest.mark.parametrize("name", ["add", "remove", "discard", "__contains__"])
def test_methods_of_one_element_do_what_set_does(name: str, initial: list[Any], element: Any) -> None:
    subject, reference = pair(initial)
    assert observe(named(name), subject, element) == observe(named(name), reference, element)


@pytest.mark.parametrize("name", ["add", "remove", "discard", "__contains__"])
@pytest.mark.parametrize("element", [[], {}, [[1]], ([],)])
def test_an_unhashable_element_is_refused_as_set_refuses_it(name: str, element: Any) -> None:
    subject, reference = pair([1, 2])
    got = observe(named(name), subject, element)
    assert got == observe(named(name), reference, element)
    assert got.raised.startswith("TypeError: ")
    assert "unhashable type" in got.raised


def test_remove_raises_key_error_with_the_key_that_was_given() -> None:
    key = {3, 4}
    with pytest.raises(KeyError) as failure:
        LockedSet([1]).remove(key)
    assert failure.value.args[0] is key


@given(initial=contents)
def test_pop_removes_one_element_and_returns_that_object(initial: list[Any]) -> None:
    subject = LockedSet(initial)
    objects = {id(each) for each in set(subject)}
    for size in range(len(subject), 0, -1):
        element = subject.pop()
        assert id(element) in objects
        assert len(subject) == size - 1
        assert element not in subject
    got, expected = [observe(named("pop"), each) for each in pair([])]
    assert got == expected == Outcome("KeyError: 'pop from an empty set'", None, [], [])


@given(initial=contents)
def test_reading_gives_what_set_gives(initial: list[Any]) -> None:
    subject, reference = pair(initial)
    assert len(subject) == len(reference)
    assert bool(subject) is bool(reference)
    assert exact(iter(subject)) == exact(iter(reference)) == exact(subject.copy())
    assert {id(each) for each in subject} == {id(each) for each in reference}
    assert operator.length_hint(iter(subject)) == len(reference)
    assert repr(subject).startswith("LockedSet(")
    assert str(subject) == repr(subject) == f"{subject}"
    content = repr(subject)[len("LockedSet(") : -1]
    assert sorted(content[1:-1]) == sorted(repr(reference)[1:-1]) if reference else content == ""


@given(initial=contents)
def test_clear_empties(initial: list[Any]) -> None:
    subject, reference = pair(initial)
    assert observe(named("clear"), subject) == observe(named("clear"), reference)
    assert not subject


@given(initial=contents, recipe=arguments())
def test_construction_does_what_set_does(initial: list[Any], recipe: Argument) -> None:
    target = set(initial)
    made = [
        observe(lambda _, argument, kind=kind: kind(argument), target, recipe.make(target)) for kind in (LockedSet, set)
    ]
    assert made[0] == made[1]


@given(initial=contents, recipe=arguments())
def test_init_called_again_replaces_the_contents_as_for_set(initial: list[Any], recipe: Argument) -> None:
    if recipe.kind == "the target":
        return  # `set` empties itself first; see test_differences.py
    compare(named("__init__"), initial, recipe, describe=loose)


def test_init_called_again_without_an_argument_empties_as_for_set() -> None:
    subject, reference = pair([1, 2])
    assert observe(named("__init__"), subject) == observe(named("__init__"), reference)
    assert not subject


# Operators


@pytest.mark.parametrize("function", BINARY, ids=lambda function: function.__name__)
@given(initial=contents, recipe=arguments())
def test_binary_operators_do_what_set_does(
    function: Callable[[Any, Any], Any], initial: list[Any], recipe: Argument
) -> None:
    compare(function, initial, recipe)


@pytest.mark.parametrize("function", BINARY, ids=lambda function: function.__name__)
@given(initial=contents, recipe=arguments())
def test_reflected_operators_do_what_set_does(
    function: Callable[[Any, Any], Any], initial: list[Any], recipe: Argument
) -> None:
    # A view of a dict keeps its own objects when it meets an exact set, and the other's when it meets a subclass.
    describe = loose if function is operator.and_ and recipe.kind in VIEWS else exact
    compare(lambda target, other: function(other, target), initial, recipe, describe=describe)


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda function: function.__name__)
@given(initial=contents, recipe=arguments(tuple(kind for kind in KINDS if kind not in VIEWS)))
def test_in_place_operators_do_what_set_does(
    function: Callable[[Any, Any], Any], initial: list[Any], recipe: Argument
) -> None:
    compare(function, initial, recipe)


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda function: function.__name__)
@given(initial=contents, recipe=arguments())
def test_a_built_in_set_takes_a_locked_set_in_place_as_any_set(
    function: Callable[[Any, Any], Any], initial: list[Any], recipe: Argument
) -> None:
    outcomes = [observe(function, set(recipe.elements), operand) for operand in pair(initial)]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].result == "itself"


@pytest.mark.parametrize(
    "name", [*("__or__", "__and__", "__sub__", "__xor__", "__ror__", "__rand__", "__rsub__", "__rxor__")]
)
@pytest.mark.parametrize("other", [1, None, [1], "a", len, (1, 2)])
def test_operators_decline_what_is_not_a_set(name: str, other: object) -> None:
    for target in pair([1, 2]):
        assert getattr(target, name)(other) is NotImplemented


@pytest.mark.parametrize("name", ["__ior__", "__iand__", "__isub__", "__ixor__"])
@pytest.mark.parametrize("other", [1, None, [1], "a", len, (1, 2)])
def test_in_place_operators_decline_what_is_not_a_set(name: str, other: object) -> None:
    for target in pair([1, 2]):
        assert getattr(target, name)(other) is NotImplemented
        assert target == {1, 2}


@pytest.mark.parametrize("name", ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])
@pytest.mark.parametrize("other", [1, None, [1], "a", len, (1, 2)])
def test_comparisons_decline_what_is_not_a_set(name: str, other: object) -> None:
    for target in pair([1, 2]):
        assert getattr(target, name)(other) is NotImplemented


class Reflecting:
    """Answers every operator from the right-hand side."""

    def _answer(self, _: object) -> str:
        return "reflected"

    __ror__ = __rand__ = __rsub__ = __rxor__ = __lt__ = __le__ = __gt__ = __ge__ = _answer


@pytest.mark.parametrize(
    "function",
    [each for each in (*BINARY, *IN_PLACE) if each not in (operator.eq, operator.ne)],
    ids=lambda function: function.__name__,
)
def test_a_foreign_type_may_answer_from_the_right(function: Callable[[Any, Any], Any]) -> None:
    for target in pair([1, 2]):
        assert function(target, Reflecting()) == "reflected"


# Types of results


class Sub(LockedSet[Any]):
    """A subclass that changes nothing."""


@pytest.mark.parametrize("kind", [LockedSet, Sub])
@pytest.mark.parametrize("other", [set, frozenset, LockedSet, Sub, PlainSubclass])
def test_results_are_of_the_left_operands_type(kind: type[LockedSet[int]], other: type[Any]) -> None:
    left, right = kind([1, 2, 3]), other([2, 3, 4])
    for function in (operator.or_, operator.and_, operator.sub, operator.xor):
        assert type(function(left, right)) is kind
        # A built-in set's operators return the base type, also for its subclasses.
        expected = {PlainSubclass: set}.get(other, other)
        assert type(function(right, left)) is expected
    for name in ("union", "intersection", "difference", "symmetric_difference"):
        assert type(getattr(left, name)(right)) is kind
    assert type(left.copy()) is kind
    assert type(left.union()) is type(left.intersection()) is type(left.difference()) is kind


def test_results_are_new_sets_that_share_nothing_with_their_operands() -> None:
    original = LockedSet([1, 2])
    for made in (original.copy(), original.union(), original | set(), original & original, original - {3}):
        made.add(3)
        assert made == {1, 2, 3}
        assert original == {1, 2}


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda function: function.__name__)
def test_in_place_operators_return_the_set_itself(function: Callable[[Any, Any], Any]) -> None:
    target = LockedSet([1, 2])
    assert function(target, {2, 3}) is target
    assert function(target, target) is target


# Exceptions from elements


@pytest.mark.parametrize("name", [*CHANGING, "union", "difference", "intersection", "symmetric_difference", "issubset"])
def test_an_exception_from_comparing_elements_comes_out_and_nothing_is_changed(name: str) -> None:
    inside = NotComparable()
    for other in ({NotComparable()}, frozenset([NotComparable()]), [NotComparable()], LockedSet([NotComparable()])):
        subject = LockedSet([inside])
        with pytest.raises(Stopped):
            getattr(subject, name)(other)
        assert [id(each) for each in subject] == [id(inside)]
        subject.clear()  # the lock was given back, and the set is usable
        assert len(subject) == 0


@pytest.mark.parametrize("name", ["add", "remove", "discard", "__contains__"])
def test_an_exception_from_comparing_one_element_comes_out(name: str) -> None:
    for target in pair([NotComparable()]):
        with pytest.raises(Stopped):
            getattr(target, name)(NotComparable())
        assert len(target) == 1


class Overriding(set[int]):
    """A set whose methods in Python must not be asked: the built-in reads its elements in C."""

    def __iter__(self) -> Any:
        raise AssertionError("iterated")

    def __len__(self) -> int:
        raise AssertionError("measured")

    def __contains__(self, element: object) -> bool:
        raise AssertionError("searched")


def overriding(values: list[int]) -> Overriding:
    made = Overriding()
    set.update(made, values)
    return made


@pytest.mark.parametrize("name", [*MANY, *(each for each in ONE if each != "isdisjoint"), "__init__"])
def test_methods_read_a_subclass_of_set_in_c_as_set_does(name: str) -> None:
    outcomes = [observe(named(name), target, overriding([1, 2, 5, 6])) for target in pair([1, 2, 3, 4])]
    assert outcomes[0] == outcomes[1]
    assert not outcomes[0].raised


@pytest.mark.parametrize("function", [*BINARY, *IN_PLACE], ids=lambda function: function.__name__)
def test_operators_read_a_subclass_of_set_in_c_as_set_does(function: Callable[[Any, Any], Any]) -> None:
    outcomes = [observe(function, target, overriding([1, 2, 5, 6])) for target in pair([1, 2, 3, 4])]
    assert outcomes[0] == outcomes[1]


# Relation to other builtins


def test_it_is_a_set_to_isinstance_and_to_the_abstract_base_classes() -> None:
    subject = LockedSet([1])
    assert isinstance(subject, set)
    assert isinstance(subject, MutableSet)
    assert isinstance(subject, AbstractSet)
    assert isinstance(subject, Collection)
    assert not isinstance(subject, Hashable)


@given(initial=contents)
def test_builtins_that_read_a_set_read_the_same(initial: list[Any]) -> None:
    subject, reference = pair(initial)
    for read in (
        set,
        frozenset,
        list,
        tuple,
        dict.fromkeys,
        lambda each: {*each},
        lambda each: [*each],
        enumerate_values,
    ):
        assert exact(read(subject)) == exact(read(reference))
    assert subject == frozenset(reference)
    assert frozenset(reference) == subject
    assert (subject in {frozenset(reference)}) is True


def enumerate_values(elements: Any) -> list[Any]:
    return [value for _, value in enumerate(elements)]


def test_it_is_no_sequence_or_mapping_in_pattern_matching() -> None:
    match LockedSet([1]):
        case [_] | {}:
            matched = "sequence or mapping"
        case set():
            matched = "set"
    assert matched == "set"
