"""Does the search under control end in its time where all scenarios that are made were explored before?"""

from __future__ import annotations

from itertools import count, repeat
from typing import Any, cast

import pytest

from lockproof.campaign.clock import Turn
from lockproof.campaign.schedule_search import MOST_OPERATIONS, MOST_REPEATED, ScheduleSearch
from lockproof.core.scenario import Scenario

pytestmark = pytest.mark.one_build

KNOWN, NEW = Scenario.parse("a.x() || a.x()"), Scenario.parse("a.x() || a.y()")
LARGE = Scenario.parse(f"{'; '.join(['a.x()'] * MOST_OPERATIONS)} || a.x()")


def searching(made: Any, explored: bool = True) -> ScheduleSearch:
    nothing = cast("Any", None)
    outcomes = {KNOWN: 1} if explored else {}
    return ScheduleSearch(nothing, nothing, nothing, nothing, outcomes=outcomes, _fresh=iter(made))


def turn(seconds: int) -> Turn:
    passed = count()
    return Turn(lambda: float(seconds - next(passed)), lambda wanted: wanted)


def test_a_new_scenario_is_found_behind_known_and_large_ones() -> None:
    assert searching([KNOWN, LARGE, KNOWN, NEW])._next_fresh(turn(100)) is NEW


def test_there_is_none_where_the_time_or_the_patience_is_over() -> None:
    made = count()
    known = (KNOWN for _ in made)
    assert searching(known)._next_fresh(turn(5)) is None and next(made) == 6
    assert searching(repeat(KNOWN, 2 * MOST_REPEATED))._next_fresh(turn(10 * MOST_REPEATED)) is None
    assert searching([])._next_fresh(turn(5)) is None


def test_one_scenario_is_explored_even_if_the_time_is_over() -> None:
    assert searching([LARGE, NEW], explored=False)._next_fresh(turn(0)) is NEW
