"""Does the search go on from where it has seldom been, repeat itself by its seed, and switch at conflicts?"""

from __future__ import annotations

from typing import Any

import pytest

from lockproof.core.run_steps import Access, RunStep, Sync, Synced
from lockproof.core.schedule import Point, Ran
from lockproof.engines.strategies.rare_places import RarePlaces
from lockproof.engines.strategies.sampling import POS, RandomWalk

pytestmark = pytest.mark.one_build

ROUNDS = 10


def rounds(strategy: Any) -> int:
    """Run two threads that must take turns, and return how many turns they took before one came twice and gave up."""
    strategy.begin()
    point, turn, at, current = Point(), 0, [0, 0], 0
    point.pending, point.enabled = ["x", "x"], (0, 1)
    choices = []
    while turn < 2 * ROUNDS:
        point.current, point.places = current, list(at)
        current = strategy.choose(point)
        choices.append(current)
        if current != turn % 2:
            break
        turn += 1
        at[current] += 1
    steps = [RunStep(thread, -1, Access("x", True)) for thread in (0, 1)]
    for step in steps:
        step.name = "x"
    strategy.end(Ran(choices, 0, (), steps_made=steps))
    return turn


def runs_to_the_end(strategy: Any, most: int) -> int:
    return next((number for number in range(1, most) if rounds(strategy) == 2 * ROUNDS), most)


def test_what_takes_many_switches_is_reached_step_by_step() -> None:
    assert max(runs_to_the_end(RarePlaces(seed), 3000) for seed in range(5)) < 1000


@pytest.mark.parametrize("made", [RandomWalk, POS])
def test_strategies_that_draw_each_run_anew_do_not_reach_it(made: Any) -> None:
    assert min(runs_to_the_end(made(seed), 3000) for seed in range(5)) == 3000


def test_equal_seeds_make_equal_runs() -> None:
    one, same, other = RarePlaces(1), RarePlaces(1), RarePlaces(2)
    found = [[rounds(strategy) for _ in range(100)] for strategy in (one, same, other)]
    assert found[0] == found[1] != found[2]


def learnt() -> RarePlaces:
    """Return the strategy after its first runs: `.x` is written by two threads, `.y` only read, and a lock is taken."""
    strategy, steps = RarePlaces(1), list[RunStep]()
    for thread in (1, 2):
        for name, part in (
            (".x", Access(".x", True)), (".y", Access(".y", False)), ("*list", Access("*list", True, thread)),
            ("#7", Synced(Sync.TAKE, 7)), (".y", Synced(Sync.GIVE, 7)),
        ):  # fmt: skip
            step = RunStep(thread, -1, part)
            step.name = name
            steps.append(step)
    while strategy.needs_steps:
        strategy.begin()
        strategy.end(Ran((), 0, (), steps_made=steps))
    return strategy


@pytest.mark.parametrize(("name", "conflicts"), [(".x", True), ("#7", True), (".y", False), ("*list", False)])
def test_a_thread_is_left_only_before_an_access_that_conflicts(name: str, conflicts: bool) -> None:
    strategy, chosen = learnt(), set[int]()
    for _ in range(60):
        strategy.begin()
        point = Point()
        point.current, point.enabled, point.pending, point.places = 1, (1, 2), ["", name, ".x"], [0, 5, 6]
        chosen.add(strategy.choose(point))
    assert chosen == ({1, 2} if conflicts else {1})
