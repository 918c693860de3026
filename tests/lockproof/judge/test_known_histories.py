"""Does the judge find the known faults of concurrent objects, and does it pass similar histories without a fault?

Each case is a history of calls `(process, f, value, completion, invoked, returned)`. A PENDING call never returned.
"""

from __future__ import annotations

from typing import Any

import pytest

from lockproof.core.history import NEVER, PENDING, Call, History
from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories.judged import keyed_by
from lockproof.histories.named_models import MODELS
from lockproof.judge.partition import HistoryJudgement, judge

pytestmark = pytest.mark.one_build

type Row = tuple[int, str, Any, Any, int, int]


def judged(name: str, rows: list[Row], consistency: Consistency = Consistency.LINEARIZABLE) -> HistoryJudgement:
    model = MODELS[name]()
    calls = []
    for line, (process, f, value, completed, invoked, returned) in enumerate(rows, 1):
        end = NEVER if completed is PENDING else returned
        calls.append(Call(process, *model.call(f, value, completed), invoked, end, line))
    return judge(History.of(calls), model, consistency=consistency, keyed=keyed_by(model))


BAD: dict[str, tuple[str, list[Row]]] = {
    "stale read": ("register", [(0, "write", 1, 1, 1, 2), (0, "write", 2, 2, 3, 4), (1, "read", None, 1, 5, 6)]),
    "read from nowhere": ("register", [(0, "write", 1, 1, 1, 2), (1, "read", None, 7, 3, 4)]),
    "new value, then the old one": (
        "register", [(0, "write", 1, 1, 1, 9), (1, "read", None, 1, 2, 3), (2, "read", None, None, 4, 5)],
    ),
    "pending write seen and then unseen": (
        "register", [(0, "write", 1, PENDING, 1, 0), (1, "read", None, 1, 2, 3), (1, "read", None, None, 4, 5)],
    ),
    "both cas succeed": ("cas-register", [(0, "cas", [None, 1], True, 1, 4), (1, "cas", [None, 2], True, 2, 3)]),
    "cas fails on what is there": ("cas-register", [(0, "write", 1, 1, 1, 2), (0, "cas", [1, 2], False, 3, 4)]),
    "lost update": (
        "counter", [(0, "increment", None, None, 1, 3), (1, "increment", None, None, 2, 4), (0, "read", None, 1, 5, 6)],
    ),
    "two increments to one number": ("counter", [(0, "increment", None, 1, 1, 3), (1, "increment", None, 1, 2, 4)]),
    "double dequeue": (
        "queue", [(0, "enqueue", 1, 1, 1, 2), (0, "dequeue", None, 1, 3, 6), (1, "dequeue", None, 1, 4, 5)],
    ),
    "queue out of order": (
        "queue", [(0, "enqueue", 1, 1, 1, 2), (0, "enqueue", 2, 2, 3, 4), (1, "dequeue", None, 2, 5, 6)],
    ),
    "full queue found empty": ("queue", [(0, "enqueue", 1, 1, 1, 2), (1, "dequeue", None, None, 3, 4)]),
    "bag gives twice": (
        "bag", [(0, "enqueue", 1, 1, 1, 2), (0, "dequeue", None, 1, 3, 6), (1, "dequeue", None, 1, 4, 5)],
    ),
    "stack takes the lower": ("stack", [(0, "push", 1, 1, 1, 2), (0, "push", 2, 2, 3, 4), (1, "pop", None, 1, 5, 6)]),
    "two adds of one element": ("set", [(0, "add", 1, True, 1, 3), (1, "add", 1, True, 2, 4)]),
    "lost add": ("set", [(0, "add", 1, 1, 1, 3), (1, "add", 2, 2, 2, 4), (0, "read", None, [1], 5, 6)]),
    "half of a snapshot": (
        "set", [(0, "add", 1, 1, 1, 2), (0, "add", 2, 2, 3, 4), (1, "read", None, [2], 1, 6)],
    ),
    "removed twice": (
        "dict", [(0, "put", [1, 5], None, 1, 2), (0, "remove", 1, 5, 3, 6), (1, "remove", 1, True, 4, 5)],
    ),
    "two holders": ("mutex", [(0, "acquire", None, None, 1, 2), (1, "acquire", None, None, 3, 4)]),
}  # fmt: skip

