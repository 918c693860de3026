"""Runs calls of a user's code in a copy of this process, so that nothing that they do stays.

A call may change class attributes, print, hang or end the process. The copy is made by `fork`, and ended if it does not
answer: another thread of this process may have held a lock when it was made. Where there is no `fork`, each call has a
thread of its own instead, which is left behind if it hangs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from lockproof.core.own_time import real as time
from lockproof.core.pace import pace

PATIENCE: Final = 0.3
"""Seconds of waiting after which a call counts as hung. Each call that waits by right costs as much: a class of pools
or latches has several. A call that sleeps as long without an answer has no value that is worth to be called with."""

RUNNING: Final = 0.1
"""Share of the time that counts while the copy runs or could run: on a busy machine it is no sign of a hang."""

_STEP: Final = 0.05

_LOOK: Final = 0.006
_LOOKS: Final = 4
"""Seconds between two looks at a thread, and how many in a row must find that it waits."""

MOST_LOST: Final = 4
"""Calls that hang or end the process, after which the others are not tried."""


def in_a_copy(calls: Sequence[Callable[[], Any]], enough: int = sys.maxsize) -> list[Any]:
    """Return the result of each call, which must be fit for JSON; None for a call that hangs, raises or ends all.

    `enough`: so many results that are true end the trials, and every later call has None.
    """
    results: list[Any] = []
    if not hasattr(os, "fork"):
        for call in calls:
            results.append(_on_a_thread(call) if _count(results) < enough else None)
        return results
    for _ in range(MOST_LOST):
        results += _forked(calls[len(results) :], enough - _count(results))
        if len(results) == len(calls) or _count(results) >= enough:
            break
        results.append(None)
    return results + [None] * (len(calls) - len(results))


def _count(results: Sequence[Any]) -> int:
    """Return how many results are true."""
    return sum(map(bool, results))


class Aside:
    """A call on a thread of its own, which shows whether the call waits. Its thread is left behind if it does."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self.done, self.result, self.error = False, None, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    result: Any
    error: BaseException | None

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.error = error
        self.done = True

    def waits(self) -> bool:
        """Tell whether the call waits: at several looks in a row its thread has not ended and nothing to run."""
        looks, end = 0, time.monotonic() + pace.patience(PATIENCE) / 2
        while looks < _LOOKS and time.monotonic() < end:
            self._thread.join(_LOOK)
            if self.done:
                return False
            looks = looks + 1 if _is_waiting(f"self/task/{self._thread.native_id}") else 0
        return not self.done


def _on_a_thread(call: Callable[[], Any]) -> Any:
    found: list[Any] = []

    def run() -> None:
        with suppress(BaseException):
            found.append(call())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(pace.patience(PATIENCE))
    return found[0] if found else None


def _forked(calls: Sequence[Callable[[], Any]], enough: int) -> list[Any]:
    """Return the results of the calls up to the first that does not come back, or until enough are true."""
    if not calls:
        return []
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if not process:
        _run(calls, writing)
    os.close(writing)
    try:
        return _received(reading, len(calls), enough, process)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _run(calls: Sequence[Callable[[], Any]], writing: int) -> None:
    """Do the calls, in the copy. Never returns."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for each in (0, 1, 2):
            os.dup2(nowhere, each)
        sys.stdin = sys.stdout = sys.stderr = None
        for call in calls:
            value: Any = None
            with suppress(BaseException):
                value = call()
            os.write(writing, json.dumps(value).encode() + b"\n")
    finally:
        os._exit(0)


def _received(reading: int, count: int, enough: int, process: int) -> list[Any]:
    lines, waited, results = b"", 0.0, list[Any]()
    while len(results) < count and waited < PATIENCE * pace.slower:
        ready, _, _ = select.select([reading], [], [], _STEP)
        if not ready:
            waited += _STEP if _is_waiting(process) else _STEP * RUNNING
            continue
        part = os.read(reading, 65536)
        if not part:
            break
        *whole, lines = (lines + part).split(b"\n")
        for line in whole:
            results.append(json.loads(line))
            if _count(results) >= enough:
                return results
        waited = 0.0
    return results


def _is_waiting(process: int | str) -> bool:
    """Tell whether a process or thread waits for something. Where the system does not show it, it counts as waiting."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "SD"
    except OSError:
        return True
