"""Which operations run which functions and lines? Each operation runs on one thread while `sys.monitoring` watches."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from types import CodeType
from typing import Any, Final, Self

from lockproof.core.operation import Operation
from lockproof.core.own_time import own_time
from lockproof.core.probes import comes_back
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification

TOOL: Final = 3
"""The number under which `sys.monitoring` knows this module."""

FILLINGS: Final = 3
"""The most operations of one kind that are run."""

WAITING: Final = 0.05
"""Seconds for an operation that may never end: it runs its code before it waits."""

LONGEST_FILLING: Final = 1.0
"""Seconds for filling a subject. Only a line that waits takes so long, or a very busy machine."""

type CodePlace = tuple[str, str | int]
"""A file, and the qualified name of a function or the number of a line."""

type Reach = dict[CodePlace, set[str]]
"""The texts of the kinds of operations that run each place."""


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
    found: defaultdict[CodePlace, set[str]] = defaultdict(set)
    with Monitor(files) as monitor:
        for kind in specification.operations:
            # A class that is its own model may have operations of which nobody has said that they wait.
            endless = kind.blocking or specification.model is None or comes_back(kind.text)
            for lines in ([], [line for line in filling if not comes_back(line)]):
                for operation in list(kind.fillings(FILLINGS))[:FILLINGS]:
                    announce([*lines, operation.text])
                    subjects = [*subjects_of_a_run(specification.subject).values()]
                    for line in lines:
                        _run(Operation(line), specification, subjects)
                    for place in monitor.places(partial(_run, operation, specification, subjects), endless=endless):
                        found[place].add(kind.text)
    return found


class Monitor:
    """Notes which functions and lines of some files each thread runs; `fine`: which instructions, and no lines.

    A line may have a part that seldom runs: `if len(self._entries) > self._most: self._entries.popitem()`.
    """

    def __init__(self, files: Collection[str], *, fine: bool = False) -> None:
        self._files, self._fine = files, fine
        # By thread: a thread that was left behind goes on noting in its own set, which nobody reads again.
        self._noted: dict[int, set[CodePlace]] = {}
        events = sys.monitoring.events
        each = events.INSTRUCTION if fine else events.LINE
        self._callbacks: dict[int, Callable[..., object]] = {events.PY_START: self._begins, each: self._goes_on}

    def __enter__(self) -> Self:
        sys.monitoring.use_tool_id(TOOL, "lockproof reach")
        for event, callback in self._callbacks.items():
            sys.monitoring.register_callback(TOOL, event, callback)
        return self

    def __exit__(self, *_: object) -> None:
        sys.monitoring.set_events(TOOL, 0)
        for event in self._callbacks:
            sys.monitoring.register_callback(TOOL, event, None)
        sys.monitoring.free_tool_id(TOOL)

    def places(self, call: Callable[[], None], *, endless: bool) -> set[CodePlace]:
        """Return the places that a call runs. An `endless` one has a thread of its own, and `WAITING` seconds."""
        noted: set[CodePlace] = set()

        def run() -> None:
            self._noted[threading.get_ident()] = noted
            with own_time.adopted():  # waits with a time limit end at once, and not in the middle of a later run
                call()
            del self._noted[threading.get_ident()]

        sys.monitoring.set_events(TOOL, sum(self._callbacks))
        if endless:
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            thread.join(WAITING)
        else:
            run()
        sys.monitoring.set_events(TOOL, 0)
        return noted.copy()

    def _begins(self, code: CodeType, _: int) -> None:
        if code.co_filename in self._files and (noted := self._noted.get(threading.get_ident())) is not None:
            noted.add((code.co_filename, code.co_qualname.replace("<locals>.", "")))

    def _goes_on(self, code: CodeType, line: int) -> object:
        if code.co_filename not in self._files:
            return sys.monitoring.DISABLE
        if (noted := self._noted.get(threading.get_ident())) is not None:
            noted.add((f"{code.co_filename}:{code.co_firstlineno}" if self._fine else code.co_filename, line))
        return None


def that_return(specification: Specification, lines: Sequence[str]) -> list[str]:
    """Return the lines before the first that waits, if they run one after the other: a slot may hold just one item."""
    subjects = [*subjects_of_a_run(specification.subject).values()]
    done: list[str] = []

    def fill() -> None:
        with own_time.adopted():
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
