"""Is a run that ends with calls that wait right if one call at a time ends so too, and a violation otherwise?"""

from __future__ import annotations

from typing import Any

import pytest

from lockproof.core.operation import Operation
from lockproof.core.values import NOT_BEGUN, WAITS
from lockproof.core.verdict import Verdict
from lockproof.judge.stuck import SerialOutcome, StuckJudge

GET, PUT = Operation("a.get()"), Operation("a.put(1)")

pytestmark = pytest.mark.one_build


def judge(threads: list[list[Operation]], *outcomes: tuple[tuple[Any, ...], tuple[int, ...]]) -> StuckJudge:
    return StuckJudge(threads, (), [SerialOutcome(results, before, ()) for results, before in outcomes])


ONE_PUT = judge(
    [[GET], [GET], [PUT]],
    ((1, WAITS, None), (0, 0, 0)),
    ((WAITS, 1, None), (0, 0, 0)),
    ((1, WAITS, None), (0b100, 0b101, 0)),
    ((WAITS, 1, None), (0b110, 0b100, 0)),
)
"""Two calls of get and one of put: one get waits for ever."""

TWO_PUTS = judge(
    [[GET], [PUT, PUT]],
    ((1, None, None), (0, 0, 0b10)),
    ((1, None, None), (0b10, 0, 0b10)),
    ((1, None, None), (0b110, 0, 0b10)),
)


def verdict(judge: StuckJudge, results: list[list[Any]], seen: list[list[list[int]]]) -> Verdict:
    return judge.judge(results, (), seen).verdict


def test_calls_that_wait_in_some_order_too_are_right() -> None:
    assert verdict(ONE_PUT, [[1], [], [None]], [[[0, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]]) is Verdict.HELD


def test_calls_that_wait_in_no_order_are_a_violation_and_are_named() -> None:
    seen = [[[0, 0]], [[0, 0], [0, 1]]]
    assert verdict(TWO_PUTS, [[], [None, None]], seen) is Verdict.VIOLATION
    (sentence,) = TWO_PUTS.explain([[], [None, None]], (), seen).why
    assert sentence == "`a.get()` waited for ever. In every order it returns 1."


def test_more_calls_that_wait_than_in_any_order_are_a_violation() -> None:
    assert verdict(ONE_PUT, [[], [], [None]], [[[0, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]]) is Verdict.VIOLATION


def test_real_time_counts_for_calls_that_wait() -> None:
    alone = judge([[GET], [PUT]], ((WAITS, None), (0, 0)))
    assert verdict(alone, [[], [None]], [[[0, 0]], [[0, 0]]]) is Verdict.HELD
    assert verdict(alone, [[], [None]], [[[0, 1]], [[0, 0]]]) is Verdict.VIOLATION


MISSED = judge([[GET], [PUT]], ((WAITS, None), (0, 0)), ((1, None), (0b10, 0)))
"""A get that waits misses the put, and one that begins after it does not."""


def test_a_call_that_would_not_wait_if_it_began_after_the_others_has_missed_something() -> None:
    seen = [[[0, 0]], [[0, 0]]]
    assert verdict(MISSED, [[], [None]], seen) is Verdict.VIOLATION
    assert verdict(MISSED, [[1], [None]], seen) is Verdict.HELD
    (sentence,) = MISSED.explain([[], [None]], (), seen).why
    assert sentence.startswith("`a.get()` waited for ever. Begun after")


def test_calls_behind_one_that_waits_never_begin() -> None:
    behind = judge([[GET, PUT], [GET]], ((WAITS, NOT_BEGUN, WAITS), (0, 0, 0)))
    assert verdict(behind, [[], []], [[[0, 0]], [[0, 0]]]) is Verdict.HELD
    assert verdict(behind, [[1], []], [[[0, 0], [1, 0]], [[0, 0]]]) is Verdict.VIOLATION
