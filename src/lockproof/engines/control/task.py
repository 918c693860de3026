"""The vocabulary of a controlled run: its tasks, its result, and places in the code."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FrameType
from typing import Any, Final, Protocol

from lockproof.core import interpreter
from lockproof.core.interpreter import current_frames, get_frame
from lockproof.core.schedule import Ran
from lockproof.core.verdict import BlockedThread

_CONTROL: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep

FRAMES: Final = 3
"""Frames that tell where a thread is: two calls of one method at different places are two places."""

_id: Final = id  # the real one, whatever is installed

type Site = tuple[CodeType, int]
"""A place in the code: the code object, and the offset of the instruction."""


def own(file: str) -> bool:
    """Tell whether a file belongs to this package, and not to the program."""
    return file.startswith(_CONTROL) or file == interpreter.__file__


class Abandoned(BaseException):
    """Raised in a task whose run is given up, to end the task."""


class Lost(Exception):
    """A task does not end, so the process cannot do more runs. `stacks` has the stacks of all tasks."""

    def __init__(self, message: str, stacks: str = "") -> None:
        super().__init__(message)
        self.stacks = stacks


class Resource(Protocol):
    """Something that a task can wait for."""

    def owners(self) -> Sequence[Task]:
        """Return the tasks that must go on before the waiting one can."""
        ...

    def describe(self) -> str:
        """Return the kind of resource and the place that made it, as text."""
        ...


class Task:
    """A thread under control.

    `ready`: the task can go on. `begun`, `done`: its function has been called, or has ended. `fresh`: it has not come
    to a switch point yet. `lost`: it waits for something uncontrolled (see `turns`).
    `kind` is equal for tasks that run the same function, in this run and in others.
    `wants` is the resource that it waits for; of tasks that it `joins`, it is one. `deadline` is the virtual time in
    seconds at which it stops waiting, and `held` has its locks, each with the place that took it.
    """

    __slots__ = (
        "after_c",
        "arrived",
        "baton",
        "begun",
        "carrier",
        "daemon",
        "deadline",
        "done",
        "fresh",
        "function",
        "held",
        "ident",
        "in_methods",
        "index",
        "joins",
        "kind",
        "loops",
        "lost",
        "made",
        "name",
        "native",
        "ready",
        "since",
        "steps",
        "stored",
        "stored_steps",
        "stored_yields",
        "thread",
        "wants",
        "went",
        "yields",
    )  # fmt: skip

    def __init__(self, index: int, function: Callable[[], object], name: str, daemon: bool) -> None:
        self.index, self.name, self.daemon = index, name, daemon
        self.function: Callable[[], object] | None = function
        self.ident = self.native = 0
        self.ready, self.begun, self.done, self.fresh, self.lost = True, False, False, True, False
        self.wants: Resource | None = None
        self.joins: Sequence[Task] = ()
        self.deadline: float | None = None
        self.held: dict[Any, Site | None] = {}
        self.steps = self.loops = self.yields = self.made = 0
        self.stored = 0  # the step of the run at which it last changed something,
        self.stored_steps = self.stored_yields = 0  # and its own steps and yields until then
        self.carrier: Any = None
        self.since = -1  # the number of hand-overs when it last stepped aside
        self.went = -1  # the number of hand-overs when it last got the turn
        self.after_c = False  # under `gil`: a call of C code has just returned
        self.in_methods: set[int] = set()  # ids of frames that hand over the GIL when a bound method returns
        self.arrived = False  # it went on after a join without a decision, which follows at its next switch point
        self.thread: Any = None
        self.kind: object = None

    def stores(self, step: int) -> None:
        """Note that the task is about to change something, at this step of the run."""
        self.stored, self.stored_steps, self.stored_yields = step, self.steps, self.yields

    # A task is a resource for those that join it.

    def owners(self) -> Sequence[Task]:
        """Return the task itself."""
        return (self,)

    def describe(self) -> str:
        """Return the name of the wait for the task's end."""
        return f"the end of {self.name}"


def unended(tasks: Sequence[Task]) -> Task | None:
    """Return the first task that has not ended."""
    return next((each for each in tasks if not each.done), None)


def kind_of(function: Any, thread: Any) -> tuple[object, ...]:
    """Return what a task runs: equal for tasks of one class of Thread whose targets are of the same code."""
    target = function if thread is None else interpreter.thread_target(thread)
    while isinstance(target, partial):
        target = target.func
    return type(thread), getattr(getattr(target, "__func__", target), "__code__", type(target))


