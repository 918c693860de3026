"""Does a schedule say the same as text, as JSON and as choices, and is every wrong text refused?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.errors import LockproofError
from lockproof.core.run_steps import meet
from lockproof.core.schedule import VERSION, Schedule, Switching

pytestmark = pytest.mark.one_build

RUNS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 500))).map(tuple)
SCHEDULES = st.builds(Schedule, st.sampled_from(Switching), RUNS)


@given(SCHEDULES)
def test_text_and_json_say_the_whole_schedule(schedule: Schedule) -> None:
    assert Schedule.parse(str(schedule)) == schedule
    assert Schedule.from_json(json.loads(json.dumps(schedule.to_json()))) == schedule


@given(st.sampled_from(Switching), st.lists(st.integers(0, 5)))
def test_the_choices_are_those_that_it_was_made_of(switching: Switching, choices: list[int]) -> None:
    schedule = Schedule.of(switching, choices)
    assert list(schedule.choices()) == choices
    assert len(schedule) == len(choices)
    assert all(one[0] != other[0] for one, other in zip(schedule.runs, schedule.runs[1:], strict=False))


def test_the_text_is_short_and_can_be_typed() -> None:
    assert str(Schedule.of(Switching.FREE, [1, 1, 1, 2, 2])) == "free:1x3,2x2"
    assert str(Schedule.of(Switching.SYNC, [])) == "sync:"


@pytest.mark.parametrize("text", ["", "often:1x3", "free:1", "free:1x", "free:x3", "free:1x3x4", "free:axb"])
def test_a_wrong_text_is_refused(text: str) -> None:
    with pytest.raises(LockproofError, match=r"not a schedule(?s:.*)next step: copy it from the report"):
        Schedule.parse(text)


@pytest.mark.parametrize("text", ["free:-1x3", "free:1x-3", "free:1x0", "free:1x99999999999"])
def test_numbers_that_no_run_has_are_refused(text: str) -> None:
    with pytest.raises(LockproofError, match="not a schedule"):
        Schedule.parse(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": VERSION + 1}, f"of version {VERSION + 1}, and this lockproof reads version {VERSION}"),
        ({"version": None}, "of version None"),
        ({"switching": "often"}, "not a schedule"),
        ({"runs": [[1]]}, "not a schedule"),
        ({"runs": 5}, "not a schedule"),
        ({"runs": [["a", 1]]}, "not a schedule"),
    ],
)
def test_wrong_json_is_refused(change: dict[str, Any], message: str) -> None:
    document = Schedule(Switching.GIL, ((1, 3),)).to_json()
    assert Schedule.from_json(document) == Schedule(Switching.GIL, ((1, 3),))
    with pytest.raises(LockproofError, match=message):
        Schedule.from_json(document | change)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (".x", ".x", True), (".x", ".y", False), ("#1", "#1", True), ("*set", "*set", True), ("*set", "*list", False),
        ("*", "*set", True), ("*", "*", True), ("*", ".x", False), ("*", "", False), ("", "", False), ("", ".x", False),
    ],
)  # fmt: skip
def test_accesses_meet_where_they_may_touch_the_same(one: str, other: str, said: bool) -> None:
    assert meet(one, other) is meet(other, one) is said
