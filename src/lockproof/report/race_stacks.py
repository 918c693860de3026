"""The two stacks of a data race as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lockproof.core.race import CFrame, MemoryAccess, Race

MOST_FRAMES: Final = 12
"""Functions of a stack that are shown; the JSON report has all."""


def race_stacks(race: Race) -> str:
    """Return both accesses with the functions that led to them, the innermost first."""
    later, earlier = race.accesses
    parts = [_stack(f"{later.what}:", later), _stack(f"{earlier.what}, by another thread:", earlier)]
    if race.location:
        parts.append(f"the memory: {race.location}")
    return "\n".join(parts)


def race_lines(race: Race) -> Iterator[str]:
    """Yield the lines of source of a race as `file:line`, the two accesses first."""
    own = [each.frame for each in race.accesses if each.frame is not None]
    for frame in (*own, *(frame for access in race.accesses for frame in access.frames)):
        if frame.file and frame.line:
            yield f"{frame.file}:{frame.line}"


def _stack(title: str, access: MemoryAccess) -> str:
    if not access.frames:
        return f"{title}\n  (ThreadSanitizer does not know its stack any more)"
    lines = [f"  #{number} {_line(each)}" for number, each in enumerate(access.frames[:MOST_FRAMES])]
    more = len(access.frames) - MOST_FRAMES
    return "\n".join([title, *lines, *([f"  and {more} more"] if more > 0 else [])])


def _line(frame: CFrame) -> str:
    if frame.file and frame.line:
        return f"{frame.function or '?'}  {frame.file}:{frame.line}"
    return frame.place
