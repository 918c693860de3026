"""Mistakes of the user. Each error gives the fact, the likely cause and the next step."""

from __future__ import annotations


class LockproofError(Exception):
    """Wrong usage or a wrong specification. The command prints it without a traceback and ends with status 2.

    Attributes:
        fact: what is wrong.
        cause: the likely cause; "" if it is not known.
        step: what to do next; "" if the fact says it already.

    """

    def __init__(self, fact: str, cause: str = "", step: str = "") -> None:
        super().__init__(fact, cause, step)
        self.fact, self.cause, self.step = fact, cause, step

    def __str__(self) -> str:
        lines = [self.fact]
        lines += [f"  likely cause: {self.cause}"] if self.cause else []
        lines += [f"  next step: {self.step}"] if self.step else []
        return "\n".join(lines)


class MalformedHistory(LockproofError):
    """A recorded history contradicts itself or cannot be read. `line` counts from 1; 0 means no single line."""

    def __init__(self, line: int, reason: str, step: str = "") -> None:
        super().__init__(f"line {line}: {reason}" if line else reason, "", step)
        self.line = line
