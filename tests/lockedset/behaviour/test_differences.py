"""What does LockedSet do otherwise than `set`, and is it just that?

Each test shows both sides: what `set` does, so that a change there is noticed, and what LockedSet does instead.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import LockedSet
from tests.lockedset.behaviour.arguments import Stopped
from tests.lockedset.behaviour.outcomes import pair


def test_iteration_goes_over_a_snapshot_and_is_not_disturbed_by_changes() -> None:
    subject, reference = pair([1, 2, 3])
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        reference.update(each + 10 for each in reference)
    seen = []
    for each in subject:
        subject.add(each + 10)
        seen.append(each)
    assert sorted(seen) == [1, 2, 3]
    assert subject == {1, 2, 3, 11, 12, 13}


@pytest.mark.parametrize("name", ["update", "difference_update", "symmetric_difference_update", "__init__"])
def test_an_argument_that_raises_in_the_middle_has_changed_nothing(name: str) -> None:
    def raising() -> Any:
        yield 1
        yield 9
        raise Stopped

    subject, reference = pair([1, 2])
    for target in (subject, reference):
        with pytest.raises(Stopped):
            getattr(target, name)(raising())
    assert subject == {1, 2}
    assert (reference != {1, 2}) is (name != "symmetric_difference_update")


@pytest.mark.parametrize("name", ["update", "difference_update", "intersection_update"])
def test_a_later_argument_that_is_refused_has_changed_nothing(name: str) -> None:
    subject, reference = pair([1, 2])
    for target in (subject, reference):
        with pytest.raises(TypeError, match="'int' object is not iterable"):
            getattr(target, name)([1, 3], 5)
    assert subject == {1, 2}
    assert (reference != {1, 2}) is (name != "intersection_update")


def test_an_argument_may_use_the_set_while_it_is_run() -> None:
    subject = LockedSet([1, 2])
    subject.update(each + len(subject) for each in subject)
    assert subject == {1, 2, 3, 4}
    subject.difference_update(subject.pop() for _ in range(2))
    assert len(subject) == 2


def test_a_change_runs_its_arguments_to_their_end_where_set_stops_as_soon_as_it_knows() -> None:
    left_over = []
    for target in pair([1, 2]):
        iterator = iter([1, 2, 3, 4])
        target.intersection_update(iterator)
        assert target == {1, 2}
        left_over.append(list(iterator))
    assert left_over == [[], [3, 4]]


@pytest.mark.parametrize("name", ["issuperset", "isdisjoint", "issubset", "intersection"])
def test_an_endless_argument_is_left_where_the_answer_is_certain(name: str) -> None:
    for target in pair([1, 2]):
        endless = itertools.count(1)
        assert getattr(target, name)(endless) in (False, True, {1, 2})
        assert next(endless) < 5


def test_an_endless_argument_may_stand_beside_another_locked_set() -> None:
    assert LockedSet([1, 2]).intersection(LockedSet([2, 3]), itertools.count(1), {2}) == {2}


def test_results_are_of_a_subclass_where_set_returns_its_base_type() -> None:
    class Sub(LockedSet[int]):
        pass

    class PlainSub(set[int]):
        pass

    assert type(Sub([1]).copy()) is type(Sub([1]) | {2}) is Sub
    assert type(PlainSub([1]).copy()) is type(PlainSub([1]) | {2}) is set


def test_pop_takes_a_default() -> None:
    subject, reference = pair([])
    with pytest.raises(TypeError):
        reference.pop(3)  # type: ignore[call-arg]
    assert subject.pop(3) == 3  # type: ignore[call-arg]


def test_repr_names_the_class_as_that_of_a_subclass_of_set_does() -> None:
    assert [repr(each) for each in pair([1])] == ["LockedSet({1})", "{1}"]
    assert [repr(each) for each in pair([])] == ["LockedSet()", "set()"]


def test_a_binary_operator_with_a_view_of_a_dict_returns_a_locked_set() -> None:
    views: list[Any] = [{2: 0}.keys(), {2: 0}.items()]
    for view, function in itertools.product(views, (operator.or_, operator.and_, operator.sub, operator.xor)):
        subject, reference = pair([1, 2])
        assert type(function(subject, view)) is LockedSet
        assert function(subject, view) == function(reference, view)
        assert type(function(view, subject)) is set  # the left operand is not a LockedSet
        assert function(view, subject) == function(view, reference)


@pytest.mark.parametrize("function", [operator.ior, operator.iand, operator.isub, operator.ixor])
def test_an_in_place_operator_with_a_view_of_a_dict_changes_the_set_itself(function: Callable[[Any, Any], Any]) -> None:
    subject, reference = pair([1, 2])
    changed, replaced = (function(subject, {2: 0, 3: 0}.keys()), function(reference, {2: 0, 3: 0}.keys()))
    assert changed is subject
    assert replaced is not reference  # `set` leaves it to the view, which makes another set
    assert changed == replaced
    assert reference == {1, 2}


def test_an_intersection_with_unhashable_items_of_a_larger_dict_is_refused() -> None:
    items: Any = {1: [], 2: []}.items()
    subject, reference = pair([1])
    assert reference & items == set()  # the view looks up the elements of the smaller set, and hashes no item
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        subject & items
    for target in pair([1, 2, 3]):
        with pytest.raises(TypeError, match="unhashable type: 'list'"):
            target & items


def test_init_called_again_keeps_the_objects_that_are_present() -> None:
    subject, reference = pair([1])
    subject.__init__([True, 2])  # type: ignore[misc]
    reference.__init__([True, 2])  # type: ignore[misc]
    assert subject == reference == {1, 2}
    assert [type(each) for each in sorted(subject)] == [int, int]
    assert [type(each) for each in sorted(reference)] == [bool, int]


def test_init_called_again_with_the_set_itself_keeps_the_contents() -> None:
    subject, reference = pair([1, 2])
    subject.__init__(subject)  # type: ignore[misc]
    reference.__init__(reference)  # type: ignore[misc]
    assert subject == {1, 2}
    assert reference == set()  # emptied before it is read
