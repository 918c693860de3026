"""Are the programs found after which an operation runs code of its own, and do scenarios begin there?"""

from __future__ import annotations

from collections import OrderedDict
from threading import Condition

import pytest

from lockproof import Specification, infer
from lockproof.core.own_time import own_time
from lockproof.generate import tuning
from lockproof.generate.generator import Generator
from lockproof.generate.situations import situations
from lockproof.inference.generic import with_time

pytestmark = pytest.mark.two_builds


class Two:
    """Has room for two entries, and evicts in the middle of a line."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, int] = OrderedDict()

    def store(self, key: str, value: int) -> None:
        self._entries[key] = value
        if len(self._entries) > 2: self._entries.popitem(last=False)  # noqa: E701  # fmt: skip

    def find(self, key: str) -> int | None:
        return self._entries.get(key)


class Roomy(Two):
    """Has room for all."""

    def store(self, key: str, value: int) -> None:
        self._entries[key] = value


class Expiring(Roomy):
    """Removes what is too old."""

    def __init__(self) -> None:
        super().__init__()
        self._since = 0.0

    def store(self, key: str, value: int) -> None:
        self._since = _now()
        super().store(key, value)

    def find(self, key: str) -> int | None:
        if self._entries and _now() > self._since + 60:
            self._entries.pop(key, None)
        return self._entries.get(key)


class Waiting(Two):
    """Waits where there is no room, for ever if nobody takes."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = Condition()

    def store(self, key: str, value: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._entries) < 2)
            self._entries[key] = value


def _now() -> float:
    return own_time.now


def found(specification: Specification) -> set[tuple[str, ...]]:
    announced: list[list[str]] = []
    seen = situations(specification, lambda lines: announced.append(list(lines)))
    assert all([*lines, line] in announced for line, *lines in seen)
    return set(seen)


def test_a_bound_is_reached_with_one_key_after_the_other() -> None:
    assert found(infer(Two)) == {("a.store('w', 1)", "a.store('x', 1)", "a.store('y', 1)")}
    assert found(infer(Roomy)) == set()


def test_time_passes_after_a_program() -> None:
    assert ("a.find('x')", "a.store('x', 1)", "time_passes(3600)") in found(with_time(infer(Expiring)))
    assert not [each for each in found(infer(Expiring)) if each[0].startswith("a.find(")]


def test_a_program_that_waits_is_left_behind() -> None:
    assert not [each for each in found(infer(Waiting)) if len(each) > 3]


def test_one_in_so_many_scenarios_begins_in_a_situation_and_meets_what_it_is_about() -> None:
    specification = infer(Two)
    there = tuple(situations(specification, lambda _: None))
    generator, other = Generator(specification, 2, 1, situations=there), Generator(specification, 2, 1)
    every = tuning.SITUATION_EVERY
    begun = [generator.scenario(number) for number in range(12 * every)]
    inside = begun[every - 1 :: every]
    lines = {str(each.threads[1][0]) for each in inside}
    assert all([str(each) for each in one.init] == list(there[0][1:]) for one in inside)
    assert all(str(one.threads[0][0]) == there[0][0] for one in inside)
    assert "a.find('x')" in lines and len(lines) > 2
    without = [each for number, each in enumerate(begun) if number % every != every - 1]
    assert [each.threads for each in without][:2] == [other.scenario(number).threads for number in range(2)]
    assert not generator.is_early(every - 1)


def test_two_of_a_kind_come_in_turn_and_something_moves_beside_a_look_at_the_whole() -> None:
    specification = infer(Shards)
    filling = frozenset(("a.put(1, 1)", "a.put(2, 1)"))
    scenarios = [str(Generator(specification, 2, 1, filling).scenario(number)) for number in range(60)]
    assert any(each.startswith("a.put(1, 1); a.put(2, 1) -> ") for each in scenarios)
    assert any(each.startswith("a.put(2, 1) -> a.put(1, 1); a.pop(2) || a.size() ") for each in scenarios)


class Shards:
    """Two parts, of which the size is taken one after the other."""

    def __init__(self) -> None:
        self._parts: tuple[dict[int, int], ...] = ({}, {})

    def put(self, key: int, value: int) -> None:
        self._parts[key % 2][key] = value

    def pop(self, key: int) -> int | None:
        return self._parts[key % 2].pop(key, None)

    def size(self) -> int:
        return sum(map(len, self._parts))
