"""A run under control as text: the steps of all threads in their order, with a column for each thread.

The form is that of Lincheck's interleavings (Koval and others, CAV 2023): only the steps that matter, the source of
each, the values read and written, and why another thread continued. Where the columns would be too narrow, the steps
stand one below the other behind the names of their threads.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from lockproof.core.verdict import BlockedThread, Control, Masking, TracedStep
from lockproof.report.page import Page
from lockproof.report.words import clean, counted

NARROWEST: Final = 30
"""The least width of a thread's column, in characters."""

WIDEST: Final = 48
"""The greatest width of a thread's column, in characters."""

MOST_STEPS: Final = 40
"""The most steps that the text shows; the JSON report has all."""


def print_control(page: Page, control: Control, *, indent: int = 2) -> None:
    """Print what a run under control adds to a finding: threads that wait, the steps, the schedule, the GIL."""
    if control.blocked:
        page.blank()
        _blocked(page, control.blocked, indent)
    if control.steps:
        page.blank()
        page.say("how it came to that (accesses that collided are marked with *):", indent=indent)
        _story(page, control.steps, indent)
    page.blank()
    page.say(replay_words(control), indent=indent)
    if control.masking is not None:
        page.say(f"{control.masking.value}: {clean(control.rests_on)}", indent=indent, style=_STYLES[control.masking])


_STYLES: Final = {Masking.MASKED: "bold magenta", Masking.SHOWN: "bold", Masking.UNKNOWN: "bold yellow"}


def replay_words(control: Control) -> str:
    """Return how many preemptions the schedule has, and how often it showed the finding again."""
    again = f"{control.replayed} of {counted(control.replays, 'replay')}"
    if not control.replayed:
        return (
            f"schedule with {counted(control.preemptions, 'preemption')}, which did not show it again in "
            f"{counted(control.replays, 'replay')}: something beside the schedule decides, like the time, randomness, "
            "or what an earlier run has left behind"
        )
    return f"schedule with {counted(control.preemptions, 'preemption')}; it showed the same in {again}"


def _blocked(page: Page, blocked: Sequence[BlockedThread], indent: int) -> None:
    page.say("threads that wait for ever:", indent=indent)
    for each in blocked:
        where = f" at {short_place(each.place)}" if each.place else ""
        page.item(f"{clean(each.thread)} waits{where} for {clean(shortened(each.waits_for))}", indent=indent + 2)
        if each.owner:
            times = f", taken {each.count} times" if each.count > 1 else ""
            since = f" since {short_place(each.owned_since)}" if each.owned_since else ""
            page.say(f"which {clean(each.owner)} has{since}{times}", indent=indent + 4)


def short_place(place: str) -> str:
    """Return a place without the directory of its file."""
    return clean(os.path.basename(place))


def shortened(text: str) -> str:
    """Return what a thread waits for without the directory of the file in which it was made."""
    head, mark, place = text.partition(" made at ")
    return f"{head}{mark}{os.path.basename(place)}"


def _story(page: Page, steps: Sequence[TracedStep], indent: int) -> None:
    shown = steps[:MOST_STEPS]
    threads = list(dict.fromkeys(step.thread for step in steps))
    room = (page.console.width - indent - 3 * len(threads) - 1) // max(len(threads), 1)
    if room < NARROWEST:
        for step in shown:
            mark = "* " if step.marked else "  "
            page.item(f"{clean(step.thread)}: {clean(_text(step))}", indent=indent + 2, mark=mark)
            if step.switch:
                page.say(f"({clean(step.switch)})", indent=indent + 4)
    else:
        width = min(WIDEST, room)
        table = Table(box=box.SQUARE, show_lines=False)
        for name in threads:
            table.add_column(clean(name), width=width, no_wrap=False)
        for step in shown:
            for number, line in enumerate([_text(step), *(f"({step.switch})" for _ in range(bool(step.switch)))]):
                mark = "* " if step.marked and number == 0 else "  "
                rows = Text(clean(line)).wrap(page.console, width - 4, overflow="fold")
                for row, text in enumerate(rows):
                    text.rstrip()
                    cell = Text(mark if row == 0 else "    ", style="bold" if step.marked else "") + text
                    cell.truncate(width)
                    table.add_row(*(cell if step.thread == name else "" for name in threads))
        page.put(table, indent=indent)
    if len(steps) > MOST_STEPS:
        page.say(f"and {counted(len(steps) - MOST_STEPS, 'step')} more, which the JSON report has", indent=indent)


def _text(step: TracedStep) -> str:
    line = step.place.rpartition(":")[2]
    where = (
        "" if not step.place or step.place.startswith("<") else f"{short_place(step.place.rpartition(':')[0])}:{line} "
    )
    notes = "; ".join(note for note in dict.fromkeys(step.notes) if note != step.source.removeprefix("return "))
    return f"{where}{step.source}" + (f"  [{notes}]" if notes else "")
