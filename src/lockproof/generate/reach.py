"""Which operations run which functions and lines? Each operation runs on one thread while `sys.monitoring` watches."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from types import CodeType
from typing import Any, Final

from lockproof.core.operation import Operation
from lockproof.core.probes import comes_back
from lockproof.core.specification import Specification

TOOL: Final = 3
"""The number under which `sys.monitoring` knows this module."""

FILLINGS: Final = 3
"""The most operations of one kind that are run."""

WAITING: Final = 0.05
"""Seconds for an operation that may never end: it runs its code before it waits."""

LONGEST_FILLING: Final = 1.0
"""Seconds for filling a subject. Only a line that waits takes so long, or a very busy machine."""

type Reach = dict[tuple[str, str | int], set[str]]
"""The texts of kinds of operations, by file and qualified name of a function, or by file and line."""


def reached(
    specification: Specification,
    files: Collection[str],
    filling: Sequence[str],
    announce: Callable[[Sequence[str]], None],
) -> Reach:
    """Return, for each function and each line of these files that operations run, the kinds of those operations.

    Each operation runs on a fresh subject, and on one that the lines in `filling` have changed. `announce` is called
    with the lines before they run. An operation that may wait, or calls back into the subject, may never end: it has a
    thread of its own, which is left behind if it does not end. Lines that it runs after a wait are not found.
    """
    # By thread: a thread that was left behind goes on noting in its own set, which nobody reads again.
    run: dict[int, set[tuple[str, str | int]]] = {}

    def begins(code: CodeType, _: int) -> None:
        if code.co_filename in files and (noted := run.get(threading.get_ident())) is not None:
            noted.add((code.co_filename, code.co_qualname.replace("<locals>.", "")))

    def goes_on(code: CodeType, line: int) -> object:
        if code.co_filename not in files:
            return monitoring.DISABLE
        if (noted := run.get(threading.get_ident())) is not None:
            noted.add((code.co_filename, line))
        return None

    def do(operation: Operation, subjects: Sequence[Any], noted: set[tuple[str, str | int]]) -> None:
        run[threading.get_ident()] = noted
        _run(operation, specification, subjects)
        del run[threading.get_ident()]

    found: defaultdict[tuple[str, str | int], set[str]] = defaultdict(set)
    monitoring = sys.monitoring
    events = {monitoring.events.PY_START: begins, monitoring.events.LINE: goes_on}
    monitoring.use_tool_id(TOOL, "lockproof reach")
    for event, callback in events.items():
        monitoring.register_callback(TOOL, event, callback)
    try:
        for kind in specification.operations:
            endless = kind.blocking or comes_back(kind.text)
            for lines in ([], [line for line in filling if not comes_back(line)]):
                for operation in list(kind.fillings(FILLINGS))[:FILLINGS]:
                    announce([*lines, operation.text])
                    subjects = [specification.subject() for _ in range(3)]
                    for line in lines:
                        _run(Operation(line), specification, subjects)
                    noted: set[tuple[str, str | int]] = set()
                    monitoring.set_events(TOOL, sum(events))
                    if endless:
                        thread = threading.Thread(target=do, args=(operation, subjects, noted), daemon=True)
                        thread.start()
                        thread.join(WAITING)
                    else:
                        do(operation, subjects, noted)
                    monitoring.set_events(TOOL, 0)
                    for place in noted.copy():
                        found[place].add(kind.text)
    finally:
        monitoring.set_events(TOOL, 0)
        for event in events:
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)
    return found


def that_return(specification: Specification, lines: Sequence[str]) -> list[str]:
    """Return the lines before the first that waits, if they run one after the other: a slot may hold just one item."""
    subjects = [specification.subject() for _ in range(3)]
    done: list[str] = []

    def fill() -> None:
        for line in lines:
            _run(Operation(line), specification, subjects)
            done.append(line)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    thread.join(LONGEST_FILLING)
    return done.copy()


def _run(operation: Operation, specification: Specification, subjects: Sequence[Any]) -> None:
    with suppress(Exception):
        operation.compiled(specification.globals)(*subjects)
