"""The report on a recorded history, as data: the verdict, and the calls that no order explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from lockproof.core.codec import encode
from lockproof.core.environment import Environment
from lockproof.core.verdict import Consistency, Verdict


@dataclass(frozen=True)
class CallReport:
    """A call as a report shows it.

    Attributes:
        line: the line of the invocation in the file, counted from 1.
        process: the number of the process.
        text: the operation and its arguments.
        result: the result as text; "" for a call that never returned.
        allowed: the results that the model allows at this point.
        began: the time of its invocation, in the unit of the history; without times, the number of the event.
        ended: the time of its response; None for a call that never returned.

    """

    line: int
    process: int
    text: str
    result: str
    allowed: tuple[str, ...] = ()
    began: float = 0
    ended: float | None = None


@dataclass(frozen=True)
class PartReport:
    """A part of the history that was judged alone: the calls on some keys.

    Attributes:
        keys: the keys of the calls, as text; empty if the part is the whole history.
        verdict: the verdict on this part.
        calls: how many calls the part has.
        configurations: how many configurations of the model the search visited.
        seconds: the time of the search.
        longest: how many calls the longest order has that the model explains.
        last: the last calls of this order.
        stuck: the calls that could follow this order by real time. The model explains none of them there.
        reason: why the part was not decided; "" if it was.

    """

    keys: tuple[str, ...]
    verdict: Verdict
    calls: int
    configurations: int
    seconds: float
    longest: int = 0
    last: tuple[CallReport, ...] = ()
    stuck: tuple[CallReport, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class HistoryReport:
    """The report on a recorded history.

    Attributes:
        SCHEMA: the version of the JSON form.
        source: the name of the file.
        model: the name of the model.
        consistency: the condition that the history was judged by.
        verdict: the verdict on the whole history.
        calls: how many calls took effect, or may have.
        pending: how many of these never returned.
        failed: how many more calls did not take effect, by the recording.
        processes: how many processes made calls.
        partitions: into how many parts the history was divided.
        parts: the parts that did not hold.
        configurations: how many configurations of the model the search visited.
        seconds: the time of the search.
        total_seconds: the time of the search and of reading the file.
        environment: the interpreter and the machine that judged.
        how: how the verdict was reached, where this needs a word; else "".
        reasons: why not everything was judged.
        notes: what limits the verdict.

    """

    SCHEMA: ClassVar[int] = 1

    source: str
    model: str
    consistency: Consistency
    verdict: Verdict
    calls: int
    pending: int
    failed: int
    processes: int
    partitions: int
    parts: tuple[PartReport, ...]
    configurations: int
    seconds: float
    total_seconds: float
    environment: Environment
    how: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report for a JSON file, as docs/schema describes it; `schema` is the version of the format."""
        return {"schema": self.SCHEMA, **encode(self)}
