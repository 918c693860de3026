"""Which operations run which functions? Each is run on one thread, and the interpreter asked which code begins."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from types import CodeType
from typing import Any, Final

from lockproof.operation import Operation
from lockproof.probes import comes_back
from lockproof.specification import Specification

TOOL: Final = 3
FILLINGS: Final = 3


def reached(
    specification: Specification,
    files: Collection[str],
    filling: Sequence[str],
    announce: Callable[[Sequence[str]], None],
) -> dict[tuple[str, str], set[str]]:
    """Return, for each function of these files that operations run, the kinds of those operations, as their texts.

    A function is told by its file and its qualified name. Each operation is run on a fresh subject, and on one that
    the lines in `filling` have changed; `announce` is told of each line before. Operations that may wait, or come back
    into the subject, are left out: they may never end.
    """
    begun: set[tuple[str, str]] = set()

    def begins(code: CodeType, _: int) -> None:
        if code.co_filename in files:
            begun.add((code.co_filename, code.co_qualname.replace("<locals>.", "")))

    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, "lockproof reach")
    monitoring.register_callback(TOOL, monitoring.events.PY_START, begins)
    try:
        for kind in specification.operations:
            if kind.blocking or comes_back(kind.text):
                continue
            for lines in ([], [line for line in filling if not comes_back(line)]):
                for operation in list(kind.fillings(FILLINGS))[:FILLINGS]:
                    announce([*lines, operation.text])
                    subjects = [specification.subject() for _ in range(3)]
                    for line in lines:
                        _run(Operation(line), specification, subjects)
                    begun.clear()
                    monitoring.set_events(TOOL, monitoring.events.PY_START)
                    _run(operation, specification, subjects)
                    monitoring.set_events(TOOL, 0)
                    for function in begun:
                        found[function].add(kind.text)
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.register_callback(TOOL, monitoring.events.PY_START, None)
        monitoring.free_tool_id(TOOL)
    return found


def _run(operation: Operation, specification: Specification, subjects: Sequence[Any]) -> None:
    with suppress(Exception):
        operation.compiled(specification.globals)(*subjects)
