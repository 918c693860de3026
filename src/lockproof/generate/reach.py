"""Which operations run which functions and lines? Each is run on one thread, and the interpreter asked what it runs."""

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
FILLINGS: Final = 3

WAITING: Final = 0.05
"""Seconds for an operation that may never end: what it runs, it runs before it waits."""


LONGEST_FILLING: Final = 1.0
"""Seconds for filling a subject: passed only if a line waits, or the machine is very busy."""

type Reach = dict[tuple[str, str | int], set[str]]
"""Kinds of operations, as their texts, by file and qualified name of a function, or by file and line."""


def reached(
    specification: Specification,
    files: Collection[str],
    filling: Sequence[str],
    announce: Callable[[Sequence[str]], None],
) -> Reach:
    """Return, for each function and each line of these files that operations run, the kinds of those operations.

    Each operation is run on a fresh subject, and on one that the lines in `filling` have changed; `announce` is told of
    each line before. Operations that may wait, or come back into the subject, may never end: each of these has a thread
    of its own, which is left behind if it does not. Their lines after a wait are not seen.
    """
    # By thread: one that was left behind goes on with what it noted itself, and nobody looks at that again.
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
    """Return the lines up to the first that waits, run one after the other: a second item may be one too many."""
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
