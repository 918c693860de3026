"""Judges a recorded history: reads it, translates its calls for a model, judges them, and makes the report."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

from lockproof.core import environment
from lockproof.core.errors import LockproofError, MalformedHistory
from lockproof.core.history import Call, History
from lockproof.core.history_report import CallReport, HistoryReport, PartReport
from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories import jepsen
from lockproof.histories.class_models import ClassModel
from lockproof.histories.named_models import MODELS, SYNONYMS, RecordedModel, Set, shown
from lockproof.judge.partition import HistoryJudgement, Keyed, Part, judge
from lockproof.judge.search import MIB, Budget

SHOWN: Final = 12
"""How many calls a report shows of the end of the longest beginning."""


def judge_history(
    source: str | Path | TextIO,
    model_name: str,
    *,
    consistency: Consistency = Consistency.LINEARIZABLE,
    budget_seconds: float = 60.0,
    memory: int = 512,
    configurations: int | None = None,
) -> HistoryReport:
    """Return the report on a recorded history.

    Args:
        source: The path of a file or a text stream of JSON lines (see `lockproof.histories.jepsen`).
        model_name: One of `known_models`, or `module:Class`.
        consistency: The consistency that the history must have.
        budget_seconds: Seconds after which parts that are not decided are UNKNOWN.
        memory: MiB for the configurations that a search remembers.
        configurations: The most configurations of all searches; None: no limit.

    Raises:
        LockproofError: The file cannot be read, there is no such model, or the budget is not positive.
        MalformedHistory: The lines are no history, or the model does not have one of its operations.

    """
    began = time.monotonic()
    if budget_seconds <= 0:
        raise LockproofError(f"a budget of {budget_seconds:g} s", "", "give the judge some time: --budget 10s")
    model = model_of(model_name)
    name = getattr(source, "name", "<stream>") if not isinstance(source, (str, Path)) else str(source)
    with _uncollected():
        recording = _read(source)
        history, dropped = translated(recording.history, model)
    calls, processes = len(recording.history), len(recording.history.processes)
    pending = sum(call.pending for call in recording.history.calls)
    # The judge needs memory, and the history as it was recorded is not needed any more.
    recording = replace(recording, history=History(()))
    budget = Budget(seconds=budget_seconds, memory=memory * MIB)
    if configurations is not None:
        budget.configurations = configurations
    found = judge(history, model, consistency=consistency, keyed=keyed_by(model), budget=budget)
    notes = []
    if recording.skipped:
        notes.append(f"{recording.skipped} lines of processes without a number were left out")
    if dropped:
        notes.append(f"{dropped} calls that change nothing and never returned were left out")
    return HistoryReport(
        str(name),
        model_name,
        consistency,
        found.verdict,
        calls,
        pending,
        recording.failed,
        processes,
        len(found.parts),
        tuple(_part_report(part, model) for part in found.parts if part.verdict is not Verdict.HELD),
        found.configurations,
        found.seconds,
        time.monotonic() - began,
        environment.current(),
        found.how,
        found.reasons,
        tuple(notes),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Run the block without the cyclic garbage collector: reading makes millions of objects, and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def known_models() -> tuple[str, ...]:
    """Return the names of the models."""
    return tuple(MODELS)


def model_of(name: str) -> RecordedModel:
    """Return the model of this name, or the class `module:Class`.

    Raises:
        LockproofError: there is none.

    """
    make = MODELS.get(SYNONYMS.get(name, name))
    if make is not None:
        return make()
    module, colon, attribute = name.partition(":")
    if not colon:
        raise LockproofError(f"no model {name!r}", "", f"choose one of {', '.join(MODELS)}, or name a module:Class")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise LockproofError(
            f"no model {name!r}: {error}", "a wrong name, or a module that is not on the path", "write module:Class"
        ) from None
    return ClassModel(found, name)


def translated(history: History, model: RecordedModel) -> tuple[History, int]:
    """Return the history with operations of the model, and the number of pending reads, which are left out."""
    calls = []
    for call in history.calls:
        f, value = call.operation
        if call.pending and f in model.readers and f in model.operations:
            continue
        try:
            operation, result = model.call(f, value, call.result)
        except LockproofError as error:
            raise MalformedHistory(call.line, error.fact, error.step) from None
        calls.append(Call(call.process, operation, result, call.invoked, call.returned, call.line))
    return History(tuple(calls)), len(history) - len(calls)


def keyed_by(model: RecordedModel) -> Keyed | None:
    """Return how histories of this model are divided by keys; None if its operations have no keys."""
    if model.alone is None:
        return None
    if isinstance(model, Set):
        return Keyed(model.keys, model.alone, model.project, model.told)
    return Keyed(model.keys, model.alone)


def _read(source: str | Path | TextIO) -> jepsen.Recording:
    if not isinstance(source, (str, Path)):
        return jepsen.read(source)
    try:
        with open(source, encoding="utf-8") as file:
            return jepsen.read(file)
    except OSError as error:
        raise LockproofError(f"cannot read {source}: {error.strerror}", "", "give the path of a history") from None
    except UnicodeDecodeError as error:
        raise MalformedHistory(0, f"not UTF-8: {error.reason}", "write JSON lines") from None


def _part_report(part: Part, model: RecordedModel) -> PartReport:
    return PartReport(
        tuple(_key_text(key, model) for key in part.keys),
        part.verdict,
        part.calls,
        part.configurations,
        part.seconds,
        len(part.longest),
        tuple(_call_report(call, model) for call in part.longest[-SHOWN:]),
        tuple(
            replace(_call_report(each.call, model), allowed=_texts(each.allowed, each.call, model))
            for each in part.stuck
        ),
        part.reason,
    )


def _call_report(call: Call, model: RecordedModel) -> CallReport:
    assert isinstance(call.process, int)
    result = "" if call.pending else _text(call.result, call, model)
    ended = None if call.pending else call.returned
    return CallReport(call.line, call.process, str(call.operation), result, began=call.invoked, ended=ended)


def _texts(results: Iterable[Any], call: Call, model: RecordedModel) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(result, call, model) for result in results))


def _text(result: Any, call: Call, model: RecordedModel) -> str:
    """Return a result as text; the bit mask of a whole set as the list of its elements."""
    if isinstance(model, Set) and call.operation.f == "read":
        return shown(tuple(sorted(model.elements(result), key=repr)))
    return (
        "ok"
        if result is None and not call.operation.has_result and call.operation.f not in model.readers
        else shown(result)
    )


def _key_text(key: Any, model: RecordedModel) -> str:
    return shown(model.elements(key)[0] if isinstance(model, Set) else key)


__all__ = ["CallReport", "HistoryJudgement", "HistoryReport", "PartReport", "judge_history", "known_models", "model_of"]
