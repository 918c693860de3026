"""Do LockedSets stay equal to built-in sets through any sequence of operations on several of them?

Three LockedSets stand beside three models. Every rule does the same to both, compares what came out, and may put a
result back in the place of one of the sets, so that derived sets are used further on.
"""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lockedset import LockedSet, locked
from tests.lockedset.behaviour.arguments import AnySet, contents, elements
from tests.lockedset.behaviour.model import Model

places = st.integers(0, 2)
many_places = st.lists(places, max_size=3)
lists = st.lists(contents, max_size=3)

CHANGING = ("update", "difference_update", "intersection_update")
MAKING = ("union", "difference", "intersection")
IN_PLACE: tuple[Callable[[Any, Any], Any], ...] = (operator.ior, operator.iand, operator.isub, operator.ixor)
BINARY: tuple[Callable[[Any, Any], Any], ...] = (operator.or_, operator.and_, operator.sub, operator.xor)
COMPARING: tuple[Callable[[Any, Any], Any], ...] = (
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
    *(LockedSet.issubset, LockedSet.issuperset, LockedSet.isdisjoint),
)
ON_MODELS: dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]] = {
    LockedSet.issubset: set.issubset,
    LockedSet.issuperset: set.issuperset,
    LockedSet.isdisjoint: set.isdisjoint,
}
COPYING: tuple[Callable[[Any], Any], ...] = (
    *(LockedSet.copy, copy.copy, LockedSet, LockedSet.union),
    *(lambda each, protocol=protocol: pickle.loads(pickle.dumps(each, protocol)) for protocol in range(6)),
)


class Sets(RuleBasedStateMachine):
    """Three LockedSets and their models."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[LockedSet[Any]] = [LockedSet() for _ in range(3)]
        self.models: list[Model] = [Model() for _ in range(3)]

    @initialize(given=st.tuples(contents, contents, contents))
    def fill(self, given: tuple[list[Any], ...]) -> None:
        self.subjects = [LockedSet(each) for each in given]
        self.models = [Model(each) for each in given]

    def put(self, place: int, subject: AnySet, model: AnySet) -> None:
        assert type(subject) is LockedSet
        assert subject == model
        assert all(subject is not each for each in self.subjects)
        self.subjects[place], self.models[place] = subject, Model(model)

    @rule(place=places, element=elements, name=st.sampled_from(["add", "discard", "try_add", "try_remove"]))
    def one_element(self, place: int, element: Any, name: str) -> None:
        assert getattr(self.subjects[place], name)(element) == getattr(self.models[place], name)(element)

    @rule(place=places, element=elements)
    def remove(self, place: int, element: Any) -> None:
        raised = []
        for each in (self.subjects[place], self.models[place]):
            try:
                each.remove(element)
            except KeyError as error:
                raised.append(error.args)
        assert len(raised) in (0, 2)
        assert not raised or raised[0] == raised[1] == (element,)

    @rule(place=places, element=elements)
    def search(self, place: int, element: Any) -> None:
        assert (element in self.subjects[place]) is (element in self.models[place])

    @rule(place=places)
    def pop(self, place: int) -> None:
        nothing = object()
        popped = self.subjects[place].pop(nothing)
        assert self.models[place].pop_or(nothing, popped) is popped

    @rule(place=places, n=st.integers(0, 5))
    def take(self, place: int, n: int) -> None:
        taken = self.subjects[place].take(n)
        assert self.models[place].take(n, taken) == taken

    @rule(place=places, name=st.sampled_from(["drain", "clear", "snapshot"]))
    def without_arguments(self, place: int, name: str) -> None:
        assert getattr(self.subjects[place], name)() == getattr(self.models[place], name)()

    @rule(
        place=places,
        given=contents,
        name=st.sampled_from(["add_new", "replace", "symmetric_difference_update", "__init__"]),
    )
    def change_by_a_list(self, place: int, given: list[Any], name: str) -> None:
        assert getattr(self.subjects[place], name)(given) == getattr(self.models[place], name)(given)

    @rule(place=places, other=places, name=st.sampled_from(["add_new", "replace", "symmetric_difference_update"]))
    def change_by_a_set(self, place: int, other: int, name: str) -> None:
        results = [getattr(sets[place], name)(sets[other]) for sets in (self.subjects, self.models)]
        assert results[0] == results[1]

    @rule(place=places, others=many_places, given=lists, name=st.sampled_from(CHANGING))
    def change_by_several(self, place: int, others: list[int], given: list[list[Any]], name: str) -> None:
        for sets in (self.subjects, self.models):
            assert getattr(sets[place], name)(*[sets[each] for each in others], *given) is None

    @rule(place=places, chosen=st.sets(elements))
    def remove_if(self, place: int, chosen: AnySet) -> None:
        results = [each[place].remove_if(chosen.__contains__) for each in (self.subjects, self.models)]
        assert results[0] == results[1]

    @rule(place=places, other=places, function=st.sampled_from(IN_PLACE))
    def in_place(self, place: int, other: int, function: Callable[[Any, Any], Any]) -> None:
        for sets in (self.subjects, self.models):
            assert function(sets[place], sets[other]) is sets[place]

    @rule(into=places, place=places, other=places, function=st.sampled_from(BINARY))
    def binary(self, into: int, place: int, other: int, function: Callable[[Any, Any], Any]) -> None:
        results = [function(sets[place], sets[other]) for sets in (self.subjects, self.models)]
        self.put(into, *results)

    @rule(into=places, place=places, others=many_places, given=lists, name=st.sampled_from(MAKING))
    def make_from_several(self, into: int, place: int, others: list[int], given: list[list[Any]], name: str) -> None:
        results = [
            getattr(sets[place], name)(*[sets[each] for each in others], *given)
            for sets in (self.subjects, self.models)
        ]
        self.put(into, *results)

    @rule(place=places, other=places, function=st.sampled_from(COMPARING))
    def relate(self, place: int, other: int, function: Callable[[Any, Any], Any]) -> None:
        expected = ON_MODELS.get(function, function)(self.models[place], self.models[other])
        assert function(self.subjects[place], self.subjects[other]) is expected

    @rule(into=places, place=places, function=st.sampled_from(COPYING))
    def copy(self, into: int, place: int, function: Callable[[Any], Any]) -> None:
        self.put(into, function(self.subjects[place]), self.models[place])

    @rule(source=places, into=places)
    def move_under_a_hold(self, source: int, into: int) -> None:
        with locked(self.subjects[source], self.subjects[into]):
            self.subjects[into].update(self.subjects[source].drain())
        self.models[into].update(self.models[source].drain())

    @invariant()
    def contents_are_equal(self) -> None:
        for subject, model in zip(self.subjects, self.models, strict=True):
            assert subject == model
            assert set(subject) == set(model)
            assert len(subject) == len(model) == len(list(subject))
            assert bool(subject) is bool(model)


def test_locked_sets_stay_equal_to_their_models_through_any_sequence_of_operations() -> None:
    run_state_machine_as_test(Sets, settings=settings(stateful_step_count=40))
    assert Sets.TestCase is not None
