"""The steps of a run in terms of the source: one replay of a finding yields the steps that its report shows.

A step gets its place among the steps when it is done, not when its thread arrives there. Values come from frames
without running code of the subject: from instance dictionaries, closures and globals, and nothing else.
"""

from __future__ import annotations

import linecache
import os.path
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise, takewhile
from types import CodeType, FrameType
from typing import Any, Final

from lockproof.core.operation import OPERATION_FILE
from lockproof.core.run_steps import CONTAINER
from lockproof.core.values import show
from lockproof.core.verdict import TracedStep
from lockproof.engines.control.engine import PREEMPTED, Engine
from lockproof.engines.control.opcodes import listing
from lockproof.engines.control.operands import DOTTED, UNKNOWN, only_reads, operands, resolved
from lockproof.engines.control.task import Site, Task, place

_ANSWERS: Final = frozenset(("TO_BOOL", "COMPARE_OP", "GET_ITER", "FOR_ITER", "UNPACK_SEQUENCE"))
_LONGEST: Final = 40

ENDED: Final = "it ends"
"""Why another thread goes on after one that has ended."""
_id: Final = id  # the real one, whatever is installed

MANY: Final = 4
"""So many equal steps, of up to four accesses each, are a loop and no long line of source."""


@dataclass
class _Event:
    thread: int
    name: str
    site: Site | None
    what: str
    writes: bool
    note: str
    alone: bool
    about: list[Any] | None = None  # the objects that a container's access is about, if known
    marked: bool = False
    switch: str = ""


@dataclass
class Tracer:
    """Collects the events of one run of the engine. Use as a context manager around `engine.run`.

    `_left` has why each thread has handed over last. The engine knows only the reason of the last hand-over, which may
    be that of a thread that made no step that is shown. `_asked_for` has the locks that threads of a deadlock did not
    get: the story tells how others came to have them.
    """

    engine: Engine
    first: int = 1
    events: list[_Event] = field(default_factory=list)
    _open: tuple[_Event, str, FrameType] | None = None
    _left: dict[int, str] = field(default_factory=dict)
    _asked_for: dict[int, str] = field(default_factory=dict)

    def __enter__(self) -> Tracer:
        self.engine.watcher = self._watch
        turns = self.engine.turns
        leave = turns.leave

        def watched(task: Task, chosen: int) -> None:
            self._left[task.index] = self._reason(task)
            self._note_wanted(task)
            leave(task, chosen)
            self._asked_for.pop(task.index, None)  # it got the turn again, and so what it waited for

        vars(turns)["leave"] = watched  # beside the method, and gone with the tracer
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.watcher = None
        del vars(self.engine.turns)["leave"]
        self._settle()
        for task in self.engine.turns.tasks:
            self._note_wanted(task)

    def _note_wanted(self, task: Task) -> None:
        if (name := getattr(task.wants, "name", "")).startswith("#"):
            self._asked_for[task.index] = name

    def _reason(self, task: Task) -> str:
        if task.ready or task.wants is None:
            return self.engine.reason
        turns = self.engine.turns
        turns.inside, inside = True, turns.inside  # to describe an object may call code of the subject
        try:
            return f"it waits for {task.wants.describe()}"
        finally:
            turns.inside = inside

    def _watch(self, task: Task, site: Site | None, what: str, frame: FrameType | None) -> None:
        self._settle()
        turns = self.engine.turns
        if turns.inside or turns.abandoning:
            return  # what a thread does while its run is given up, in `finally` for instance, is no part of the story
        if self.events and (last := self.events[-1]).thread != task.index:
            last.switch = ENDED if turns.tasks[last.thread].done else self._left.get(last.thread, "")
        event = _Event(task.index, task.name, site, what, False, "", len(self.engine.turns.tasks) == 1)
        if what[0] in "+-" and "#" in what:
            event.note = "takes the lock" if what[0] == "+" else "releases the lock"
            event.writes, event.what = True, what[1:]
        elif site is not None and frame is not None:
            text, operation = segment(*site)
            if operation in _ANSWERS and not DOTTED.fullmatch(text):
                return  # an operation on the result of a call, which no other thread has
            event.writes = operation.startswith(("STORE", "DELETE", "CALL", "BINARY_OP", "LIST_", "SET_", "DICT_"))
            event.writes = event.writes and not (operation.startswith("CALL") and only_reads(text, frame))
            if what == CONTAINER:
                event.about = operands(text, frame)
            if what != CONTAINER and DOTTED.fullmatch(text):
                if operation.startswith("LOAD"):
                    known = value_of(text, frame)
                    event.note = f"reads {text}" + (f": {known}" if known else "")
                else:
                    self._open = event, text, frame
                    event.note = f"writes {text}"
            else:
                event.note = text
        self.events.append(event)

    def _settle(self) -> None:
        """Complete the last write with its value, which is there only now."""
        if self._open is not None:
            event, text, frame = self._open
            self._open = None
            known = value_of(text, frame)
            event.note += f": {known}" if known else ""

    def steps(self, parallel: Sequence[int] | None = None) -> tuple[TracedStep, ...]:
        """Return the accesses to names that several threads access; accesses that collided are marked.

        `parallel` has the indices of the threads to show; all if None.
        """
        shown = [each for each in self.events if parallel is None or each.thread in parallel]
        by: dict[str, set[int]] = {}
        for thread, what in [*((each.thread, each.what) for each in shown), *self._asked_for.items()]:
            by.setdefault(what, set()).add(thread)
        matter = [event for event in shown if len(by[event.what]) > 1 and event.note]
        for before, event in pairwise(matter):
            if before.thread != event.thread and not before.switch:
                before.switch = next((each.switch for each in self._after(before) if each.switch), "")
        _mark(matter)
        return tuple(_once(_joined(_without_private(_without_ends(matter)))))

    def _after(self, event: _Event) -> list[_Event]:
        """Return the events from this one until another thread goes on, in order."""
        first = next(k for k, each in enumerate(self.events) if each is event)
        return list(takewhile(lambda each: each.thread == event.thread, self.events[first:]))


