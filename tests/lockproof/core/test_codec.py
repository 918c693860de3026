"""Does data come back from JSON as it was, and is what does not fit refused, with the place?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import EXCEPTIONAL, REQUESTS, Greeting, read, written
from lockproof.campaign.protocol.setup import Aim, Named, Pickled, Setup
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule

pytestmark = pytest.mark.one_build


class Colour(StrEnum):
    """An enumeration."""

    RED = "red"
    BLUE = "blue"


class Size(StrEnum):
    """Another one."""

    BIG = "big"


@dataclass(frozen=True)
class Part:
    """A part."""

    number: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A dataclass with a field of every kind that the codec knows."""

    colour: Colour
    either: Colour | Size | None
    parts: tuple[Part, ...]
    counts: dict[Colour, int]
    words: frozenset[str]
    pair: tuple[str, float]
    known: Mapping[str, Part | None] = field(default_factory=dict)
    place: str | int = 0


WHOLE = Whole(
    Colour.RED, Size.BIG, (Part(1, ("a", "b")), Part(2)), {Colour.BLUE: 3}, frozenset({"x", "y"}), ("p", 1.5),
    {"here": Part(7), "gone": None}, 12,
)  # fmt: skip


def data(**changes: Any) -> Any:
    return json.loads(json.dumps(encode(WHOLE))) | changes


def test_a_value_comes_back_as_it_was() -> None:
    assert decode(Whole, data()) == WHOLE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "green"}, "Whole.colour: 'green' is no Colour"),
        ({"either": "small"}, "Whole.either: 'small' is no Colour; 'small' is no Size"),
        ({"parts": [{"number": "1"}]}, "Whole.parts: Part.number: '1' is no int"),
        ({"parts": [{"number": True}]}, "Whole.parts: Part.number: True is no int"),
        ({"parts": [{}]}, "Whole.parts: Part lacks its field number"),
        ({"parts": {"number": 1}}, "is no list"),
        ({"counts": {"green": 1}}, "'green' is no Colour"),
        ({"counts": []}, "is no object"),
        ({"pair": ["p"]}, "is no list of 2"),
        ({"more": 1}, "Whole has no field more"),
        ({"place": None}, "None is no str; None is no int"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Misfit) as caught:
        decode(Whole, data(**changes))
    assert said in str(caught.value)


@pytest.mark.parametrize("wrong", [None, [], "text", 5])
def test_what_is_no_object_at_all_is_refused(wrong: object) -> None:
    with pytest.raises(Misfit, match="is no Whole"):
        decode(Whole, wrong)


def test_a_class_with_methods_of_its_own_is_written_and_read_by_them() -> None:
    scenario, schedule = Scenario.parse("a.add(1) -> a.pop() || a.pop() -> len(a)"), Schedule.parse("free:1x2,2x1")
    assert encode(scenario) == scenario.to_json()
    assert decode(Scenario, encode(scenario)) == scenario and decode(Schedule, encode(schedule)) == schedule
    with pytest.raises(Misfit, match="no Scenario"):
        decode(Scenario, {"init": []})


# The messages.

SCENARIO = Scenario.parse("a.add(1) || a.add(2)")
st.register_type_strategy(Scenario, st.just(SCENARIO))
st.register_type_strategy(Schedule, st.just(Schedule.parse("free:1x2")))
st.register_type_strategy(Counts, st.builds(Counts, ran=st.integers(0, 9), doubts=st.just(Counter())))
PARTS = (
    Greeting,
    Setup,
    *REQUESTS.values(),
    *EXCEPTIONAL.values(),
    *dict.fromkeys(each.answer for each in REQUESTS.values()),
)


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_every_message_comes_back_as_it_was(kind: type[Any]) -> None:
    @settings(max_examples=settings().max_examples // 4)
    @given(st.from_type(kind).filter(lambda message: "nan" not in repr(message)))
    def check(message: Any) -> None:
        line = json.loads(json.dumps(written(message)))
        assert read(line, PARTS) == message

    check()


def test_a_message_that_is_not_expected_is_refused() -> None:
    with pytest.raises(Misfit, match="no message is expected here that is called Greeting"):
        read(written(Greeting(1, "here")), [Setup])
    with pytest.raises(Misfit, match="no message"):
        read({}, [Setup])


def test_a_subject_is_named_or_pickled() -> None:
    for subject in (Named("m:Bag", factory="m:made"), Pickled("abc", {"m": "m.py"})):
        setup = Setup(["x"], subject, aim=Aim({"a.add(x)": 2}, ("a.pop()",), None))
        assert read(written(setup), [Setup]) == setup
