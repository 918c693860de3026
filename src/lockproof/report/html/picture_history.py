"""The longest order that explains a part of a history, as a picture in the form of porcupine's.

One row for each process, a bar for each call from its invocation to its response. Each call of the order has a point
in its bar at which it takes effect, and a line joins the points in their order. The calls that could come next, none of
which the model explains, have no point. Times are drawn by their rank: what counts is which call was over before
which other call began. porcupine draws all of the longest orders; a report has the end of one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lockproof.core.history_report import CallReport, PartReport
from lockproof.report.words import clean

STEPS: Final = (34.0, 84.0)
"""The least and the greatest distance between two events that follow one another."""

ROOM: Final = 950
"""The width that a picture has if its events are not too many for that."""

ROW: Final = 52
"""The height of the row of a process."""

BAR: Final = 34
"""The height of a bar."""

MARGIN: Final = 96
"""The room at the left for the names of the processes."""

CHARACTER: Final = 7.2
"""The width of a character in a bar."""


@dataclass(frozen=True)
class Bar:
    """A call: where its bar is, its text as far as it fits, the whole text, whether no order explains it, and if it
    ever returned.
    """

    x: float
    y: float
    width: float
    text: str
    whole: str
    stuck: bool
    returned: bool


@dataclass(frozen=True)
class HistoryPicture:
    """A picture: its size, the processes with the heights of their rows, the bars, and the points in their order."""

    width: float
    height: float
    processes: tuple[tuple[str, float], ...]
    bars: tuple[Bar, ...]
    points: tuple[tuple[float, float], ...]


def picture_of_part(part: PartReport) -> HistoryPicture | None:
    """Draw a part of a history; None if the report does not say when its calls began."""
    calls = [*part.last, *part.stuck]
    if len({each.began for each in calls}) < 2:
        return None
    times = sorted({time for each in calls for time in (each.began, each.ended) if time is not None})
    processes = sorted({each.process for each in calls})
    step = min(max((ROOM - MARGIN) / len(times), STEPS[0]), STEPS[1])
    end = round(MARGIN + len(times) * step, 1)

    def at(time: float | None) -> float:
        return end if time is None else round(MARGIN + bisect_left(times, time) * step, 1)

    bars = []
    for number, each in enumerate(calls):
        x, y = at(each.began), processes.index(each.process) * ROW + (ROW - BAR) / 2
        width = round(at(each.ended) - x - 6, 1)
        whole = _text(each)
        fits = max(int((width - 12) / CHARACTER), 1)
        text = whole if len(whole) <= fits else f"{whole[: fits - 1]}\N{HORIZONTAL ELLIPSIS}"
        bars.append(Bar(x, y, width, text, whole, number >= len(part.last), each.ended is not None))
    rows = tuple((f"process {each}", number * ROW + ROW / 2) for number, each in enumerate(processes))
    points = _points(part.last, at, processes, step)
    return HistoryPicture(end + 8, len(processes) * ROW, rows, tuple(bars), points)


def _points(
    order: Sequence[CallReport], at: Callable[[float | None], float], processes: Sequence[int], step: float
) -> tuple[tuple[float, float], ...]:
    points = []
    x = 0.0
    for number, each in enumerate(order):
        begun = at(each.began) + 8
        # A call after the latest beginning so far is still open: the order agrees with real time.
        x = max(x + step / (len(order) + 2), begun) if number else begun
        x = min(x, at(each.ended) - 10)
        points.append((round(x, 1), processes.index(each.process) * ROW + ROW / 2 + BAR / 2 - 5))
    return tuple(points)


def _text(call: CallReport) -> str:
    return clean(call.text) + (f" \N{RIGHTWARDS ARROW} {clean(call.result)}" if call.result else " (never returned)")