def _without_ends(events: list[_Event]) -> list[_Event]:
    """Leave out events of the main thread while it is alone, and of containers while it starts and joins the others."""
    first = next((k for k, each in enumerate(events) if each.thread), 0)
    last = next((k for k in range(len(events), 0, -1) if events[k - 1].thread), len(events))
    return [
        event
        for k, event in enumerate(events)
        if event.marked
        or first <= k < last
        or event.switch == PREEMPTED
        or not (event.alone or event.what == CONTAINER)
    ]


def _meet(one: _Event, other: _Event) -> bool:
    """Tell whether two accesses are known to be about the same container."""
    return any(mine is theirs for mine in one.about or () for theirs in other.about or ())


def _without_private(events: list[_Event]) -> list[_Event]:
    """Leave out accesses to containers that no other thread has; at least one event stays between two switches."""
    threads: dict[int, set[int]] = {}
    for event in events:
        for each in event.about or ():
            threads.setdefault(id(each), set()).add(event.thread)
    remaining = []
    for _, group in groupby(events, key=lambda each: each.thread):
        own = list(group)
        kept = [
            event
            for event in own
            if event.what != CONTAINER or event.about is None or any(len(threads[id(each)]) > 1 for each in event.about)
        ] or own[-1:]
        kept[-1].switch = own[-1].switch or kept[-1].switch
        remaining += kept
    return remaining


def _mark(events: list[_Event]) -> None:
    """Mark the accesses that collided: around a switch away from a thread, to the same thing, one of them a write."""
    for k, (one, other) in enumerate(pairwise(events)):
        if one.thread == other.thread or one.switch != PREEMPTED:
            continue
        mine = list(takewhile(lambda each: each.thread == one.thread, reversed(events[: k + 1])))
        theirs = list(takewhile(lambda each: each.thread != one.thread, events[k + 1 :]))
        # The accesses nearest to the switch come first.
        collided = [
            (event, own) for own in mine for event in theirs
            if event.what == own.what and (event.writes or own.writes) and not event.what.startswith("#")
            and (event.about is None or own.about is None or _meet(event, own))
        ]  # fmt: skip
        if collided:
            # Of accesses to containers, prefer a container that both threads have, and two different accesses to the
            # same access twice, since a call does not show whether it writes. If no container is known, take the last.
            same = [(event, own) for event, own in collided
                    if event.what != CONTAINER or _meet(event, own)]  # fmt: skip
            nearest = [pair for pair in same if pair[1] is same[0][1]]
            nearest.sort(key=lambda pair: pair[0].note == pair[1].note and pair[0].writes and pair[1].writes)
            last = [pair for pair in collided if pair[1] is collided[0][1]][-1]
            for event in nearest[0] if nearest else last:
                event.marked = True
            return


