"""Does an access to a container have the name of the container's type, and no type where that is unknown?"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lockproof.engines.control.containers import kind_of_call, kind_of_instruction
from lockproof.engines.control.opcodes import listing
from tests.lockproof.engines.control.running import answers


@dataclass
class Shelf:
    """Has containers, one of them behind a property."""

    books: list[int] = field(default_factory=lambda: [1, 2])
    by_name: dict[str, int] = field(default_factory=lambda: {"a": 1})

    @property
    def hidden(self) -> list[int]:
        """What it takes a call to get."""
        return [1]

    def get(self) -> object:
        """Read an item of a list."""
        return kinds(sys._getframe()) and self.books[0]

    def put(self) -> None:
        """Store an item of a dict."""
        if kinds(sys._getframe()):
            self.by_name["b"] = 2

    def each(self) -> list[int]:
        """Iterate."""
        found = kinds(sys._getframe())
        for book in self.books:
            found.append(str(book))
        return [len(found)]

    def both(self) -> object:
        """Compare containers of two types."""
        return kinds(sys._getframe()) and self.books == self.by_name

    def behind(self) -> object:
        """Read what a property returns."""
        return kinds(sys._getframe()) and self.hidden[0]


SEEN: list[dict[str, str]] = []


def kinds(frame: Any) -> list[str]:
    """Note the name of each instruction of the caller that is about items."""
    code = frame.f_code
    SEEN[-1:] = [
        {
            each.opname: kind_of_instruction(code, each.offset, frame)
            for each in listing(code)
            if each.opname in ("BINARY_SUBSCR", "STORE_SUBSCR", "FOR_ITER", "COMPARE_OP")
        }
    ]
    return ["seen"]


@pytest.mark.thread_unsafe(reason="what was seen is kept in one place")
@pytest.mark.parametrize(
    ("method", "called"),
    [
        (Shelf.get, {"BINARY_SUBSCR": "*list"}),
        (Shelf.put, {"STORE_SUBSCR": "*dict"}),
        (Shelf.each, {"FOR_ITER": "*list"}),
        (Shelf.both, {"COMPARE_OP": "*"}),
        (Shelf.behind, {"BINARY_SUBSCR": "*"}),
    ],
)
def test_an_instruction_has_the_name_of_its_containers_type(
    method: Callable[[Shelf], Any], called: dict[str, str]
) -> None:
    SEEN[:] = [{}]
    method(Shelf())
    assert SEEN == [called]


class Bag(set[int]):
    """A subclass."""


@pytest.mark.parametrize(
    ("function", "first", "called"),
    [
        (set.add, set[int](), "*set"),
        (set.add, Bag(), "*Bag"),
        (deque[int]().append, 1, "*deque"),
        (len, [1], "*list"),
        (dict, {"a": 1}, "*dict"),
        (next, iter([1]), "*"),
        (sorted, (each for each in [1]), "*"),
        (max, 1, "*"),
        (max, (1, 2), "*"),
        (sys.getrecursionlimit, sys.monitoring.MISSING, "*"),
    ],
)
def test_a_call_has_the_name_of_its_object_or_of_its_first_argument(function: Any, first: Any, called: str) -> None:
    assert kind_of_call(function, first) == called


@pytest.mark.thread_unsafe(reason="starts a process")
def test_a_strategy_sees_these_names() -> None:
    assert answers("tests.lockproof.engines.control.container_programs")["names"] == ["*", "*dict", "*list", "*set"]
