"""Are public attributes observed that are data, and no others, and left out where one thread reads them otherwise?"""

from __future__ import annotations

import random
import threading
from enum import Enum
from typing import Any

import pytest

from lockproof.inference.attributes import attributes
from lockproof.inference.conformance import conform
from lockproof.inference.from_class import infer

pytestmark = pytest.mark.one_build


class Colour(Enum):
    """A member is data."""

    RED = 1


class Base:
    """Slots of a base."""

    __slots__ = ("__dict__", "size")

    def __init__(self) -> None:
        self.size = 0


class Subject(Base):
    """One attribute of each sort."""

    LIMIT = 3
    shared = 0

    def __init__(self) -> None:
        super().__init__()
        self.name, self.last, self.colour = "x", None, Colour.RED
        self.entries: list[Any] = [(1, {"x": {2.0}})]
        self.lock, self.function, self.other = threading.Lock(), len, Base()
        self.locks = [threading.Lock()]
        self._hidden = 0

    def put(self, number: int) -> None:
        self.size += number


class Stamped:
    """Each object has another number, and each change another mark."""

    def __init__(self) -> None:
        self.number, self.changed, self.total = random.getrandbits(64), 0, 0

    def add(self, number: int) -> None:
        self.total += number
        self.changed = random.getrandbits(64)


def test_attributes_are_observed_if_their_values_are_data() -> None:
    assert attributes(Subject) == ["a.name", "a.last", "a.colour", "a.entries", "a.size", "a.shared"]
    assert [each.text for each in infer(Subject).final][-1] == "a.shared"


def test_only_where_the_class_itself_is_the_model() -> None:
    class Named(set[int]):
        """A set with a name."""

        def __init__(self) -> None:
            super().__init__()
            self.name = "x"

    assert "a.name" not in [each.text for each in infer(Named).final]


def test_what_one_thread_does_not_read_twice_is_left_out_and_the_operation_stays() -> None:
    result = conform(infer(Stamped), 1, 0.0).specification
    assert [each.text for each in result.operations] == ["a.add(x_number)"]
    assert result.attributes == ["a.total"]
    for name in ("number", "changed"):
        assert f"a.{name}: left out, since two fresh subjects had different values" in result.notes
    assert "public attributes, read after each run: a.total" in result.notes
