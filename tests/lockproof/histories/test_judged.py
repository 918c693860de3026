"""Is a recorded history judged from the file to the report, by the models that come with it and by any class?"""

from __future__ import annotations

import io
import json
from collections import deque
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import pytest

from lockproof import block, choose
from lockproof.core.errors import LockproofError, MalformedHistory
from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories.class_models import Snapshot
from lockproof.histories.judged import HistoryReport, judge_history, known_models, model_of


def lines(*events: tuple[int, str, str, Any]) -> io.StringIO:
    return io.StringIO(
        "".join(
            json.dumps({"process": process, "type": kind, "f": f, "value": value}) + "\n"
            for process, kind, f, value in events
        )
    )


def one_after_another(*calls: tuple[str, Any, Any]) -> io.StringIO:
    events = []
    for f, value, completed in calls:
        events += [(0, "invoke", f, value), (0, "ok", f, completed)]
    return lines(*events)


def verdict(model: str, *calls: tuple[str, Any, Any], **options: Any) -> Verdict:
    return judge_history(one_after_another(*calls), model, **options).verdict


class Shelf:
    """A class as a user writes it, with attributes that are hard to compare: a set, a list, an object of its own."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.log: deque[str] = deque(maxlen=2)

    def put(self, name: str, times: int = 1) -> int:
        if len(self.held) == 3:
            block()
        self.held.add(name)
        self.log.append(name)
        return times

    def take(self) -> str:
        name = choose(sorted(self.held))
        self.held.remove(name)
        return name

    def all(self) -> set[str]:
        return self.held

    def many(self, names: list[str]) -> None:
        self.held.update(names)

    def last(self) -> deque[str]:
        return self.log


class Locked:
    """A class whose objects cannot be copied."""

    def __init__(self) -> None:
        self.lock = Lock()


SHELF = f"{__name__}:Shelf"


@pytest.mark.parametrize(
    ("model", "calls"),
    [
        ("set", [("add", 1, True), ("add", 1, False), ("contains", 1, True), ("remove", 1, [1, True])]),
        ("set", [("add", 1, 1), ("add", 1, None), ("read", None, [1]), ("remove", 1, 1), ("read", None, [])]),
        ("set", [("add", True, [True, True]), ("add", True, True), ("add", True, [True, False])]),
        ("dict", [("put", ["k", 5], ["k", 5]), ("get", ["k", None], ["k", 5]), ("remove", "k", 5)]),
        ("dict", [("put", ["k", 5], None), ("get", "k", 5), ("remove", "k", True), ("get", "k", None)]),
        ("dict", [("remove", "k", False), ("put", ["k", [1, 2]], None), ("get", "k", ["k", [1, 2]])]),
        ("queue", [("enqueue", 1, 1), ("enqueue", [2], None), ("dequeue", None, 1), ("dequeue", None, [2])]),
        ("stack", [("push", 1, 1), ("push", 2, 2), ("pop", None, 2), ("pop", None, 1), ("pop", None, None)]),
        ("unordered-queue", [("enqueue", 1, 1), ("enqueue", 2, 2), ("dequeue", None, 2), ("dequeue", None, 1)]),
        ("counter", [("add", 5, 5), ("increment", None, 6), ("decrement", None, 5), ("read", None, 5)]),
        ("lock", [("acquire", None, None), ("release", None, None), ("acquire", None, None)]),
        ("cas-register", [("write", 1, 1), ("cas", [1, 2], [1, 2]), ("cas", [1, 3], False), ("read", None, 2)]),
        (SHELF, [("put", "a", 1), ("put", ["b", 2], 2), ("all", None, ["b", "a"]), ("last", None, ["a", "b"])]),
        (SHELF, [("put", "a", 1), ("put", "b", 1), ("take", None, "b"), ("all", None, ["a"])]),
        (SHELF, [("take", None, {"raises": "ValueError"}), ("many", ["a"], ["a"]), ("all", None, ["a"])]),
        ("builtins:dict", [("__setitem__", ["k", 1], None), ("get", "k", 1), ("get", ["x", 7], 7)]),
        ("builtins:dict", [("__setitem__", ["k", 1], ["k", 1]), ("copy", None, {"k": 1})]),
    ],
)  # fmt: skip
def test_what_one_process_may_see_is_held_and_anything_else_is_not(
    model: str, calls: list[tuple[str, Any, Any]]
) -> None:
    assert verdict(model, *calls) is Verdict.HELD
    f, value, completed = calls[-1]
    for wrong in ("nonsense", [17], True, False):
        if wrong not in (completed, [value, completed]) and completed not in (None, value):
            try:
                said = verdict(model, *calls[:-1], (f, value, wrong))
            except MalformedHistory:
                continue
            assert said is Verdict.VIOLATION or f in ("add", "remove", "cas", "write", "enqueue", "push")


def test_a_call_that_the_model_lets_wait_has_no_place() -> None:
    puts = [("put", name, 1) for name in "abc"]
    assert verdict(SHELF, *puts) is Verdict.HELD
    assert verdict(SHELF, *puts, ("put", "d", 1)) is Verdict.VIOLATION
    assert verdict("mutex", ("acquire", None, None), ("acquire", None, None)) is Verdict.VIOLATION


def test_states_of_a_class_differ_by_what_they_hold() -> None:
    def shelf(*names: str) -> Snapshot:
        made = Shelf()
        made.held.update(names)
        return Snapshot(made)

    assert shelf("a", "b") == shelf("b", "a") and hash(shelf("a", "b")) == hash(shelf("b", "a"))
    assert shelf("a") != shelf("b")
    assert Snapshot([1]) != Snapshot([True])
    assert Snapshot(Locked()) != Snapshot(Locked())  # cannot be taken apart: never the same


def test_a_report_says_what_was_judged_and_where_it_is_stuck(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    text = lines(
        (0, "invoke", "add", 1), (1, "invoke", "add", 1), (0, "ok", "add", True), (1, "ok", "add", True),
        (2, "invoke", "add", 2), (2, "info", "add", 2), (3, "invoke", "contains", 2), (4, "invoke", "add", 3),
        (4, "fail", "add", 3),
    )  # fmt: skip
    path.write_text(text.read(), encoding="utf-8")
    report = judge_history(path, "set")
    assert report.verdict is Verdict.VIOLATION
    assert (report.calls, report.pending, report.failed, report.partitions) == (4, 2, 1, 2)
    (part,) = report.parts
    assert (part.keys, part.calls, part.longest) == (("1",), 2, 1)
    ((line, allowed),) = [(each.line, each.allowed) for each in part.stuck]
    assert (line, allowed) in [(1, ("False",)), (2, ("False",))]
    assert report.notes == ("1 calls that change nothing and never returned were left out",)
    assert json.loads(json.dumps(report.to_json()))["verdict"] == "violation"


def test_a_whole_read_is_shown_by_its_elements() -> None:
    calls = [("add", 1, 1), ("add", 2, 2), ("read", None, [1])]
    report = judge_history(one_after_another(*calls), "set")
    assert report.verdict is Verdict.VIOLATION
    assert [part.keys for part in report.parts] == [("2",)]
    assert report.how
    report = judge_history(one_after_another(*calls), "set", consistency=Consistency.QUIESCENT)
    assert [each.allowed for part in report.parts for each in part.stuck] == [("[1, 2]",)]


def busy(processes: int, calls: int) -> io.StringIO:
    """Return a history with very many orders to try, none of which explains the last read."""
    random = Random(1)
    events: list[tuple[int, str, str, Any]] = [
        (p, "invoke", "add", p * calls + random.random()) for p in range(processes)
    ]
    events += [(p, "ok", "add", None) for p in range(processes)]
    return lines(*events, (0, "invoke", "read", None), (0, "ok", "read", []))


def test_a_budget_that_runs_out_is_unknown_and_never_a_verdict() -> None:
    report = judge_history(busy(14, 1), "set", configurations=2000, consistency=Consistency.QUIESCENT)
    assert report.verdict is Verdict.UNKNOWN
    assert report.reasons == ("the budget of 2,000 configurations",)
    report = judge_history(busy(14, 1), "set", budget_seconds=1e-6)
    assert (report.verdict, report.reasons) == (Verdict.UNKNOWN, ("the budget of 1e-06 s",))


def test_too_little_memory_changes_no_verdict() -> None:
    assert judge_history(busy(7, 1), "set", memory=0, consistency=Consistency.QUIESCENT).verdict is Verdict.VIOLATION


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        ("sett", "no model 'sett'"),
        ("no.such.module:Class", "no model"),
        ("builtins:nothing", "no model"),
        (f"{__name__}:Locked", "cannot be the model"),
    ],
)
def test_a_name_without_a_model_is_answered_with_the_next_step(model: str, fact: str) -> None:
    with pytest.raises(LockproofError) as refused:
        model_of(model)
    assert fact in refused.value.fact
    assert refused.value.step


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LockproofError) as refused:
        model_of("sett")
    assert all(name in refused.value.step for name in known_models())


@pytest.mark.parametrize(
    ("model", "call"),
    [
        ("set", ("push", 1, 1)),
        ("set", ("contains", 1, None)),
        ("set", ("add", 1, "yes")),
        ("set", ("read", None, 3)),
        ("cas-register", ("cas", 1, 1)),
        ("dict", ("put", 1, 1)),
        ("counter", ("add", "x", None)),
        (SHELF, ("push", 1, 1)),
    ],
)
def test_an_operation_that_the_model_has_not_is_refused_with_its_line(model: str, call: tuple[str, Any, Any]) -> None:
    with pytest.raises(MalformedHistory) as refused:
        verdict(model, call)
    assert refused.value.line == 1


def test_a_file_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="cannot read"):
        judge_history(tmp_path / "nothing.jsonl", "set")
    with pytest.raises(LockproofError, match="budget"):
        judge_history(io.StringIO(""), "set", budget_seconds=0)


def test_a_report_names_a_stream() -> None:
    report: HistoryReport = judge_history(one_after_another(("add", 1, 1)), "set")
    assert (report.source, report.verdict, report.parts) == ("<stream>", Verdict.HELD, ())
