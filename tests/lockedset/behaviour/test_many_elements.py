"""Do long runs of changes of many elements leave what they leave in `set`, wherever the elements compare?

The compiled implementation changes a set in two ways: by a function of `set` where all elements compare in C, and
prepared aside where one may compare in Python. A set can go from one way to the other and back at any change. The
generated tests beside this one have few elements; here tables grow, shrink and keep the traces of removed elements.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import LockedSet
from tests.lockedset.behaviour.arguments import Colliding

IN_C: list[Any] = [*range(20), *map(str, range(10)), *((number, (None, 1.5)) for number in range(10))]
IN_PYTHON: list[Any] = [*map(Colliding, range(30)), *((Colliding(number),) for number in range(10))]
POOLS = {"in C": IN_C, "in Python": IN_PYTHON, "now here, now there": [*IN_C[:35], *IN_PYTHON[:5]]}

ONE = ("add", "discard", "try_add", "try_remove")
MANY = ("update", "difference_update", "intersection_update", "symmetric_difference_update", "replace", "add_new")
OPERANDS: tuple[Callable[[list[Any]], Any], ...] = (list, tuple, set, frozenset, LockedSet)
STEPS = 300


class Plain(set[Any]):
    """What LockedSet adds, for one thread."""

    def try_add(self, element: Any) -> bool:
        return bool(self.add_new([element]))

    def try_remove(self, element: Any) -> bool:
        before = len(self)
        self.discard(element)
        return len(self) < before

    def replace(self, elements: Any) -> None:
        self.clear()
        self.update(elements)

    def add_new(self, elements: Any) -> set[Any]:
        new = set(elements) - self
        self |= new
        return new


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pool", POOLS)
def test_many_changes_of_many_elements_leave_what_they_leave_in_a_set(pool: str, seed: int) -> None:
    draw, elements = random.Random(seed), POOLS[pool]
    ours, plain = LockedSet[Any](), Plain()
    for _ in range(STEPS):
        one, some = draw.choice(elements), draw.sample(elements, draw.randrange(12))
        if draw.random() < 0.05:
            ours.clear()
            plain.clear()
        name = draw.choice(ONE + MANY)
        operand = one if name in ONE else draw.choice(OPERANDS)(some)
        assert getattr(ours, name)(operand) == getattr(plain, name)(operand)
        assert ours == plain
        assert len(ours) == len(plain)
        assert (one in ours) is (one in plain)
        assert ours.snapshot() == plain == set(ours)
        given = set(some)
        for result, expected in (
            (ours | given, plain | given),
            (ours & given, plain & given),
            (ours - given, plain - given),
            (ours ^ given, plain ^ given),
        ):
            assert type(result) is LockedSet
            assert result == expected


@pytest.mark.parametrize("left", [0, 1, 4])
@pytest.mark.parametrize("size", [1, 5, 31, 200])
@pytest.mark.parametrize("kind", [list, tuple, lambda numbers: numbers], ids=["list", "tuple", "range"])
def test_a_sequence_enlarges_a_table_that_keeps_the_traces_of_removed_elements(
    kind: Callable[[range], Any], size: int, left: int
) -> None:
    changed, plain = LockedSet(range(20)), set(range(20))
    for element in range(left, 20):
        changed.remove(element)
        plain.remove(element)
    for begin in (1000, 3, 5000):
        elements = kind(range(begin, begin + size))
        changed.update(elements)
        plain.update(elements)
        assert changed == plain and sorted(changed) == sorted(plain) and len(changed) == len(plain)
