"""Do strategies that end say what they know, and no more? On a machine that is not the engine."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.schedule import Schedule, Switching
from lockproof.engines.strategies import exhaustive
from lockproof.engines.strategies.exhaustive import Diverged, Preemptions, ScheduleReplay, SyncOrders, spread
from tests.lockproof.engines.strategies.machine import run, runs

MOST = 100_000


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 2), (3, 3), (4, 4), (1, 5), (2, 6)])
def test_without_a_bound_that_matters_every_interleaving_is_run_once(a: int, b: int) -> None:
    strategy = Preemptions(a + b)
    schedules = [tuple(ran.choices) for ran in runs(strategy, (a, b), MOST)]
    assert len(schedules) == len(set(schedules)) == comb(a + b, a)
    assert strategy.level == a + b and not strategy.cut


def test_schedules_come_in_the_order_of_their_preemptions_and_none_has_more_than_allowed() -> None:
    spent = [ran.preemptions for ran in runs(Preemptions(2), (3, 3, 2), MOST)]
    assert spent == sorted(spent) and max(spent) == 2


@given(n=st.integers(1, 400))
def test_what_a_search_takes_first_is_far_apart_and_nothing_is_left_out(n: int) -> None:
    order = spread(range(n))[::-1]
    assert sorted(order) == list(range(n))
    first = sorted(order[:8])
    assert n < 40 or max(b - a for a, b in pairwise([0, *first, n])) <= n / 3


def test_levels_are_counted_and_completed_one_after_the_other() -> None:
    strategy = Preemptions(1)
    assert strategy.level == -1 and strategy.begin()
    run(strategy, (2, 2))
    assert strategy.level == -1
    found = runs(strategy, (2, 2), MOST)
    assert strategy.by_level == [2, 2] and len(found) == 3 and strategy.level == 1


def test_a_program_without_decisions_is_known_after_one_run() -> None:
    strategy = Preemptions(2)
    assert len(runs(strategy, (5,), MOST)) == 1 and strategy.level == 2


@pytest.mark.thread_unsafe(reason="changes a module")
def test_a_search_that_had_to_forget_schedules_of_later_levels_claims_only_the_earlier_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exhaustive, "MOST_WAITING", 3)
    strategy = Preemptions(3)
    runs(strategy, (6, 6), MOST)
    assert strategy.cut and strategy.level == 0


@pytest.mark.thread_unsafe(reason="changes a module")
def test_a_search_that_had_to_forget_schedules_of_this_level_does_not_claim_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive, "MOST_WAITING", 3)
    strategy = Preemptions(3)
    found = runs(strategy, (4, 4), MOST, yields=True)
    assert strategy.cut and len(found) < comb(8, 4) and strategy.level == -1


def test_threads_that_touch_nothing_in_common_have_one_order() -> None:
    strategy = SyncOrders()
    runs(strategy, (3, 3, 3), MOST)
    assert (strategy.runs, strategy.exhausted) == (1, True)


def test_a_schedule_is_replayed_as_it_was() -> None:
    for ran in runs(Preemptions(2), (3, 4), MOST):
        replay = ScheduleReplay(ran.choices)
        (again,) = runs(replay, (3, 4), MOST)
        assert list(again.choices) == list(ran.choices)


def test_a_strict_replay_of_another_program_diverges() -> None:
    (longest,) = [ran for ran in runs(Preemptions(0), (2, 2), MOST) if ran.choices[0] == 0]
    with pytest.raises(Diverged):
        runs(ScheduleReplay(longest.choices), (5, 5), MOST)
    with pytest.raises(Diverged):
        runs(ScheduleReplay([2] * 4), (2, 2), MOST)
    assert len(runs(ScheduleReplay([2] * 4, strict=False), (2, 2), MOST)) == 1


def test_a_strict_replay_of_a_program_that_ends_earlier_diverges() -> None:
    ran = runs(Preemptions(0), (5, 5), MOST)[0]
    with pytest.raises(Diverged):
        runs(ScheduleReplay(ran.choices), (2, 2), MOST)


def test_a_strict_replay_of_no_choices_makes_none() -> None:
    with pytest.raises(Diverged):
        runs(ScheduleReplay([]), (2, 2), MOST)


def test_an_exploration_of_a_program_that_changes_diverges() -> None:
    strategy = Preemptions(2)
    strategy.begin()
    run(strategy, (4, 4))  # the second thread first, and another one after each of its steps is for later
    with pytest.raises(Diverged):
        while strategy.begin():
            run(strategy, (4, 1))


def test_a_schedule_is_the_same_after_json() -> None:
    for ran in runs(Preemptions(2), (3, 3), MOST):
        schedule = Schedule.of(Switching.GIL, ran.choices)
        assert Schedule.from_json(schedule.to_json()) == schedule
        assert list(schedule.choices()) == list(ran.choices) and len(schedule) == len(ran.choices)


def test_preemptions_that_are_free_are_all_of_level_zero() -> None:
    strategy = Preemptions(0)
    spent = Counter(ran.preemptions for ran in runs(strategy, (3, 3), MOST, yields=True))
    assert spent == {0: comb(6, 3)}
