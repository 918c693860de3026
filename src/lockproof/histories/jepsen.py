"""Recorded histories: JSON lines in the form that Jepsen records, read and validated.

Each line is an event: `{"process": 0, "type": "invoke", "f": "add", "value": 3, "time": 12}`. A process invokes a call,
and the call ends with the type `ok` (it took place, and `value` is the result), `fail` (it did not take place) or
`info` (nobody knows: it may take effect at any later time, and its process goes on under a new number). A call without
an end is like one with `info`. `value` may be left out for null.

Lines stand in the order of the events. Either all lines have a `time` or none has; times must not run backwards, and
events at the same time overlap. Lines of a process without a number, such as Jepsen's `nemesis`, are about the test and
not about the object. They are left out.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lockproof.core.errors import MalformedHistory
from lockproof.core.history import NEVER, PENDING, Call, History

TYPES = ("invoke", "ok", "fail", "info")


@dataclass(frozen=True)
class Recording:
    """A history whose operations are pairs of a name and a value, and whose results are the values of the completions.

    `failed` counts the calls that did not take place; the history does not have them. `skipped` counts the lines of
    processes without a number, `lines` all lines.
    """

    history: History
    failed: int
    skipped: int
    lines: int


def read(lines: Iterable[str]) -> Recording:
    """Return the history that lines of JSON record.

    Raises:
        MalformedHistory: the lines are no history; the error says which line is wrong, and why.

    """
    return _Reader().read(lines)


class _Reader:
    def __init__(self) -> None:
        # By process: the place of its open call, the name, the value, the time, the line.
        self.open: dict[int, tuple[int, str, Any, float, int]] = {}
        self.gone: dict[int, int] = {}
        self.calls: list[Call | None] = []
        self.failed = self.skipped = 0
        self.timed: bool | None = None
        self.last = float("-inf")

    def read(self, lines: Iterable[str]) -> Recording:
        number = 0
        for number, text in enumerate(lines, 1):
            self.event(number, text)
        if not self.calls:
            raise MalformedHistory(0, "the history has no operations", "give one JSON object in each line")
        for process, (place, f, value, time, line) in self.open.items():
            self.calls[place] = Call(process, (f, value), PENDING, time, NEVER, line)
        # The calls are in the order of invocation, and no process has two open calls: no need to validate again.
        history = History(tuple(call for call in self.calls if call is not None))
        return Recording(history, self.failed, self.skipped, number)

    def event(self, number: int, line: str) -> None:
        try:
            event, end = _decode(line)
        except (ValueError, RecursionError):
            if not line.strip():
                return
            event = _parsed(number, line)
        else:
            if line[end:] != "\n" and line[end:].strip():
                event = _parsed(number, line)
        if type(event) is not dict:
            raise MalformedHistory(number, "not a JSON object", "write each event as one JSON object")
        try:
            process, kind, f = event["process"], event["type"], event["f"]
        except KeyError as error:
            raise MalformedHistory(number, f"no {error.args[0]!r}", "give process, type, f and value") from None
        if type(process) is not int:
            if type(process) is not str:
                raise MalformedHistory(number, f"the process is {json.dumps(process)}", "number the processes")
            self.skipped += 1
            return
        if type(f) is not str:
            raise MalformedHistory(number, f"f is {json.dumps(f)}", "give the name of the operation")
        time = event.get("time")
        if type(time) is int and self.timed and time >= self.last:
            self.last = time
        else:
            time = self.time(number, time)
        value = event.get("value")
        if kind == "invoke":
            self.invoke(number, process, _intern(f), value, time)
        elif kind in TYPES:
            self.complete(number, process, kind, f, value, time)
        else:
            raise MalformedHistory(number, f"the type is {json.dumps(kind)}", f"write one of {', '.join(TYPES)}")

    def time(self, number: int, time: float | None) -> float:
        if self.timed is None:
            self.timed = time is not None
        if time is None:
            if self.timed:
                raise MalformedHistory(number, "no time, unlike lines before", "give all lines a time or none")
            return number
        if not self.timed:
            raise MalformedHistory(number, "a time, unlike lines before", "give all lines a time or none")
        if type(time) not in (int, float) or not math.isfinite(time):
            raise MalformedHistory(number, f"the time is {json.dumps(time)}", "give it as a number")
        if time < self.last:
            raise MalformedHistory(number, f"time runs backwards, from {self.last} to {time}", "sort the lines by time")
        self.last = time
        return time

    def invoke(self, number: int, process: int, f: str, value: Any, time: float) -> None:
        if process in self.open:
            begun = self.open[process]
            raise MalformedHistory(
                number,
                f"process {process} invokes {f} while its {begun[1]} of line {begun[4]} has not ended",
                "give calls that overlap different processes",
            )
        if process in self.gone:
            raise MalformedHistory(
                number,
                f"process {process} invokes {f} after line {self.gone[process]} said that its call may still go on",
                "give it a new number after an info",
            )
        self.open[process] = len(self.calls), f, value, time, number
        self.calls.append(None)

    def complete(self, number: int, process: int, kind: str, f: str, value: Any, time: float) -> None:
        begun = self.open.pop(process, None)
        if begun is None:
            raise MalformedHistory(
                number, f"{kind} of {f} by process {process}, which has invoked nothing", "give the invoke before it"
            )
        place, name, argument, invoked, line = begun
        if name != f:
            raise MalformedHistory(
                number,
                f"{kind} of {f} by process {process}, which invoked {name} in line {line}",
                "complete what was invoked",
            )
        if kind == "ok":
            self.calls[place] = Call(process, (name, argument), value, invoked, time, line)
        elif kind == "fail":
            self.failed += 1
        else:
            self.gone[process] = number
            self.calls[place] = Call(process, (name, argument), PENDING, invoked, NEVER, line)


# Half the time of `json.loads`, for a line with nothing before its value.
_decode = json.JSONDecoder().raw_decode

# The names of operations are few. One text serves all calls with the name.
_intern = sys.intern


def _parsed(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedHistory(number, f"not JSON: {error}", "write each event as one JSON object") from None
