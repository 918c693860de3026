"""Are bounds made small that few calls do not reach, and are all other numbers left as they are?"""

from __future__ import annotations

import pytest

from lockproof import infer
from lockproof.inference.bounds import Bounded
from tests.corpus import bounds

pytestmark = pytest.mark.two_builds


class Striped:
    """The size is no bound: calls answer the same with a small one."""

    def __init__(self, size: int = 64) -> None:
        self._parts: list[dict[int, int]] = [{} for _ in range(size)]

    def put(self, key: int, value: int) -> None:
        self._parts[key % len(self._parts)][key] = value

    def get(self, key: int) -> int | None:
        return self._parts[key % len(self._parts)].get(key)


class Near(bounds.MendedRecentlyUsed):
    """A bound that a few calls reach."""

    def __init__(self, maxsize: int = 3) -> None:
        super().__init__(maxsize)


class Ladder(bounds.MendedRecentlyUsed):
    """Refuses a small bound."""

    def __init__(self, maxsize: int = 100) -> None:
        if maxsize < 10:
            raise ValueError(maxsize)
        super().__init__(maxsize)


@pytest.mark.parametrize(
    ("cls", "bound"), [(bounds.MendedRecentlyUsed, "maxsize=2"), (bounds.MendedEvents, "max_events=2")]
)
def test_a_bound_that_few_calls_do_not_reach_is_made_small_and_the_report_says_so(cls: type, bound: str) -> None:
    specification = infer(cls)
    assert isinstance(specification.subject, Bounded) and isinstance(specification.subject(), cls)
    (note,) = specification.notes
    assert f"made as {cls.__name__}({bound})" in note and "--factory" in note


@pytest.mark.parametrize("cls", [Striped, Near, Ladder, bounds.MendedAllowance, bounds.MendedStoreroom])
def test_other_numbers_stay_as_they_are(cls: type) -> None:
    assert infer(cls).subject is cls


def test_what_a_factory_makes_stays_as_it_is() -> None:
    assert infer(bounds.MendedEvents, factory=bounds.MendedEvents).subject is bounds.MendedEvents
