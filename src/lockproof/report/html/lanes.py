"""The steps of a run under control as rows with one lane for each thread, and each step as a sentence.

The lanes are those of `interleaving`, which draws them for a terminal. The sentence is what a screen reader says when
the reader of the page goes to the step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lockproof.core.verdict import TracedStep
from lockproof.report.interleaving import short_place
from lockproof.report.words import listed

MOST_STEPS: Final = 300
"""The most steps that the page shows of a run; the JSON report has all."""


@dataclass(frozen=True)
class Note:
    """One thing that a step did: `does` is "reads", "writes" or "", `name` what, `value` the value, if it is known."""

    does: str
    name: str
    value: str


@dataclass(frozen=True)
class Row:
    """A step.

    Attributes:
        number: the position of the step, counted from 1.
        lane: the index of the thread's lane.
        place: the file and the line; "" where that says nothing.
        source: the text of the line.
        notes: what the line read, wrote and did.
        marked: whether it has an access that collided with another thread's.
        switch: why another thread continued after it; "" if none did.
        said: all of this as a sentence.

    """

    number: int
    lane: int
    place: str
    source: str
    notes: tuple[Note, ...]
    marked: bool
    switch: str
    said: str


@dataclass(frozen=True)
class Lanes:
    """The lanes of a run: the names of the threads, a row for each step, and how many steps are not shown."""

    threads: tuple[str, ...]
    rows: tuple[Row, ...]
    left: int


def lanes_of(steps: Sequence[TracedStep]) -> Lanes:
    """Return the lanes of a run."""
    threads = sorted({each.thread for each in steps}, key=_natural)
    shown = steps[:MOST_STEPS]
    rows = tuple(_row(number, threads.index(each.thread), each) for number, each in enumerate(shown, 1))
    return Lanes(tuple(threads), rows, len(steps) - len(shown))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return the key that sorts the main thread first and `thread 2` before `thread 10`."""
    parts = re.findall(r"\d{1,9}|\D+", name)
    return [(name != "main thread", ""), *((int(part), "") if part.isdigit() else (0, part) for part in parts)]


def _row(number: int, lane: int, step: TracedStep) -> Row:
    place = "" if not step.place or step.place.startswith("<") else short_place(step.place)
    code = step.source.removeprefix("return ")
    notes = tuple(_note(text) for text in dict.fromkeys(step.notes) if text != code)
    did = [" ".join(filter(None, (note.does, note.name))) + (f": {note.value}" if note.value else "") for note in notes]
    said = f"{step.thread}{f', {place}' if place else ''}: {step.source}"
    said += f". It {listed(did)}" if did and all(note.does for note in notes) else "".join(f". {each}" for each in did)
    said += ". This access collides with another thread's" if step.marked else ""
    said += f". Then {step.switch}" if step.switch else ""
    return Row(number, lane, place, step.source, notes, step.marked, step.switch, f"{said}.")


def _note(text: str) -> Note:
    found = re.fullmatch(r"(reads|writes) ([\w.]+)(?:: (.*))?", text, re.DOTALL)
    return Note(found[1], found[2], found[3] or "") if found else Note("", text, "")
