"""Do the operations that LockedSet adds to `set` do what their specification, `model.Model`, says?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedset import LockedSet
from tests.lockedset.behaviour.arguments import (
    ITERABLES,
    KINDS,
    Argument,
    NotComparable,
    Stopped,
    arguments,
    contents,
    elements,
)
from tests.lockedset.behaviour.model import Model
from tests.lockedset.behaviour.outcomes import exact, observe

TAKES_AN_ITERABLE = ("add_new", "replace")
TAKES_AN_ELEMENT = ("try_add", "try_remove")


def named(name: str) -> Callable[..., Any]:
    return lambda target, *others: getattr(target, name)(*others)


def compare(name: str, initial: list[Any], *recipes: Argument) -> None:
    outcomes = [
        observe(named(name), target, *[each.make(target) for each in recipes])
        for target in (LockedSet(initial), Model(initial))
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("name", TAKES_AN_ELEMENT)
@given(initial=contents, element=elements)
def test_try_add_and_try_remove_tell_whether_they_changed_the_set(name: str, initial: list[Any], element: Any) -> None:
    outcomes = [observe(named(name), target, element) for target in (LockedSet(initial), Model(initial))]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("name", TAKES_AN_ELEMENT)
@pytest.mark.parametrize("element", [[], {}, ([],)])
def test_try_add_and_try_remove_refuse_an_unhashable_element(name: str, element: Any) -> None:
    subject = LockedSet([1])
    with pytest.raises(TypeError, match="unhashable type"):
        getattr(subject, name)(element)
    assert subject == {1}


@pytest.mark.parametrize("initial", [[], [frozenset()], [1, frozenset()]])
def test_try_add_refuses_a_set_as_add_does_even_if_an_equal_frozenset_is_present(initial: list[Any]) -> None:
    with pytest.raises(TypeError, match="unhashable type: 'set'"):
        set(initial).add(set())
    with pytest.raises(TypeError, match="unhashable type: 'set'"):
        LockedSet(initial).try_add(set())


def test_try_remove_looks_up_a_set_as_a_frozenset_as_discard_does() -> None:
    subject = LockedSet([frozenset([1]), 2])
    assert subject.try_remove({1}) is True
    assert subject.try_remove({1}) is False
    assert subject == {2}


@pytest.mark.parametrize("name", TAKES_AN_ITERABLE)
@given(initial=contents, recipe=arguments())
def test_add_new_and_replace_do_what_the_model_does(name: str, initial: list[Any], recipe: Argument) -> None:
    compare(name, initial, recipe)


@pytest.mark.parametrize("name", TAKES_AN_ITERABLE)
@pytest.mark.parametrize("kind", KINDS)
def test_add_new_and_replace_take_every_kind_of_iterable(name: str, kind: str) -> None:
    for initial in ([], [1, 2], ["a", (), 3]):
        compare(name, initial, Argument(kind, (1, "a", 4)))


@pytest.mark.parametrize("name", TAKES_AN_ITERABLE)
@given(initial=contents, recipe=arguments(("iterator that raises", "list with an unhashable element", "None")))
def test_add_new_and_replace_change_nothing_if_their_argument_raises(
    name: str, initial: list[Any], recipe: Argument
) -> None:
    subject = LockedSet(initial)
    with pytest.raises((Stopped, TypeError)):
        getattr(subject, name)(recipe.make(subject))
    assert exact(subject) == exact(set(initial))


@given(initial=contents, recipe=arguments(ITERABLES))
def test_add_new_returns_just_what_it_added(initial: list[Any], recipe: Argument) -> None:
    subject, before = LockedSet(initial), set(initial)
    try:
        added = subject.add_new(recipe.make(subject))
    except (Stopped, TypeError):
        added = set()
    assert type(added) is set
    assert not added & before
    assert subject == added | before


@given(initial=contents, recipe=arguments(ITERABLES))
def test_replace_keeps_the_objects_that_are_present(initial: list[Any], recipe: Argument) -> None:
    subject = LockedSet(initial)
    kept = {id(each): each for each in subject}
    try:
        subject.replace(recipe.make(subject))
    except (Stopped, TypeError):
        return
    for each in subject:
        assert id(each) in kept or each not in kept.values()


@given(initial=contents, chosen=st.sets(elements))
def test_remove_if_removes_and_returns_what_the_predicate_chooses(initial: list[Any], chosen: set[Any]) -> None:
    outcomes = [
        observe(lambda target: target.remove_if(chosen.__contains__), target)
        for target in (LockedSet(initial), Model(initial))
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("answer", [0, "", None, [], 0.0])
def test_remove_if_takes_any_false_value_as_no(answer: object) -> None:
    subject = LockedSet([1, 2])
    assert subject.remove_if(lambda _: answer) == set()
    assert subject == {1, 2}


@pytest.mark.parametrize("answer", [1, "yes", [0], object()])
def test_remove_if_takes_any_true_value_as_yes(answer: object) -> None:
    subject = LockedSet([1, 2])
    assert subject.remove_if(lambda _: answer) == {1, 2}
    assert subject == set()


def test_remove_if_changes_nothing_if_the_predicate_raises() -> None:
    def predicate(element: int) -> bool:
        if element == 2:
            raise Stopped
        return True

    subject = LockedSet([1, 2, 3])
    with pytest.raises(Stopped):
        subject.remove_if(predicate)
    assert subject == {1, 2, 3}


def test_remove_if_needs_something_to_call() -> None:
    subject = LockedSet([1, 2])
    with pytest.raises(TypeError):
        subject.remove_if(3)  # type: ignore[arg-type]
    assert subject == {1, 2}


def test_remove_if_may_use_the_set_in_its_predicate() -> None:
    subject = LockedSet([1, 2, 3])
    assert subject.remove_if(lambda element: element in subject and len(subject) == 3) == {1, 2, 3}
    assert not subject


@given(initial=contents, n=st.integers(0, 9))
def test_take_removes_and_returns_as_many_as_asked_for_or_all(initial: list[Any], n: int) -> None:
    subject, model = LockedSet(initial), Model(initial)
    taken = subject.take(n)
    assert type(taken) is set
    assert exact(taken) == exact(model.take(n, taken))
    assert exact(subject) == exact(model)


@pytest.mark.parametrize("n", [-1, -(10**30)])
def test_take_refuses_a_negative_number(n: int) -> None:
    subject = LockedSet([1])
    with pytest.raises(ValueError, match="0 or more"):
        subject.take(n)
    assert subject == {1}


@pytest.mark.parametrize("n", [3, sys.maxsize, sys.maxsize + 1, 10**30])
def test_take_of_more_than_there_are_returns_all_however_large_the_number(n: int) -> None:
    subject = LockedSet([1, 2])
    assert subject.take(n) == {1, 2}
    assert not subject


@pytest.mark.parametrize("n", [None, "1", 1.5, 1.0, 0.0, [1]])
def test_take_refuses_what_is_not_an_integer_with_type_error(n: Any) -> None:
    subject = LockedSet([1, 2])
    with pytest.raises(TypeError):
        subject.take(n)
    assert subject == {1, 2}


class FailsToHash:
    """An element whose `__hash__` raises once it is told to."""

    failing = False

    def __hash__(self) -> int:
        if self.failing:
            raise Stopped("hashed")
        return 1


@pytest.mark.parametrize("n", [1, 2])
def test_take_loses_nothing_if_an_element_can_no_longer_be_hashed(n: int) -> None:
    element = FailsToHash()
    subject = LockedSet([element])
    element.failing = True
    with pytest.raises(Stopped):
        subject.take(n)
    assert list(subject) == [element]


@given(initial=contents)
def test_drain_returns_all_and_leaves_nothing(initial: list[Any]) -> None:
    outcomes = [observe(named("drain"), target) for target in (LockedSet(initial), Model(initial))]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].contents == []


@given(initial=contents)
def test_snapshot_is_a_frozenset_of_the_contents(initial: list[Any]) -> None:
    subject = LockedSet(initial)
    outcomes = [observe(named("snapshot"), target) for target in (subject, Model(initial))]
    assert outcomes[0] == outcomes[1]
    taken = subject.snapshot()
    subject.clear()
    assert type(taken) is frozenset
    assert taken == set(initial)


@given(initial=contents, default=elements)
def test_pop_with_a_default_returns_it_only_when_there_is_nothing(initial: list[Any], default: Any) -> None:
    subject, model = LockedSet(initial), Model(initial)
    for _ in range(len(model) + 1):
        popped = subject.pop(default)
        assert model.pop_or(default, popped) is popped
        assert exact(subject) == exact(model)
    assert popped is default


@pytest.mark.parametrize("default", [None, (), KeyError, Stopped()])
def test_pop_takes_any_object_as_default(default: Any) -> None:
    assert LockedSet[Any]().pop(default) is default


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[
            (name, wrong)
            for name in ("try_add", "try_remove", "add_new", "replace", "take")
            for wrong in ((), ([], []))
        ],
        *[(name, (1,)) for name in ("drain", "snapshot")],
        *[("remove_if", ()), ("remove_if", (bool, bool)), ("pop", (1, 2))],
    ],
)
def test_a_wrong_number_of_arguments_is_a_type_error(name: str, wrong: tuple[Any, ...]) -> None:
    subject = LockedSet([1])
    with pytest.raises(TypeError):
        getattr(subject, name)(*wrong)
    assert subject == {1}


@pytest.mark.parametrize("name", ["try_add", "try_remove"])
def test_an_exception_from_comparing_comes_out_and_nothing_is_changed(name: str) -> None:
    inside = NotComparable()
    subject = LockedSet([inside])
    with pytest.raises(Stopped):
        getattr(subject, name)(NotComparable())
    for other in ([NotComparable()], {NotComparable()}):
        with pytest.raises(Stopped):
            subject.add_new(other)
        with pytest.raises(Stopped):
            subject.replace(other)
    assert [id(each) for each in subject] == [id(inside)]
    assert subject.drain() == {inside}
