"""Do the searches for one order agree with the definition and with each other, and does the first to decide win?"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.searches import Kind
from benchmarks.searches import history as hard_history
from lockproof.core.history import PENDING, Call, History
from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories.judged import keyed_by
from lockproof.histories.named_models import MODELS
from lockproof.judge import competition, jit, wgl
from lockproof.judge.partition import judge
from lockproof.judge.search import Budget, Searched
from tests.lockproof.judge import cases, oracle

pytestmark = pytest.mark.one_build

SEEDS = 150
WORSE_FOR_WGL = Kind("register", 8, 200, 0.05), True
WORSE_FOR_JIT = Kind("stack", 4, 100, 0.02), False


def small(random: Random) -> Iterable[tuple[Any, History]]:
    yield cases.Box(), cases.box_history(random)
    for name in cases.CALLS:
        yield cases.recorded_history(random, name)


def is_an_order(found: Searched, model: Any, calls: tuple[Call, ...]) -> bool:
    """Tell whether the model gives the results in this order, which has all calls that returned."""
    given_results = [(calls[i].operation, oracle.ANY if calls[i].pending else calls[i].result) for i in found.order]
    return {i for i, call in enumerate(calls) if not call.pending} <= {*found.order} and oracle.agrees(
        given_results, model
    )


@given(random=st.randoms(use_true_random=False))
def test_just_in_time_linearization_decides_as_defined(random: Random) -> None:
    for model, history in small(random):
        found = jit.search(history.calls, model, Budget())
        held = oracle.consistent(history.calls, model, Consistency.LINEARIZABLE)
        assert found.verdict is (Verdict.HELD if held else Verdict.VIOLATION)
        if held:
            assert is_an_order(found, model, history.calls)
        else:
            assert not {*found.order} & {*found.stuck}


def test_all_searches_agree_on_many_small_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = dict.fromkeys(Verdict, 0)
    for module in (jit, wgl):
        monkeypatch.setattr(module, "EVERY", 2)
    for name in ("ALONE", "EVERY"):
        monkeypatch.setattr(competition, name, {"ALONE": 0, "EVERY": 1 << 20}[name])
    for seed in range(SEEDS):
        for model, history in small(Random(seed)):
            calls = history.calls
            rests = [(call.invoked // 2 * 2.0, call.returned // 2 * 2.0 + 1) for call in calls]
            for spans in (None, rests):
                found = {search(calls, model, Budget(), spans).verdict for search in SEARCHES}
                assert len(found) == 1, f"seed {seed}: {calls}"
            verdicts[found.pop()] += 1
    assert verdicts[Verdict.UNKNOWN] == 0
    assert min(verdicts[Verdict.HELD], verdicts[Verdict.VIOLATION]) > SEEDS


SEARCHES = wgl.search, jit.search, competition.search


@pytest.mark.parametrize(
    ("kind", "violation", "alone", "other"), [(*WORSE_FOR_WGL, jit, wgl), (*WORSE_FOR_JIT, wgl, jit)]
)
def test_what_one_search_decides_alone_both_decide_in_turns(
    kind: Kind,
    violation: bool,
    alone: Any,
    other: Any,
) -> None:
    model, calls = hard_history(kind, 0, violation=violation)
    enough = 3 * alone.search(calls, model, Budget()).configurations + 10_000
    assert other.search(calls, model, Budget(configurations=enough)).verdict is Verdict.UNKNOWN
    found = competition.search(calls, model, Budget(configurations=enough))
    assert found.verdict is (Verdict.VIOLATION if violation else Verdict.HELD)
    assert found.configurations <= enough


def test_a_spent_budget_ends_both_searches_and_says_why() -> None:
    model, calls = hard_history(Kind("queue", 8, 100), 0, violation=True)
    found = competition.search(calls, model, Budget(configurations=20_000))
    assert found.verdict is Verdict.UNKNOWN
    assert "configurations" in found.reason
    assert found.order


def test_too_little_memory_ends_only_the_search_that_cannot_forget() -> None:
    model, calls = hard_history(WORSE_FOR_WGL[0], 0, violation=True)
    budget = Budget(configurations=1 << 40, memory=2000)
    assert "memory" in jit.search(calls, model, budget).reason
    slow = competition.search(calls, model, Budget(configurations=30_000, memory=2000))
    assert "configurations" in slow.reason


class Kinds:
    """Remembers the type of what it was given last: to this model, 1 and True are different."""

    def initial(self) -> str:
        return ""

    def apply(self, state: str, call: Any) -> Iterable[tuple[Any, str]]:
        f, value = call
        return [(state, state)] if f == "last" else [(None, type(value).__name__)]


@pytest.mark.parametrize(("ended", "verdict"), [("bool", Verdict.HELD), ("float", Verdict.VIOLATION)])
def test_equal_values_of_two_types_are_not_taken_for_one(ended: str, verdict: Verdict) -> None:
    calls = (
        Call(0, ("put", True), None, 0, 9),
        Call(1, ("put", 1), None, 0, 8),
        Call(2, ("put", 1), PENDING, 0),
        Call(3, ("last", None), "int", 1, 2),
        Call(3, ("last", None), ended, 3, 7),
        Call(3, ("last", None), ended, 10, 11),
    )
    assert jit.search(calls, Kinds(), Budget()).verdict is verdict
    assert wgl.search(calls, Kinds(), Budget()).verdict is verdict


@pytest.mark.parametrize(
    ("reads", "verdict"),
    [
        ([(2, 3, [1]), (5, 6, [])], Verdict.VIOLATION),
        ([(5, 6, [1]), (7, 8, [1]), (9, 10, [])], Verdict.VIOLATION),
        ([(0, 3, []), (2, 6, [1]), (7, 8, [1])], Verdict.HELD),
    ],
)
def test_reads_of_all_keys_show_the_violation_of_one_key(
    reads: list[tuple[int, int, list[int]]], verdict: Verdict
) -> None:
    model = MODELS["set"]()
    calls = [Call(0, *model.call("add", 1, True), 1, 4)]
    calls += [
        Call(process, *model.call("read", None, seen), begin, end)
        for process, (begin, end, seen) in enumerate(reads, 1)
    ]
    found = judge(History.of(calls), model, keyed=keyed_by(model))
    assert found.verdict is verdict
    assert [part.keys for part in found.parts] == [(1,)] if verdict is Verdict.VIOLATION else [()]
