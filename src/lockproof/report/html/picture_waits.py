"""A deadlock as a picture: threads and what they wait for as boxes, with an arrow from each to the next.

Threads that wait for each other stand in a circle, each followed by the lock that it waits for. Threads that wait for
something else stand below, one in a row. Arrows begin and end at the borders of their boxes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lockproof.core.verdict import BlockedThread
from lockproof.report.interleaving import short_place, shortened
from lockproof.report.words import clean

WIDTH: Final = 200
"""The width of a box."""

HEIGHT: Final = 48
"""The height of a box."""

GAP: Final = 26
"""The room between rows of boxes."""

FITS: Final = 27
"""How many characters fit on a line of a box."""


@dataclass(frozen=True)
class Box:
    """A box: its centre, its two lines, whether it is a thread, and the whole text where the lines are cut."""

    x: float
    y: float
    lines: tuple[str, ...]
    thread: bool
    whole: str

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - WIDTH / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y - HEIGHT / 2


@dataclass(frozen=True)
class Arrow:
    """An arrow from border to border. `held` leads from a lock to its owner, the others from a thread to its lock."""

    x1: float
    y1: float
    x2: float
    y2: float
    held: bool


@dataclass(frozen=True)
class WaitPicture:
    """A picture of waits: its size, boxes, arrows, and the same in sentences."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    sentences: tuple[str, ...]


def picture_of_waits(blocked: Sequence[BlockedThread]) -> WaitPicture:
    """Draw who waits for whom."""
    cycle = _cycle(blocked)
    boxes, arrows = _circle(cycle)
    below = max((box.y + HEIGHT / 2 for box in boxes), default=-GAP)
    others = [each for each in blocked if each not in cycle]
    for number, each in enumerate(others):
        row = _row(each, below + GAP + HEIGHT / 2 + number * (HEIGHT + GAP))
        boxes += row
        arrows += [_arrow(one, other, held=not one.thread) for one, other in pairwise(row)]
    right = max((box.x + WIDTH / 2 for box in boxes), default=0)
    bottom = max((box.y + HEIGHT / 2 for box in boxes), default=0)
    return WaitPicture(right + 2, bottom + 2, tuple(boxes), tuple(arrows), tuple(map(_sentence, blocked)))


def _cycle(blocked: Sequence[BlockedThread]) -> list[BlockedThread]:
    """Return threads of which each waits for what the next one holds, and the last one for what the first one holds."""
    by_name = {each.thread: each for each in blocked}
    for start in blocked:
        path: list[BlockedThread] = []
        here: BlockedThread | None = start
        while here is not None and here not in path:
            path.append(here)
            here = by_name.get(here.owner)
        if here is not None and here is start:
            return path
    return []


def _circle(cycle: Sequence[BlockedThread]) -> tuple[list[Box], list[Arrow]]:
    if not cycle:
        return [], []
    count = 2 * len(cycle)
    across, down = (WIDTH * 0.75, 0.0) if count == 2 else (WIDTH * (0.75 + 0.2 * (count - 4)), 62.0 + 30 * (count - 3))
    boxes = []
    for number, each in enumerate(cycle):
        for offset, made in enumerate((_thread_box, _thing_box)):
            turn = 2 * math.pi * (2 * number + offset) / count - (math.pi if count == 2 else math.pi / 2)
            x, y = across * (1 + math.cos(turn)) + WIDTH / 2 + 1, down * (1 + math.sin(turn)) + HEIGHT / 2 + 1
            boxes.append(made(each, x, y))
    pairs = list(zip(boxes, [*boxes[1:], boxes[0]], strict=True))
    if count == 2:
        return boxes, [_shifted(*pair, held=not pair[0].thread) for pair in pairs]
    return boxes, [_arrow(one, other, held=not one.thread) for one, other in pairs]


def _row(each: BlockedThread, y: float) -> list[Box]:
    step = WIDTH * 1.35
    row = [_thread_box(each, WIDTH / 2 + 1, y), _thing_box(each, WIDTH / 2 + 1 + step, y)]
    if each.owner:
        row.append(_box(each.owner, "", WIDTH / 2 + 1 + 2 * step, y, thread=True))
    return row


def _thread_box(each: BlockedThread, x: float, y: float) -> Box:
    return _box(each.thread, f"waits at {short_place(each.place)}" if each.place else "waits", x, y, thread=True)


def _thing_box(each: BlockedThread, x: float, y: float) -> Box:
    thing = each.waits_for.partition(", in ")[0]  # without the place in the library, which is the thread's
    head, mark, place = shortened(thing).partition(" made at ")
    taken = f"taken at {short_place(each.owned_since)}" if each.owned_since else ""
    second = taken or (f"made at {place}" if mark else "")
    return _box(f"{head} of {place}" if mark and taken else head, second, x, y, thread=False)


def _box(first: str, second: str, x: float, y: float, *, thread: bool) -> Box:
    lines = tuple(clean(line) for line in (first, second) if line)
    cut = tuple(line if len(line) <= FITS else f"{line[: FITS - 1]}\N{HORIZONTAL ELLIPSIS}" for line in lines)
    return Box(round(x, 1), round(y, 1), cut, thread, ", ".join(lines))


def _arrow(one: Box, other: Box, *, held: bool) -> Arrow:
    return Arrow(*_border(one, other), *_border(other, one), held)


def _shifted(one: Box, other: Box, *, held: bool) -> Arrow:
    """Return one of the two arrows between the same two boxes: a little above the middle, or a little below."""
    found = _arrow(one, other, held=held)
    by = 10 if held else -10
    return Arrow(found.x1, found.y1 + by, found.x2, found.y2 + by, held)


def _border(box: Box, towards: Box) -> tuple[float, float]:
    """Return the point at which the line between the centres of two boxes leaves the first one, and a little air."""
    dx, dy = towards.x - box.x, towards.y - box.y
    scale = min(
        (WIDTH / 2 + 4) / abs(dx) if dx else math.inf,
        (HEIGHT / 2 + 4) / abs(dy) if dy else math.inf,
        1.0,
    )
    return round(box.x + dx * scale, 1), round(box.y + dy * scale, 1)


def _sentence(each: BlockedThread) -> str:
    where = f" at {short_place(each.place)}" if each.place else ""
    text = f"{each.thread} waits{where} for {shortened(each.waits_for)}"
    if each.owner:
        since = f" since {short_place(each.owned_since)}" if each.owned_since else ""
        times = f", taken {each.count} times" if each.count > 1 else ""
        text += f", which {each.owner} has{since}{times}"
    return text
