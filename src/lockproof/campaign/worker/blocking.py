"""Calls that wait, in the specification of a class whose own code is the model: marked, taken out, put back."""

from __future__ import annotations

import queue
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from lockproof.core.foreign import attribute, is_a
from lockproof.core.handles import call_of
from lockproof.core.operation import UNKNOWN_KIND, Operation, OperationKind
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification

WAITING: Final = (
    threading.Condition, threading.Event, threading.Semaphore, threading.Barrier, queue.Queue, queue.SimpleQueue,
)  # fmt: skip
"""What a class waits for, beside futures and their executors. One that waits for a plain lock is met when a call of it
hangs."""

MOST_OBJECTS: Final = 200
"""Objects that are looked at for something to wait for."""


def has_waits(subject: Any) -> bool:
    """Tell whether a subject has something in it to wait for."""
    met: set[int] = set()
    futures = sys.modules.get("concurrent.futures")
    kinds = (*WAITING, futures.Future, futures.Executor) if futures else WAITING
    waiting = deque([subject])
    while waiting and len(met) < MOST_OBJECTS:
        each = waiting.popleft()
        if is_a(each, kinds):
            return True
        if id(each) in met:
            continue
        met.add(id(each))
        if type(each) in (list, tuple, set, frozenset, deque):
            waiting += list(each)[:MOST_OBJECTS]
        elif type(each) is dict:
            waiting += list(each.values())[:MOST_OBJECTS]
        elif not is_a(each, type):
            waiting += list(attribute(each, "__dict__", {}).values())
            names = [name for cls in type(each).__mro__ for name in _slots(cls)]
            waiting += [attribute(each, name) for name in names]
    return False


def _slots(cls: type) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(each for each in slots if not each.startswith("__"))


def is_own_model(specification: Specification) -> bool:
    """Tell whether the class itself is the model, or a guess that gives way to the class."""
    return specification.model is None or specification.guessed


def marked(specification: Specification, kinds: Sequence[str]) -> Specification:
    """Return the specification with these kinds, given by their texts, as blocking; a guessed model gives way.

    The subject is observed at the end by lines that change nothing, or else by those that wait: whether they do says
    something of its state.
    """
    if not kinds or not is_own_model(specification):
        return specification

    waiting = set(map(call_of, kinds))

    def all_marked(several: Sequence[OperationKind]) -> list[OperationKind]:
        return [replace(kind, blocking=True) if call_of(kind.text) in waiting else kind for kind in several]

    init = None if specification.init is None else all_marked(specification.init)
    itself = replace(specification, operations=all_marked(specification.operations), init=init,
                     model=None, model_name="", guessed=False)  # fmt: skip
    observers = [(line, itself.bound(Operation(line)).kind) for line in itself.observe]
    reading = [line for line, kind in observers if kind.reads and not kind.blocking]
    return replace(itself, observe=reading or [line for line, kind in observers if kind.blocking])


def parted(specification: Specification) -> Specification | None:
    """Return the specification without calls that wait, where the class itself is the model; None if nothing is left.

    No thread can be ended, so those that are not under control run none of these calls.
    """
    if specification.model is not None:
        return specification
    kinds = [kind for kind in specification.operations if not kind.blocking]
    init = None if specification.init is None else [kind for kind in specification.init if not kind.blocking]
    left = {kind.text for kind in (*kinds, *(init or ()))}
    kinds = [kind for kind in kinds if not kind.after or left.intersection(kind.after)]
    if not kinds:
        return None
    observe = [line for line in specification.observe if not specification.bound(Operation(line)).kind.blocking]
    return replace(specification, operations=kinds, init=init, observe=observe)


def rejoined(adjusted: Specification, whole: Specification) -> Specification:
    """Return the adjusted specification with the calls that `parted` has taken out of the whole one."""
    if adjusted.model is not None:
        return adjusted

    def joined(some: Sequence[OperationKind], every: Sequence[OperationKind]) -> list[OperationKind]:
        known = {kind.text: kind for kind in some}
        waits = {kind.text for kind in whole.operations if kind.blocking}
        return [
            known.get(kind.text, kind)
            for kind in every
            if kind.blocking or kind.text in known or waits.intersection(kind.after)
        ]

    init = None
    if adjusted.init is not None and whole.init is not None:
        init = joined(adjusted.init, whole.init)
    waiting = [line for line in whole.observe if whole.bound(Operation(line)).kind.blocking]
    observe = [line for line in whole.observe if line in waiting or line in adjusted.observe]
    return replace(adjusted, operations=joined(adjusted.operations, whole.operations), init=init, observe=observe)


def may_wait(specification: Specification, scenario: Scenario) -> bool:
    """Tell whether calls of the scenario may wait by the class's own code, which is the model."""
    unknown = any(each.kind is UNKNOWN_KIND for each in scenario.operations)
    return specification.model is None and (unknown or any(kind.blocking for kind in specification.operations))
