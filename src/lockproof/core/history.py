"""Histories: calls with their invocation and response, validated before anything is judged.

A call is *pending* when it never returned: it may have taken effect or not, at any time after its invocation.
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
"""When a pending call returned."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `operation` is what the model understands; times are in any unit that orders them all.

    `line` is where a recorded history has the invocation, counted from 1; 0 if it was not read from a file.
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
        """Return the history of these calls.

        Raises:
            MalformedHistory: a call returns before it is invoked, a process has two calls open at once, or calls
                again after a call that never returned.

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
