"""Runs of the functions of `handovers` under `gil`, with the places of their switch points."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from lockproof.core.interpreter import VERSION
from lockproof.core.run_steps import CONTAINER
from lockproof.core.schedule import Switching
from lockproof.engines.control import handover
from lockproof.engines.control.opcodes import listing
from lockproof.engines.control.task import Task, here
from tests.lockproof.engines.control import handovers
from tests.lockproof.engines.control.inside import engine, first_schedule, instrumentation, once

# Nothing but these functions is monitored: the code below would have switch points too.
instrumentation._matters = lambda code: code.co_filename in handovers.FILES  # type: ignore[method-assign]

TRIP = ("trip", 0)
seen: list[tuple[str, int]] = []
_points = engine.point


def note(task: Task, what: str, *, writes: bool = True) -> None:
    """Note where a switch point is that is no operation on a lock; one after a call, where the call is."""
    _points(task, what, writes=writes)
    site = here(2)
    if what not in ("", CONTAINER) or site is None:
        return
    code, offset = site
    if what == CONTAINER:
        found = [each.offset for each in listing(code)]
        offset = found[found.index(offset) - 1]
    seen.append((code.co_qualname, offset))


def points() -> dict[str, Any]:
    """Return the places of switch points after the trip, in their order, for each function."""
    answer: dict[str, Any] = {}

    def run() -> None:
        engine.point = note  # type: ignore[method-assign]
        try:
            for name, function in handovers.CASES.items():
                trip = handovers.Trip()
                trip.go = partial(seen.append, TRIP)
                seen.clear()
                function(trip, handovers.Subject())
                answer[name] = [each for each in seen[seen.index(TRIP) :] if each != TRIP]
        finally:
            engine.point = _points  # type: ignore[method-assign]

    instrumentation.switch(Switching.GIL)
    for _ in range(2):  # code is known from the second time on
        once(run, first_schedule())
    return answer


def ask_points() -> dict[str, Any]:
    return points()


def ask_wrong() -> dict[str, Any]:
    """The same by tables that are wrong in one entry."""
    right = handover.TABLE[VERSION]
    wrong = {
        "resumes": replace(right, resumes=frozenset((0,))),
        "more resumes": replace(right, resumes=frozenset((0, 1, 2, 3))),
        "jumps": replace(right, jumps=frozenset()),
        "more jumps": replace(right, jumps=right.jumps | {"JUMP_BACKWARD_NO_INTERRUPT"}),
        "calls": replace(right, calls=right.calls - {"CALL_KW"}),
        "methods": replace(right, methods=frozenset()),
        "more methods": replace(right, methods=frozenset(("CALL", "CALL_FUNCTION_EX"))),
        "enter": replace(right, enter=not right.enter),
    }
    answer = {}
    for name, table in wrong.items():
        handover.TABLE[VERSION] = table
        instrumentation._grow()
        answer[name] = points()
    handover.TABLE[VERSION] = right
    return answer
