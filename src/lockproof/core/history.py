"""Histories: calls with the times of invocation and response, validated before a judge sees them.

A call is *pending* when it never returned. It may have taken effect at any time after its invocation, or not at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.errors import MalformedHistory


class _Pending:
    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending()
"""The result of a call that never returned."""

NEVER: Final = float("inf")
"""The time of return of a pending call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation.

    Attributes:
        process: the process or thread that called; it has one call open at a time.
        operation: the call as the model understands it.
        result: the value that the call returned, or `PENDING`.
        invoked: the time of the invocation. The unit is free; it is the same for all calls of a history.
        returned: the time of the response; `NEVER` for a pending call.
        line: the line of the invocation in a recorded history, counted from 1; 0 if no file was read.

    """

    process: Hashable
    operation: Any
    result: Any
    invoked: float
    returned: float = NEVER
    line: int = 0

    @property
    def pending(self) -> bool:
        """Whether the call never returned."""
        return self.result is PENDING


@dataclass(frozen=True)
class History:
    """Calls in the order of their invocation; no process has two calls open at the same time."""

    calls: tuple[Call, ...]

    @classmethod
    def of(cls, calls: Iterable[Call]) -> History:
        """Return the history of these calls, given in any order.

        Raises:
            MalformedHistory: a call returns before it is invoked, has a result but no time of return or the reverse,
                or overlaps another call of its process.

        """
        ordered = sorted(calls, key=lambda call: call.invoked)
        last: dict[Hashable, Call] = {}
        for call in ordered:
            if call.returned < call.invoked:
                raise MalformedHistory(call.line, f"{call.operation} returns before it is invoked")
            if call.pending != (call.returned == NEVER):
                raise MalformedHistory(
                    call.line, f"{call.operation} has a result and no time of return, or the reverse"
                )
            before = last.get(call.process)
            if before is not None and before.returned > call.invoked:
                what = "never returned" if before.pending else "has not returned"
                raise MalformedHistory(
                    call.line,
                    f"process {call.process!r} invokes {call.operation} while its {before.operation} {what}",
                    "give the calls that overlap different processes",
                )
            last[call.process] = call
        return cls(tuple(ordered))

    @property
    def processes(self) -> Sequence[Hashable]:
        """The processes in the order in which they first appear."""
        return tuple(dict.fromkeys(call.process for call in self.calls))

    def __len__(self) -> int:
        return len(self.calls)
