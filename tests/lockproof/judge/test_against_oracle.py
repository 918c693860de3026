"""Does the judge agree with the definition on small random histories and runs?"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories.judged import keyed_by
from lockproof.judge.partition import judge
from lockproof.judge.run import ScenarioJudge
from tests.lockproof.judge import cases, oracle

pytestmark = pytest.mark.one_build

RANDOMS = st.randoms(use_true_random=False)
SAID = {True: Verdict.HELD, False: Verdict.VIOLATION}


@pytest.mark.parametrize("consistency", Consistency)
@given(random=RANDOMS)
def test_a_run_of_a_scenario_is_judged_as_defined(consistency: Consistency, random: Random) -> None:
    run = cases.run(random)
    judged = ScenarioJudge(run.threads, run.final, cases.Box(), consistency=consistency)
    found = judged.judge(run.results, run.ending, run.seen)
    arguments = (run.threads, run.final, cases.Box(), run.results, run.ending)
    assert found.verdict is SAID[oracle.allowed(*arguments, run.seen, consistency)]
    assert found.order_only == (
        found.verdict is Verdict.VIOLATION
        and any(
            oracle.agrees(
                [(run.threads[t][k], run.results[t][k]) for t, k in order],
                cases.Box(),
                list(zip(run.final, run.ending, strict=True)),
            )
            for order in _free(run, consistency)
        )
    )


def _free(run: cases.Run, consistency: Consistency) -> list[list[tuple[int, int]]]:
    places = [(t, k) for t, thread in enumerate(run.threads) for k in range(len(thread))]
    kept = {(a, b) for a, (t, _) in enumerate(places) for b, (u, _) in enumerate(places) if t == u and a < b}
    orders = oracle.orders(len(places), set() if consistency is Consistency.QUIESCENT else kept, ())
    return [[places[i] for i in order] for order in orders]


@pytest.mark.parametrize("consistency", Consistency)
@given(random=RANDOMS)
def test_the_guided_search_agrees_with_the_table(consistency: Consistency, random: Random) -> None:
    run = cases.run(random)
    by_table = ScenarioJudge(run.threads, run.final, cases.Box(), consistency=consistency)
    by_search = ScenarioJudge(run.threads, run.final, cases.Box(), consistency=consistency)
    by_search.__dict__["_table"] = None
    given_run = (run.results, run.ending, run.seen)
    assert by_search.judge(*given_run) == by_table.judge(*given_run)
    assert by_table._table is not None
    every = by_table.allowed(10_000)
    assert sorted(map(repr, by_search.allowed(10_000))) == sorted(map(repr, every))
    assert len(by_search.allowed(1)) == min(1, len(every))


@pytest.mark.parametrize("consistency", Consistency)
@given(random=RANDOMS)
def test_a_history_with_waiting_and_choices_is_judged_as_defined(consistency: Consistency, random: Random) -> None:
    history = cases.box_history(random)
    found = judge(history, cases.Box(), consistency=consistency)
    assert found.verdict is SAID[oracle.consistent(history.calls, cases.Box(), consistency)]


@pytest.mark.parametrize("name", cases.CALLS)
@pytest.mark.parametrize("consistency", Consistency)
@settings(max_examples=settings().max_examples // 2)
@given(random=RANDOMS)
def test_a_recorded_history_taken_apart_is_judged_as_defined(
    name: str, consistency: Consistency, random: Random
) -> None:
    model, history = cases.recorded_history(random, name)
    found = judge(history, model, consistency=consistency, keyed=keyed_by(model))
    assert found.verdict is SAID[oracle.consistent(history.calls, model, consistency)]


@pytest.mark.parametrize("consistency", Consistency)
def test_the_random_cases_have_both_verdicts(consistency: Consistency) -> None:
    random = Random(1)
    histories = [cases.box_history(random) for _ in range(300)]
    held = sum(oracle.consistent(history.calls, cases.Box(), consistency) for history in histories)
    assert 60 < held < 290
    assert any(call.pending for history in histories for call in history.calls)
