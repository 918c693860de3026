"""Does the search for every trace find each outcome that there is, and run few traces twice?

The programs are drawn. What they can do is known from a machine that runs all their interleavings (`small_programs`).
"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import Answers, answers
from tests.lockproof.engines.control.test_orders import BY_HAND
from tests.lockproof.engines.strategies.small_programs import DEADLOCK, TooMany, behaviours, drawn, source

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

MOST_PER_TRACE = 1.2
"""Schedules for each trace, over all programs. The search may run a trace twice, and rarely does."""

FEW = range(40)
MANY = range(40, 640)


def asked(seeds: range, longest: float = 100.0) -> Answers:
    return answers(
        "tests.lockproof.engines.strategies.trace_programs", longest=longest, SEEDS=f"{seeds.start} {seeds.stop}"
    )


@pytest.fixture(scope="module")
def few() -> Answers:
    return asked(FEW)


def check(seeds: range, answer: Answers, programs: str = "drawn") -> None:
    traces = schedules = 0
    for seed in seeds:
        program = drawn(seed)
        try:
            outcomes, number = behaviours(program)
        except TooMany:
            continue
        found = answer[programs][str(seed)]
        seen = {*found["outcomes"], *([DEADLOCK] if found["deadlocks"] else [])}
        assert seen == outcomes, f"seed {seed}:\n{source(program)}"
        assert found["exhausted"] and not found["diverged"] and not found["errors"], seed
        assert found["schedules"] >= number, f"seed {seed}: fewer schedules than traces"
        traces += number
        schedules += found["schedules"] + found["redundant"]
    assert traces > 5 * len(seeds) and schedules <= MOST_PER_TRACE * traces


def test_every_behaviour_of_drawn_programs_is_found_and_nothing_else(few: Answers) -> None:
    check(FEW, few)


def test_so_it_is_where_the_thread_that_joins_the_others_takes_part(few: Answers) -> None:
    check(FEW, few, "main")


@pytest.mark.nightly("600 programs, of which each interleaving is run twice, take minutes")
@pytest.mark.timeout(900)
def test_every_behaviour_of_many_drawn_programs_is_found(few: Answers) -> None:
    assert few["drawn"]
    many = asked(MANY, 800.0)
    for programs in ("drawn", "main"):
        check(MANY, many, programs)


@pytest.mark.parametrize("shape", BY_HAND)
def test_each_order_of_the_sections_of_a_lock_is_run_once(few: Answers, shape: str) -> None:
    found = few["table"][shape]
    assert len(found["outcomes"]) == found["schedules"] == BY_HAND[shape]
    assert found["exhausted"] and found["redundant"] == 0


@pytest.mark.one_build
def test_the_drawn_programs_have_races_deadlocks_conditions_and_three_threads() -> None:
    programs = [drawn(seed) for seed in FEW]
    texts = [source(each) for each in programs]
    assert {len(each) for each in programs} == {2, 3}
    assert any(".wait()" in text for text in texts) and any(".notify()" in text for text in texts)
    known = [behaviours(each) for each in programs]
    assert any(DEADLOCK in outcomes for outcomes, _ in known)
    assert any(len(outcomes) > 10 for outcomes, _ in known)
    assert any(len(outcomes) < traces for outcomes, traces in known)  # different orders, one outcome
