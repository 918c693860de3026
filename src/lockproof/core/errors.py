"""What a user did that cannot work: each error gives the fact, the likely cause and the next step."""

from __future__ import annotations


class LockproofError(Exception):
    """Wrong usage or a wrong specification; a front end prints it without a traceback and ends with status 2.

    `fact` is what happened, `cause` why that is likely, `step` what to do next. The last two may be empty.
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
    """A recorded history that cannot be one: `line` is where (counted from 1, or 0 when no line is to blame)."""

    def __init__(self, line: int, reason: str, step: str = "") -> None:
        super().__init__(f"line {line}: {reason}" if line else reason, "", step)
        self.line = line
