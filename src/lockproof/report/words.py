"""The wording of numbers, shares, times and foreign text in reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_OPERATIONS: Final = 'File "<lockproof thread '
"""The beginning of faulthandler's line for the frame with the operations of a thread."""


def counted(count: int, noun: str) -> str:
    """Return the count with its noun: `1 run`, `412,000 runs`. The plural of the noun must end with s."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return the share of `part` in `whole`, like `4.1 %`. It is `0 %` or `100 %` only if that is exact."""
    if not whole:
        return "-"
    percent = 100 * part / whole
    if part == 0 or part == whole:
        return f"{percent:.0f} %"
    if percent > 99.9:
        return "> 99.9 %"
    if percent < 0.001:
        return "< 0.001 %"
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2g} %"


def seconds(amount: float) -> str:
    """Return an amount of seconds as text: `0.3 s`, `41 s`, `2 min 05 s`."""
    if amount < 9.95:
        return f"{amount:.1f} s"
    whole = round(amount)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def listed(parts: Sequence[str]) -> str:
    """Return the parts as one text: `a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def clean(text: str) -> str:
    r"""Return foreign text as one line in which each unprintable character is escaped, like `\x1b`.

    So foreign text cannot send a command to the terminal.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def clean_lines(text: str) -> Iterable[str]:
    """Yield each line of foreign text after `clean`, with spaces instead of tabs."""
    return (clean(line.expandtabs()) for line in text.rstrip().splitlines())


def scenario_stacks(stacks: str) -> str:
    """Return the stacks of the threads of the scenario alone, without the frames below their operations.

    faulthandler writes the stacks of all threads of the process, with all frames of lockproof. The JSON report keeps
    them. Stacks without any thread of a scenario are returned as they are.
    """
    blocks = stacks.split("\n\n")
    if not any(_OPERATIONS in block for block in blocks):
        return stacks
    kept = []
    for block in blocks:
        lines = block.splitlines()
        ends = [number for number, line in enumerate(lines) if _OPERATIONS in line]
        if "most recent call first" not in block:
            kept.append(block)
        elif ends:
            kept.append("\n".join(lines[: ends[0] + 1]))
    return "\n\n".join(kept)
