"""Do few threads meet, the rare kinds among them as often as the others, and do all the rest run whole?"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from lockproof.engines.strategies.few_threads import FewThreads
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.strategies.machine import run

pytestmark = pytest.mark.one_build

WRITERS = 30
READER = WRITERS + 1
STEPS = 6
KINDS = ("main", *["writer"] * WRITERS, "reader")


def told(main: bool = False) -> FewThreads:
    """Return the strategy when it knows the threads; `main`: the first one accesses what the others access."""
    strategy = FewThreads(1)
    strategy.begin()
    run(strategy, (4, *[STEPS] * (WRITERS + 1)), ("x" if main else "", *["x"] * (WRITERS + 1)), kinds=KINDS)
    return strategy


def interleaved(strategy: FewThreads | RandomWalk) -> list[int]:
    """Return the threads that another one interrupted in one run."""
    strategy.begin()
    choices = run(strategy, (0, *[STEPS] * (WRITERS + 1)), ("x",) * len(KINDS), kinds=KINDS).choices
    left, found = Counter(dict.fromkeys(range(1, READER + 1), STEPS)), set[int]()
    for one, other in pairwise(choices):
        left[one] -= 1
        if one != other and left[one]:
            found.add(one)
    return sorted(found)


def test_few_threads_interrupt_each_other_and_the_reader_is_among_them_as_often_as_any_writer() -> None:
    strategy = told()
    found = [interleaved(strategy) for _ in range(400)]
    assert sum(len(each) <= 4 for each in found) > 350
    assert sum(READER in each for each in found) > 150
    assert len({thread for each in found for thread in each}) == WRITERS + 1


def test_a_walk_interrupts_nearly_all_of_them() -> None:
    assert len(interleaved(RandomWalk(1))) > WRITERS / 2


@pytest.mark.parametrize("main", [False, True])
def test_the_first_thread_is_of_the_cast_only_where_it_accesses_what_others_do(main: bool) -> None:
    strategy = told(main)
    casts = [strategy._drawn() for _ in range(200)]
    assert any(0 in cast for cast in casts) is main
    assert {len(cast) for cast in casts} >= {2, 3, 4}


def test_where_no_thread_of_the_cast_can_go_on_the_others_do() -> None:
    strategy = told()
    strategy.begin()
    strategy._cast, strategy._missing = {READER}, {READER}  # it has no step, so it never starts
    chosen = run(strategy, (0, *[2] * WRITERS, 0), ("x",) * len(KINDS)).choices
    assert len(set(chosen)) >= WRITERS - 1  # the last one goes on without a decision