def _joined(events: list[_Event]) -> list[TracedStep]:
    """Make one step of the events of one thread on one line between two switches."""
    steps: list[TracedStep] = []
    last: tuple[int, str] | None = None
    for event in events:
        where = place(event.site)
        if last == (event.thread, where) and len(steps[-1].notes) < 4 and not steps[-1].switch:
            before = steps[-1]
            notes, marked = (*before.notes, event.note), before.marked or event.marked
            steps[-1] = TracedStep(before.thread, where, before.source, notes, marked, event.switch)
        else:
            source = source_line(event.site)
            steps.append(TracedStep(event.name, where, source, (event.note,), event.marked, event.switch))
        last = event.thread, where
    return steps


def _once(steps: Iterable[TracedStep]) -> list[TracedStep]:
    """Make one step of many equal ones: the thread waits in a loop."""
    rows: list[list[TracedStep]] = []
    for step in steps:
        if rows and not rows[-1][-1].switch and _alike(rows[-1][-1], step):
            rows[-1].append(step)
        else:
            rows.append([step])
    return [step for alike in rows for step in (alike if len(alike) < MANY else [_joined_in_one(alike)])]


def _alike(one: TracedStep, other: TracedStep) -> bool:
    return (one.thread, one.place, {*one.notes}) == (other.thread, other.place, {*other.notes})


def _joined_in_one(steps: Sequence[TracedStep]) -> TracedStep:
    notes = *dict.fromkeys(steps[0].notes), "again and again"
    return replace(steps[-1], notes=notes, marked=any(step.marked for step in steps))


def source_line(site: Site | None) -> str:
    """Return the line of source of a place, without its indentation."""
    if site is None:
        return ""
    file, _, line = place(site).rpartition(":")
    if file.startswith(OPERATION_FILE):
        return file.removeprefix(OPERATION_FILE).removesuffix(">")
    return linecache.getline(_thawed(file), int(line)).strip()


def _thawed(file: str) -> str:
    """Return the file that a module inside the interpreter was made from; any other name of a file as it is."""
    if not file.startswith("<frozen "):
        return file
    name = file.removeprefix("<frozen ").removesuffix(">")
    return os.path.join(os.path.dirname(threading.__file__), *name.split(".")) + ".py"


_known: Final[dict[int, tuple[CodeType, dict[int, tuple[str, Any]], dict[int, tuple[str, str]]]]] = {}
"""For each code object the positions and the segments of its instructions, by its id: to hash code takes long."""


def segment(code: CodeType, offset: int) -> tuple[str, str]:
    """Return the piece of source that an instruction belongs to, and the name of the instruction."""
    number = _id(code)
    if number not in _known:
        _known[number] = code, {each.offset: (each.opname, each.positions) for each in listing(code)}, {}
    _, positions, segments = _known[number]
    if offset not in segments:
        segments[offset] = _segment(code, offset, positions)
    return segments[offset]


def _segment(code: CodeType, offset: int, positions: dict[int, tuple[str, Any]]) -> tuple[str, str]:
    name, where = positions.get(offset, ("", None))
    if where is None or where.lineno is None or where.lineno != where.end_lineno:
        return source_line((code, offset)), name
    file = code.co_filename
    if file.startswith(OPERATION_FILE):
        return file.removeprefix(OPERATION_FILE).removesuffix(">"), name
    line = linecache.getline(_thawed(file), where.lineno)
    return line.encode()[where.col_offset : where.end_col_offset].decode(errors="replace").strip(), name


def value_of(text: str, frame: FrameType) -> str:
    """Return the value of a dotted name as text; "" if that takes running code, or the value has no short text."""
    value = resolved(text, frame)
    return "" if value is UNKNOWN else _plain(value)


def _plain(value: Any, depth: int = 0) -> str:
    if type(value) in (int, str, float, bool, bytes, type(None)):
        text = show(value)
    elif type(value) in (list, tuple, set, frozenset) and len(value) < 6 and depth < 2:
        inner = [_plain(each, depth + 1) for each in list(value)]
        if not all(inner):
            return ""
        if type(value) in (set, frozenset):
            inner.sort()
        ends = "[]" if type(value) is list else "()" if type(value) is tuple else "{}"
        text = f"{ends[0]}{', '.join(inner)}{ends[1]}"
    elif type(value) is dict and len(value) < 6 and depth < 2:
        pairs = [(_plain(key, depth + 1), _plain(each, depth + 1)) for key, each in list(value.items())]
        if not all(key and each for key, each in pairs):
            return ""
        text = "{" + ", ".join(f"{key}: {each}" for key, each in pairs) + "}"
    else:
        return ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
