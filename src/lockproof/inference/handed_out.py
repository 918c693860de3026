"""Results that are a live part of the subject: a change of either changes the other, without any lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from lockproof.core.operation import SUBJECTS
from lockproof.core.values import canonical
from lockproof.core.verdict import Nonconformance
from lockproof.inference.lines import gives_container, may_be_live
from lockproof.inference.programs import Calls, Programs

MOST_CHANGING: Final = 12
"""Kinds of operations at most that are tried, to see whether they change what was handed out."""


def handed_out(programs: Programs, program: Calls) -> Iterator[Nonconformance]:
    """Yield a finding for each operation whose result, after this program, is a live part of the subject."""
    make, model = programs.specification.subject, programs.specification.model
    for kind in list(programs.specification.operations):
        operation = programs.fillings(kind)[0]
        now = programs.bound((*program, operation))
        if not now or now[-1].text != operation.text or kind.blocking:
            continue
        if _held(programs, now, make) is None:
            continue
        for what, how in (
            (_sees_changes, "changes when the subject is changed"),
            (_lets_change, "changing it changes the subject"),
        ):
            lines = what(programs, now, make)
            if lines is None or (model is not None and what(programs, now, model) is not None):
                continue
            for index in range(len(now) - 2, -1, -1):
                shorter = (*now[:index], *now[index + 1 :])
                if (seen := what(programs, shorter, make)) is not None:
                    now, lines = shorter, seen
            # What no operation changes, threads cannot read while it changes: that is a matter of one thread.
            decides = what is _sees_changes or model is not None
            yield Nonconformance(
                "state handed out", lines, how, "a result of its own", f"what {operation.text} returns is live", decides
            )
            break


def _held(programs: Programs, program: Calls, make: Callable[[], Any]) -> tuple[dict[str, Any], Any] | None:
    """Return the subjects after the program, and the mutable result of its last operation, if it is one."""
    if any(each.kind.blocking for each in program):
        return None
    objects = programs.objects(make)
    programs.announce([each.text for each in program])
    for operation in program[:-1]:
        programs.result(operation, objects)
    function = programs.function(program[-1])
    try:
        result = function(*(objects.get(name) for name in SUBJECTS))
    except Exception:
        return None
    if not may_be_live(program[-1], result) or any(result is each for each in objects.values()):
        return None
    if program[-1].kind.lifted and type(result) is type(objects["a"]):
        return None  # an object of the same class, made by its own method, may well be a view on purpose
    return objects, result


def _sees_changes(programs: Programs, program: Calls, make: Callable[[], Any]) -> tuple[str, ...] | None:
    """Return a program that ends with a change of the subject which changes the result too, or None."""
    changing = [kind for kind in programs.specification.operations if not kind.reads and not kind.blocking]
    for change in [each for kind in changing[:MOST_CHANGING] for each in programs.fillings(kind)[:2]]:
        held = _held(programs, program, make)
        if held is None:
            return None
        objects, result = held
        before = canonical(result)
        programs.result(change, objects)
        if canonical(result) != before:
            return (*(each.text for each in program[:-1]), f"result = {program[-1].text}", change.text)
    return None


def _lets_change(programs: Programs, program: Calls, make: Callable[[], Any]) -> tuple[str, ...] | None:
    """Return a program that ends in a change of the result which the subject shows too, or None."""
    held = _held(programs, program, make)
    if held is None or not programs.specification.final or any(gives_container(each) for each in program):
        return None
    objects, result = held
    observers = programs.observers(())
    others = [other for _ in range(2) if (other := _held(programs, program, make)) is not None]
    before, *repeated = ([programs.result(each, other[0]) for each in observers] for other in others or [held])
    if repeated != [before]:
        return None  # what the class answers depends on chance
    with suppress(Exception):
        result.clear()
    if [programs.result(each, objects) for each in observers] == before:
        return None
    return (
        *(each.text for each in program[:-1]),
        f"result = {program[-1].text}",
        "result.clear()",
        observers[0].text,
    )
