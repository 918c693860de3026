"""Is a LockedSet a field of a pydantic model as a set is one?"""

from __future__ import annotations

import json
import pickle
from typing import Annotated, Any

import pytest

from lockedset import LockedSet
from tests.lockedset.used.libraries import library

pydantic = library("pydantic")

pytestmark = pytest.mark.one_build


class Jobs(LockedSet[int]):
    """A subclass that says what its elements are."""


class Named[E](LockedSet[E]):
    """A generic subclass."""


class Model(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    """With a field of each kind."""

    numbers: LockedSet[int] = pydantic.Field(default_factory=LockedSet)
    pairs: LockedSet[tuple[str, int]] = LockedSet()
    anything: LockedSet = LockedSet()  # type: ignore[type-arg]
    jobs: Jobs = Jobs()
    few: Annotated[LockedSet[int], pydantic.Field(max_length=2)] = LockedSet()


class Plain(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    """The same with sets."""

    numbers: set[int] = pydantic.Field(default_factory=set)
    pairs: set[tuple[str, int]] = pydantic.Field(set())
    anything: set = pydantic.Field(set())  # type: ignore[type-arg]
    jobs: set[int] = pydantic.Field(set())
    few: Annotated[set[int], pydantic.Field(max_length=2)] = pydantic.Field(set())


GIVEN: list[dict[str, Any]] = [
    {},
    {"numbers": [1, 2, 2]},
    {"numbers": (1, "2")},
    {"numbers": {1}},
    {"numbers": frozenset([1])},
    {"numbers": LockedSet([1])},
    {"numbers": {1: "one"}.keys()},
    {"numbers": {1: "one"}},
    {"numbers": range(3)},
    {"numbers": "12"},
    {"numbers": None},
    {"numbers": ["one"]},
    {"numbers": LockedSet(["one"])},
    {"pairs": [["one", 1]]},
    {"pairs": [["one"]]},
    {"anything": [1, "one", None]},
    {"anything": [[]]},
    {"jobs": ["1"]},
    {"jobs": ["one"]},
    {"few": [1, 1, 2]},
    {"few": [1, 2, 3]},
]


def outcome(model: Any, given: Any, **options: Any) -> Any:
    """Return the fields as plain sets, or each error's kind and place."""
    try:
        made = model.model_validate(given, **options)
    except pydantic.ValidationError as error:
        return [(each["type"], each["loc"]) for each in error.errors()]
    return {name: set(value) for name, value in made}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_it_accepts_and_refuses_what_it_does_for_set(given: dict[str, Any], strict: bool) -> None:
    assert outcome(Model, given, strict=strict) == outcome(Plain, given, strict=strict)


def test_both_ways_are_among_these_cases() -> None:
    assert {type(outcome(Model, given)) for given in GIVEN} == {dict, list}


def test_a_generator_is_accepted_as_for_set() -> None:
    assert outcome(Model, {"numbers": iter([1, 2])}) == outcome(Plain, {"numbers": iter([1, 2])})


def test_each_field_has_the_class_of_its_annotation() -> None:
    made = Model(numbers=[1], pairs=[("one", 1)], anything=[1], jobs={1})
    assert [type(value) for _, value in made] == [LockedSet, LockedSet, LockedSet, Jobs, LockedSet]
    assert made.numbers.try_add(1) is False


def test_a_locked_set_is_copied_as_a_set_is() -> None:
    given = LockedSet([1])
    made = Model(numbers=given)
    assert made.numbers == given and made.numbers is not given


@pytest.mark.parametrize("wrapped", [pydantic.InstanceOf, pydantic.SkipValidation])
def test_pydantic_has_annotations_that_keep_the_object(wrapped: Any) -> None:
    given = LockedSet([1])
    assert pydantic.TypeAdapter(wrapped[LockedSet[int]]).validate_python(given) is given


def test_a_default_is_not_shared_between_models() -> None:
    first, second = Model(), Model()
    first.numbers.add(1)
    first.pairs.add(("one", 1))
    assert (second.numbers, second.pairs) == (set(), set())


def test_it_is_dumped_as_a_set_is() -> None:
    values = {"numbers": [1], "pairs": [("one", 1)], "anything": ["x"], "jobs": [2], "few": [3]}
    made, plain = Model(**values), Plain(**values)
    assert made.model_dump() == plain.model_dump()
    assert {type(value) for value in made.model_dump().values()} == {set}
    assert made.model_dump(mode="json") == plain.model_dump(mode="json")
    assert made.model_dump_json() == plain.model_dump_json()


def test_a_model_comes_back_from_json() -> None:
    made = Model(numbers=[1, 2], pairs=[("one", 1)], jobs=[3])
    back = Model.model_validate_json(made.model_dump_json())
    assert back == made
    assert Model.model_validate_json(made.model_dump_json(), strict=True) == made


def properties(model: Any, mode: Any) -> dict[str, Any]:
    return model.model_json_schema(mode=mode)["properties"]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
@pytest.mark.parametrize("name", ["numbers", "pairs", "anything", "jobs"])
def test_the_json_schema_is_that_of_a_set(name: str, mode: Any) -> None:
    shown = properties(Model, mode)[name]
    assert shown == properties(Plain, mode)[name]
    assert (shown["type"], shown["uniqueItems"]) == ("array", True)


@pytest.mark.xfail(strict=True, reason="pydantic 2.14 writes maxLength for each type but its own, and checks the bound")
def test_a_bound_of_the_size_is_in_the_json_schema_as_for_a_set() -> None:
    assert properties(Model, "validation")["few"] == properties(Plain, "validation")["few"]


def test_where_the_annotation_says_nothing_it_is_dumped_too() -> None:
    assert json.loads(pydantic.TypeAdapter(Any).dump_json({"s": LockedSet([1])})) == {"s": [1]}


def test_the_elements_of_a_generic_model_are_validated() -> None:
    class Box[E](pydantic.BaseModel):  # type: ignore[misc, name-defined]
        items: LockedSet[E]
        named: Named[E]

    made = Box[int](items=["1"], named=["2"])
    assert (made.items, made.named, type(made.named)) == ({1}, {2}, Named)
    assert Box(items=["1"], named=[]).items == {"1"}
    with pytest.raises(pydantic.ValidationError, match="valid integer"):
        Box[int](items=["one"], named=[])


def test_models_are_copied_and_pickled_with_it() -> None:
    made = Model(numbers=[1])
    deep = made.model_copy(deep=True)
    assert deep == made and deep.numbers is not made.numbers
    back = pickle.loads(pickle.dumps(made))
    assert back == made and type(back.numbers) is LockedSet


def test_elements_that_are_added_during_the_validation_do_not_disturb_it() -> None:
    """Here a validator adds them, which gives the same order each time; it might be another thread."""

    def add_another(element: int) -> int:
        given.add(element + 100)
        return element

    elements = Annotated[int, pydantic.AfterValidator(add_another)]
    given: Any = LockedSet([1, 2])
    assert pydantic.TypeAdapter(LockedSet[elements]).validate_python(given) == {1, 2}  # type: ignore[valid-type]
    assert given == {1, 2, 101, 102}
    given = {1, 2}
    with pytest.raises(BaseException, match="changed size"):  # pydantic-core panics
        pydantic.TypeAdapter(set[elements]).validate_python(given)  # type: ignore[valid-type]


def test_a_function_with_checked_arguments_gets_a_locked_set() -> None:
    @pydantic.validate_call
    def kind(given: LockedSet[int]) -> type:
        return type(given)

    assert kind([1]) is LockedSet  # type: ignore[arg-type]
