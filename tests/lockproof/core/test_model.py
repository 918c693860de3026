"""Does `choose` go through every choice once, and only inside a judge?"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from lockproof.core.model import MOST_CHOICES, TooManyChoices, choose, every_choice


def test_every_combination_of_choices_is_run_once() -> None:
    def run() -> tuple[str, ...]:
        first = choose("ab")
        return (first, choose("xyz")) if first == "a" else (first,)

    assert [result for _, result in every_choice(run)] == [("a", "x"), ("a", "y"), ("a", "z"), ("b",)]


def test_choices_that_were_made_can_be_given() -> None:
    def run() -> tuple[int, ...]:
        return tuple(choose(range(3)) for _ in range(3))

    found = list(every_choice(run, (1,)))
    assert [result for _, result in found] == [(1, *rest) for rest in product(range(3), repeat=2)]
    for choices, result in found:
        assert list(every_choice(run, choices)) == [(choices, result)]


def test_without_choices_there_is_one_run() -> None:
    assert list(every_choice(lambda: 7)) == [((), 7)]


def test_a_model_that_is_run_by_itself_takes_the_first_option() -> None:
    assert choose([3, 4]) == 3


def test_nothing_cannot_be_chosen_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose([])


def test_an_exception_leaves_no_choices_behind() -> None:
    def run() -> Any:
        raise KeyError(choose([1, 2]))

    with pytest.raises(KeyError):
        list(every_choice(run))
    assert choose([5, 6]) == 5


def test_more_choices_than_anybody_can_try_are_refused() -> None:
    def run() -> list[int]:
        return [choose(range(10)) for _ in range(4)]

    found = []
    with pytest.raises(TooManyChoices):
        found += [choices for choices, _ in every_choice(run)]
    assert list(every_choice(run, (1, 2)))  # a hundred can be tried
    assert MOST_CHOICES < 10**4