@dataclass
class Result:
    """The result of a run under control.

    `ran`: the choices of the strategy.
    `deadlock`: the tasks that waited for ever.
    `left`: the tasks that still waited when the program's function had ended.
    `held`: the locks that no task released, with their last holders.
    `errors`: the exceptions that ended a task, with its name.
    `native`: the places where a task waited for something that is not under control.
    `cycles`: sentences about cycles in the order of locks.
    `bounded`: the run was given up at `MOST_STEPS` of the engine.
    `loops`: if `bounded` and each thread went round in a loop, the threads with their places.
    `timed`: a task waited with a time limit.
    `forced`: a task that may have been spinning was made to yield.
    """

    ran: Ran
    deadlock: list[BlockedThread] = field(default_factory=list)
    left: list[BlockedThread] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, BaseException]] = field(default_factory=list)
    native: list[str] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)
    bounded: bool = False
    loops: list[str] = field(default_factory=list)
    timed: bool = False
    forced: bool = False


def blocked(task: Task) -> BlockedThread:
    """Return the resource that a waiting task wants, and the task that has it, as text."""
    wanted, (where, inside) = task.wants, places_of_thread(task.ident)
    if wanted is None:
        return BlockedThread(task.name, "nothing", where, "", "", 0)
    what = wanted.describe() + (f", in {os.path.basename(inside)}" if inside else "")
    owner = next((each for each in wanted.owners()), None)
    if owner is None or isinstance(wanted, Task):
        return BlockedThread(task.name, what, where, "", "", 0)
    count = getattr(wanted, "count", 1)
    return BlockedThread(task.name, what, where, owner.name, place(owner.held.get(wanted)), count)


def stacks_of(tasks: Sequence[Task]) -> str:
    """Return the stacks of the tasks that have not ended, without the frames of the engine."""
    frames = current_frames()
    parts = []
    for task in tasks:
        if not task.done and (frame := frames.get(task.ident)) is not None:
            entries = [each for each in traceback.extract_stack(frame) if not own(each.filename)]
            parts.append(f"{task.name}:\n{''.join(traceback.format_list(entries))}")
    return "".join(parts)


def asleep(native: int) -> bool:
    """Tell whether an operating-system thread sleeps; true where the system does not say."""
    try:
        # In bytes: a codec may have to be imported first, and a thread that is held may have the lock of imports.
        with open(f"/proc/self/task/{native}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in b"SD"
    except (OSError, IndexError):
        return True


def site_of_thread(ident: int) -> str:
    """Return the place of a thread, in the innermost frame outside control and the threading module, as text."""
    frame: FrameType | None = current_frames().get(ident)
    while frame is not None and _skipped[frame.f_code.co_filename]:
        frame = frame.f_back
    return "" if frame is None else place((frame.f_code, frame.f_lasti))


def places_of_thread(ident: int) -> tuple[str, str]:
    """Return the place of a thread in the user's code, and the place in the standard library that it has called.

    The second is "" if it has called none. If no file but those of the library has a frame, its place is the first.
    """
    inside = site_of_thread(ident)
    frame: FrameType | None = current_frames().get(ident)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _skipped[file] and not file.startswith("<") and not _is_library(file):
            where = place((frame.f_code, frame.f_lasti))
            return (where, "") if where == inside else (where, inside)
        frame = frame.f_back
    return inside, ""


_LIBRARY: Final = os.path.dirname(threading.__file__) + os.sep


def _is_library(file: str) -> bool:
    return file.startswith(_LIBRARY) and "site-packages" not in file


class _Skipped(dict[str, bool]):
    """Whether the code of a file belongs to control or the threading module. Every operation on a lock asks."""

    def __missing__(self, file: str) -> bool:
        self[file] = skipped = file == threading.__file__ or own(file)
        return skipped


_skipped: Final = _Skipped()


def here(depth: int = 2) -> Site | None:
    """Return the innermost place outside control and the threading module. The search begins `depth` callers up."""
    frame: FrameType | None = get_frame(depth)
    while frame is not None and _skipped[frame.f_code.co_filename]:
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


def innermost(depth: int = 2) -> Iterator[int]:
    """Yield where the innermost `FRAMES` frames are of those that `here` looks through: code, by its id, and offset."""
    frame: FrameType | None = get_frame(depth)
    left = FRAMES
    while frame is not None and left:
        file = frame.f_code.co_filename
        if not own(file) and file != threading.__file__:
            yield _id(frame.f_code)
            yield frame.f_lasti
            left -= 1
        frame = frame.f_back


def place(site: Site | None) -> str:
    """Return a place as `file:line`; "" if there is none."""
    if site is None:
        return ""
    code, offset = site
    line = code.co_firstlineno
    for begin, end, number in code.co_lines():
        if begin <= offset < end and number is not None:
            line = number
    return f"{code.co_filename}:{line}"
