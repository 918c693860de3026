"""Numbers, shares and foreign text as a report writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_OPERATIONS: Final = 'File "<lockproof thread '
"""How faulthandler names the frame of a thread's operations."""


def counted(count: int, noun: str) -> str:
    """Return `1 run`, `412,000 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return how much of the whole this is: `4.1 %`. It says 0 or 100 only where that is exact."""
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
    """Return `0.3 s`, `41 s`, `2 min 05 s`."""
    if amount < 9.95:
        return f"{amount:.1f} s"
    whole = round(amount)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def listed(parts: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def clean(text: str) -> str:
    r"""Return foreign text as one line that a terminal shows and does not obey: what cannot be printed as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def clean_lines(text: str) -> Iterable[str]:
    """Yield the lines of foreign text, each as `clean` has it, with tabs as spaces."""
    return (clean(line.expandtabs()) for line in text.rstrip().splitlines())


def scenario_stacks(stacks: str) -> str:
    """Return the stacks of the scenario's threads, down to their operations, where that is what crashed.

    faulthandler tells all threads of the process and all frames of the harness; the JSON report keeps them.
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
