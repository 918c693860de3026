"""Does work by counts end at its count, whatever the clock says, and does the clock cut only what takes very long?"""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from lockproof.core import pace as tested
from lockproof.core.pace import MOST_CROWDED, SAFETY, Pace, crowding

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="replaces a clock")]


class Now:
    """A clock that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 100.0
        clock = SimpleNamespace(monotonic=lambda: self.seconds, perf_counter=lambda: self.seconds)
        monkeypatch.setattr(tested, "time", clock)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    return Now(monkeypatch)


def counted() -> Pace:
    pace = Pace()
    pace.counted = True
    return pace


def test_by_counts_the_work_ends_a_limit_and_not_the_clock(now: Now) -> None:
    pace = counted()
    limit = pace.limit(2.0, "looking")
    now.seconds += 50.0
    assert (limit.over(), limit.left(), pace.now()) == (False, 2.0, 0.0)
    pace.did(1.0)
    assert (limit.over(), limit.over(0.5), limit.left()) == (False, True, 1.0)
    pace.did(1.0)
    assert limit.over() and not limit.over(2.0)
    assert pace.took() == []


def test_by_the_clock_work_does_not_count(now: Now) -> None:
    pace = Pace()
    limit = pace.limit(2.0, "looking")
    pace.did(50.0)
    assert (limit.over(), limit.left()) == (False, 2.0)
    now.seconds += 1.0
    assert (limit.over(), limit.over(0.5), limit.left()) == (False, True, 1.0)
    now.seconds += 1.0
    assert limit.over() and pace.took() == []


def test_the_clock_cuts_work_by_counts_that_takes_very_long_and_says_so_once(now: Now) -> None:
    pace = counted()
    limit = pace.limit(2.0, "looking")
    now.seconds += 2.0 * SAFETY - 0.1
    assert not limit.over() and pace.took() == []
    now.seconds += 0.2
    assert limit.over() and limit.over()
    assert (pace.took(), pace.took()) == (["looking"], [])


def test_only_work_by_counts_gives_signs_of_life_and_not_too_many(now: Now) -> None:
    seen: list[float] = []
    for pace in (Pace(), counted()):
        pace.beat = lambda: seen.append(now.seconds)
        for _ in range(8):
            pace.did(0.0)
            now.seconds += 0.5
    assert seen == [104.0, 105.0, 106.0, 107.0]


def test_an_endless_limit_is_never_over(now: Now) -> None:
    pace = counted()
    limit = pace.limit(float("inf"), "looking")
    now.seconds, pace.done = 1e9, 1e9
    assert not limit.over()


def test_a_wait_is_longer_by_counts() -> None:
    assert (Pace().patience(2.0), counted().patience(2.0)) == (2.0, 2.0 * SAFETY)


@pytest.mark.parametrize(("load", "processors", "longer"), [(0.5, 2, 1.0), (14.0, 2, 7.0), (900.0, 2, MOST_CROWDED)])
def test_a_hang_is_confirmed_for_longer_where_others_want_the_processors(
    monkeypatch: pytest.MonkeyPatch, load: float, processors: int, longer: float
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "process_cpu_count", lambda: processors)
    assert crowding() == longer
