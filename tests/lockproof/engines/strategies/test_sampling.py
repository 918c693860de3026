"""Are the schedules that SURW draws as likely as it says?"""

from __future__ import annotations

from collections import Counter

import pytest

from lockproof.core.schedule import Ran
from lockproof.engines.strategies.sampling import POS, SURW
from tests.lockproof.engines.strategies.machine import run

pytestmark = pytest.mark.one_build

RUNS = 1500


def places(strategy: SURW, others: str = "a", one: str = "a") -> Counter[int]:
    """How often the one access of the third thread came after so many of the second one's four."""
    found = Counter[int]()
    for _ in range(RUNS):
        strategy.begin()
        choices = list(run(strategy, (1, 4, 1), ("", others, one)).choices)
        found[choices[: choices.index(2)].count(1) if 2 in choices else 4] += 1
    return found


def test_all_orders_of_accesses_to_one_thing_are_about_equally_likely() -> None:
    strategy = SURW(1)
    places(strategy)  # learns how many there are
    found = places(strategy)
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert min(found.values()) > RUNS / 10


def test_orders_are_equally_likely_where_threads_begin_differently_from_run_to_run() -> None:
    strategy = SURW(1)
    places(strategy)
    for number in range(200):
        strategy.begin()
        strategy.end(Ran((), 0, (1, 4, 1), ("", "", "ab"[number % 2])))
    assert min(places(strategy).values()) > RUNS / 10


def in_between(one: str, others: str) -> int:
    """Count the runs in which the one access of the third thread came between two of the second.

    `one` is the name of these three accesses, `others` that of the many accesses of the second thread before and after.
    """
    does = (*[others] * 8, one, one, *[others] * 8)
    strategy, found = SURW(1), 0
    for _ in range(RUNS):
        strategy.begin()
        choices = list(run(strategy, (1, len(does), 1), ("", does, one)).choices)
        found += 2 in choices and choices[: choices.index(2)].count(1) == 9
    return found


def test_accesses_to_containers_of_other_types_do_not_thin_out_the_orders_of_those_of_one() -> None:
    assert in_between("*set", "*list") > RUNS / 8
    assert 0 < in_between("*set", "*set") < RUNS / 8


def test_an_access_to_a_container_of_unknown_type_comes_anywhere_among_the_others() -> None:
    strategy = SURW(1)
    places(strategy, "*list", "*")  # learns how many there are
    found = places(strategy, "*list", "*")
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert min(found.values()) > RUNS / 10


def lasts(one: str, other: str) -> int:
    """Count the runs in which POS chose the one access of the third thread after all eight of the second."""
    strategy, found = POS(1), 0
    for _ in range(RUNS):
        strategy.begin()
        choices = [t for t in run(strategy, (1, 8, 1), ("", other, one)).choices if t]
        found += choices.count(1) == 8 and (2 not in choices or choices[-1] == 2)
    return found


def test_pos_draws_again_for_an_access_that_may_race_with_the_one_done() -> None:
    assert lasts("*", "*set") < RUNS / 50
    assert lasts("*list", "*set") > RUNS / 20
