"""The report on a recorded history, as data: its verdict, and where no order of its calls leads on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lockproof.core.verdict import Consistency, Verdict


@dataclass(frozen=True)
class CallReport:
    """A call as a report shows it: `line` is that of its invocation, `result` empty if it is pending."""

    line: int
    process: int
    text: str
    result: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartReport:
    """A part of the history, by the keys of its calls; no keys: all of it.

    `longest` is how many calls the longest beginning has that an order explains, `last` are the last of them in that
    order, and `stuck` the calls that may come next: none of them leads on. Each has what the model allows there.
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
    """What is said of a recorded history.

    `calls` took place or may have, `pending` of them never returned, `failed` did not take place. `parts` are those
    that did not hold, of `partitions`. `configurations` and `seconds` are those of the search, `total_seconds` those of
    reading too. `how` says how the verdict was reached where that is not plain, `notes` what limits it.
    """

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
    environment: dict[str, object]
    how: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON has it; `schema` is the version of this form."""
        return {"schema": 1, **asdict(self)}