GOOD: dict[str, tuple[str, list[Row]]] = {
    "read beside a write, old": ("register", [(0, "write", 1, 1, 1, 9), (1, "read", None, None, 2, 3)]),
    "read beside a write, new": ("register", [(0, "write", 1, 1, 1, 9), (1, "read", None, 1, 2, 3)]),
    "pending write seen late": (
        "register", [(0, "write", 1, PENDING, 1, 0), (1, "read", None, None, 2, 3), (1, "read", None, 1, 4, 5)],
    ),
    "pending write never seen": ("register", [(0, "write", 1, PENDING, 1, 0), (1, "read", None, None, 2, 3)]),
    "one cas succeeds": ("cas-register", [(0, "cas", [None, 1], True, 1, 4), (1, "cas", [None, 2], False, 2, 3)]),
    "both updates": (
        "counter", [(0, "increment", None, 2, 1, 3), (1, "increment", None, 1, 2, 4), (0, "read", None, 2, 5, 6)],
    ),
    "queue of overlapping enqueues": (
        "queue", [(0, "enqueue", 1, 1, 1, 3), (1, "enqueue", 2, 2, 2, 4), (1, "dequeue", None, 2, 5, 6)],
    ),
    "queue fed by a pending call": (
        "queue", [(0, "enqueue", 1, PENDING, 1, 0), (1, "dequeue", None, 1, 2, 3)],
    ),
    "bag out of order": (
        "bag", [(0, "enqueue", 1, 1, 1, 2), (0, "enqueue", 2, 2, 3, 4), (1, "dequeue", None, 2, 5, 6)],
    ),
    "snapshot between two adds": (
        "set", [(0, "add", 1, 1, 1, 2), (0, "add", 2, 2, 3, 4), (1, "read", None, [1], 1, 6)],
    ),
    "removed by one of two": (
        "dict", [(0, "put", [1, 5], None, 1, 2), (0, "remove", 1, 5, 3, 6), (1, "remove", 1, False, 4, 5)],
    ),
    "one holder after the other": (
        "mutex", [(0, "acquire", None, None, 1, 2), (1, "acquire", None, None, 1, 5), (0, "release", None, None, 3, 4)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_fault_is_found(name: str) -> None:
    found = judged(*BAD[name])
    assert found.verdict is Verdict.VIOLATION
    (bad,) = [part for part in found.parts if part.verdict is Verdict.VIOLATION]
    assert bad.stuck and all(each.call.result not in each.allowed for each in bad.stuck)


@pytest.mark.parametrize("name", GOOD)
def test_no_fault_is_found_where_there_is_none(name: str) -> None:
    assert judged(*GOOD[name]).verdict is Verdict.HELD


def test_a_stale_read_keeps_the_order_of_each_process() -> None:
    assert judged(*BAD["stale read"], Consistency.SEQUENTIAL).verdict is Verdict.HELD


def test_a_stale_read_between_moments_of_rest_is_not_quiescently_consistent() -> None:
    name, rows = BAD["stale read"]
    assert judged(name, rows, Consistency.QUIESCENT).verdict is Verdict.VIOLATION
    never_at_rest: Row = (2, "write", 9, 9, 0, 10)
    assert judged(name, [never_at_rest, *rows], Consistency.QUIESCENT).verdict is Verdict.HELD
    assert judged(name, [never_at_rest, *rows]).verdict is Verdict.VIOLATION


def test_the_longest_beginning_ends_before_the_call_that_has_no_place() -> None:
    (part,) = judged(*BAD["queue out of order"]).parts
    assert [call.line for call in part.longest] == [1, 2]
    assert [(each.call.line, each.allowed) for each in part.stuck] == [(3, (1,))]


def test_only_the_part_that_is_bad_is_blamed() -> None:
    good: list[Row] = [(3, "add", 9, True, 1, 2), (3, "remove", 9, True, 3, 4)]
    found = judged("set", [*BAD["two adds of one element"][1], *good])
    assert sorted((part.calls, part.verdict) for part in found.parts) == [(2, Verdict.HELD), (2, Verdict.VIOLATION)]
