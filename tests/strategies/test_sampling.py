"""Are the schedules that SURW draws as likely as it says?"""

from __future__ import annotations

from collections import Counter

from lockproof.schedule import Ran
from lockproof.strategies.sampling import SURW
from tests.strategies.machine import run

RUNS = 1500


def places(strategy: SURW) -> Counter[int]:
    """How often the one access of the third thread came after so many of the second one's four."""
    found = Counter[int]()
    for _ in range(RUNS):
        strategy.begin()
        choices = list(run(strategy, (1, 4, 1), ("", "a", "a")).choices)
        found[choices[: choices.index(2)].count(1) if 2 in choices else 4] += 1
    return found


def test_all_orders_of_accesses_to_one_thing_are_about_equally_likely() -> None:
    strategy = SURW(1)
    places(strategy)  # learns how many there are
    found = places(strategy)
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert min(found.values()) > RUNS / 10


def test_they_are_so_where_threads_begin_differently_from_run_to_run() -> None:
    strategy = SURW(1)
    places(strategy)
    for number in range(200):
        strategy.begin()
        strategy.end(Ran((), 0, (1, 4, 1), ("", "", "ab"[number % 2])))
    assert min(places(strategy).values()) > RUNS / 10
