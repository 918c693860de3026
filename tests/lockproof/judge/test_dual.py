"""Operations by which threads meet take effect twice. Does the judge let others come in between, and only then?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest

from lockproof import LockproofError, block
from lockproof.core.operation import Operation, op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import Raised
from lockproof.core.verdict import Consistency, Verdict
from lockproof.judge.orders import Waiting
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge, Seen

pytestmark = pytest.mark.one_build


class Meeting:
    """A barrier for two, which can be closed."""

    def __init__(self) -> None:
        self.there = 0
        self.closed = False

    def meet(self) -> Iterator[None]:
        if self.closed:
            raise KeyError
        index, needed = self.there % 2, self.there // 2 * 2 + 2
        self.there += 1
        yield
        if self.there < needed:
            block()
        return index

    def close(self) -> None:
        self.closed = True

    def twice(self) -> Iterator[None]:
        yield
        yield

    def at_once(self) -> int:
        return 5


KINDS = [op("a.meet()", dual=True), op("a.twice()", dual=True), op("a.at_once()", dual=True), op("a.close()")]
SPECIFICATION = Specification(Meeting, KINDS)


def judge(text: str, **options: Any) -> ScenarioJudge:
    scenario = SPECIFICATION.bind(Scenario.parse(text))
    model = ReplayModel(SPECIFICATION, scenario.init, scenario.subjects)
    return ScenarioJudge(scenario.threads, scenario.final, model, **options)


HELD, VIOLATION = Verdict.HELD, Verdict.VIOLATION


@pytest.mark.parametrize(
    ("text", "results", "verdict"),
    [
        ("a.meet() || a.meet()", [[0], [1]], HELD),
        ("a.meet() || a.meet()", [[1], [0]], HELD),
        ("a.meet() || a.meet()", [[0], [0]], VIOLATION),
        ("a.meet(); a.meet() || a.meet(); a.meet()", [[0, 1], [1, 0]], HELD),
        ("a.meet() || a.meet() || a.close()", [[0], [1], [None]], HELD),
        # Both begin before it is closed, or neither does.
        ("a.meet() || a.close()", [[Raised("KeyError")], [None]], HELD),
        ("a.meet() || a.close()", [[0], [None]], VIOLATION),
        ("a.at_once() || a.close()", [[5], [None]], HELD),
        ("a.at_once() || a.close()", [[6], [None]], VIOLATION),
    ],
)
@pytest.mark.parametrize("consistency", Consistency)
def test_the_results_of_two_threads_that_meet(
    text: str, results: list[list[Any]], verdict: Verdict, consistency: Consistency
) -> None:
    found = judge(text, consistency=consistency).judge(results, [], None).verdict
    assert found is verdict


def test_who_meets_was_there_before_the_other_went_on() -> None:
    scenario = judge("a.meet() || a.meet()")
    apart = [[[0, 0]], [[1, 0]]]
    judged = scenario.judge([[0], [1]], [], apart)
    assert (judged.verdict, judged.order_only) == (VIOLATION, True)
    assert scenario.explain([[0], [1]], [], apart).why == (
        "`a.meet()` of thread 2 began after `a.meet()` of thread 1 had returned, and returned 1.",
        "Every order that gives these results has the beginning of `a.meet()` of thread 2 before the end of `a.meet()`"
        " of thread 1.",
    )


def test_steps_of_equal_lines_are_named_apart_if_each_thread_meets_twice() -> None:
    scenario = judge("a.meet(); a.meet() || a.meet(); a.meet()")
    seen = [[[0, 0], [1, 2]], [[0, 0], [0, 1]]]
    assert scenario.explain([[0, 1], [1, 0]], [], seen).why == (
        "The second `a.meet()` of thread 1 began after the second `a.meet()` of thread 2 had returned, and returned 1.",
        "Every order that gives these results has the beginning of the second `a.meet()` of thread 1 before the end of"
        " the second `a.meet()` of thread 2.",
    )


@pytest.mark.parametrize("consistency", Consistency)
def test_nobody_goes_on_before_it_is_there(consistency: Consistency) -> None:
    allowed = judge("a.meet() || a.meet()", consistency=consistency).allowed(99)
    assert {threads for threads, _ in allowed} == {((0,), (1,)), ((1,), (0,))}


def test_an_impossible_result_is_explained_by_the_operation_and_not_by_a_step() -> None:
    explanation = judge("a.meet() || a.meet()").explain([[0], [0]], [], None)
    assert explanation.why == (
        "Both `a.meet()` returned 0. In every order in which one returns 0, the other returns 1.",
    )
    assert {each.threads for each in explanation.nearest} == {(("0",), ("1",)), (("1",), ("0",))}


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("a.meet() || a.close()", Waiting.FOR_EVER),
        ("a.meet() || a.meet()", Waiting.FOR_A_WHILE),
        ("a.meet() || a.meet() || a.meet()", Waiting.FOR_EVER),
        ("a.at_once() || a.close()", Waiting.NEVER),
    ],
)
def test_threads_that_wait_for_ever_are_found(text: str, waits: Waiting) -> None:
    assert judge(text).waiting() is waits


def test_a_model_with_more_than_two_steps_is_refused() -> None:
    with pytest.raises(LockproofError, match="yields twice"):
        judge("a.twice() || a.close()").judge([[None], [None]], [], None)


def allowed(threads: list[int], seen: Seen) -> set[tuple[tuple[int, ...], ...]]:
    """Return the results of threads that meet so many times, by trying every order of arrivals and departures.

    Written without the judge: a state is how many steps each thread has made.
    """
    found = set()

    def go_on(steps: tuple[int, ...], arrivals: tuple[int, ...], results: tuple[tuple[int, ...], ...]) -> None:
        if all(done == 2 * count for done, count in zip(steps, threads, strict=True)):
            found.add(results)
        for t, count in enumerate(threads):
            if steps[t] == 2 * count:
                continue
            after = (*steps[:t], steps[t] + 1, *steps[t + 1 :])
            if steps[t] % 2 == 0:
                known = seen[t][steps[t] // 2]
                if all(steps[u] >= 2 * returned for u, returned in enumerate(known) if u != t):
                    go_on(after, (*arrivals, t), results)
            else:
                mine = [place for place, thread in enumerate(arrivals) if thread == t][-1]
                if len(arrivals) > mine // 2 * 2 + 1:
                    go_on(after, arrivals, (*results[:t], (*results[t], mine % 2), *results[t + 1 :]))

    go_on((0,) * len(threads), (), ((),) * len(threads))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_judge_agrees_with_every_order_tried(seed: int) -> None:
    random = Random(seed)
    threads = [random.randint(1, 2) for _ in range(random.randint(2, 3))]
    seen = [[[random.randint(0, min(k, theirs)) if u != t else 0 for u, theirs in enumerate(threads)]
             for k in range(count)] for t, count in enumerate(threads)]  # fmt: skip
    kind = KINDS[0]
    calls = [[Operation("a.meet()", kind)] * count for count in threads]
    scenario = ScenarioJudge(calls, [], ReplayModel(SPECIFICATION, [], ["a"]))
    expected = allowed(threads, seen)
    several = [list(product((0, 1), repeat=count)) for count in threads]
    for results in product(*several):
        held = scenario.judge([list(each) for each in results], [], seen).verdict is HELD
        assert held == (results in expected), (results, seen)
