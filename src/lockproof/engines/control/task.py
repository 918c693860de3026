"""What the engine keeps of a thread under control, what a run comes to, and places in the code as text."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Final, Protocol

from lockproof.core import interpreter
from lockproof.core.interpreter import current_frames, get_frame
from lockproof.core.schedule import Ran
from lockproof.core.verdict import BlockedThread

_CONTROL: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep

type Site = tuple[CodeType, int]
"""A place in the code: the code object, and the offset of the instruction."""


def own(file: str) -> bool:
    """Tell whether code in this file is control's own, not the program's."""
    return file.startswith(_CONTROL) or file == interpreter.__file__


class Abandoned(BaseException):
    """Raised in a task whose run is given up, so that it comes to an end."""


class Lost(Exception):
    """A task does not come to an end: the process is of no further use. `stacks` are of all tasks."""

    def __init__(self, message: str, stacks: str = "") -> None:
        super().__init__(message)
        self.stacks = stacks


class Resource(Protocol):
    """What a task can wait for."""

    def owners(self) -> Sequence[Task]:
        """Return the tasks that must go on before the waiting one can."""
        ...

    def describe(self) -> str:
        """Say what this is, and where it was made."""
        ...


class Task:
    """A thread under control. `wants` is what it waits for; `deadline` the virtual time at which it stops waiting."""

    __slots__ = (
        "after_c",
        "arrived",
        "baton",
        "begun",
        "daemon",
        "deadline",
        "done",
        "fresh",
        "function",
        "held",
        "ident",
        "in_methods",
        "index",
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
        "worker",
        "yields",
    )  # fmt: skip

    def __init__(self, index: int, function: Callable[[], object], name: str, daemon: bool) -> None:
        self.index, self.function, self.name, self.daemon = index, function, name, daemon
        self.ident = self.native = 0
        self.ready, self.begun, self.done, self.fresh, self.lost = True, False, False, True, False
        self.wants: Resource | None = None
        self.deadline: float | None = None
        self.held: dict[Any, Site | None] = {}
        self.steps = self.loops = self.yields = self.made = 0
        self.stored = 0  # the step at which it last changed something,
        self.stored_steps = self.stored_yields = 0  # and its own steps and yields until then
        self.worker: Any = None
        self.since = -1  # the count of hand-overs when it yielded last
        self.went = -1  # the same when it came to go on
        self.after_c = False
        self.in_methods: set[int] = set()  # frames, by id, of calls that hand over the GIL when a bound method returns
        self.arrived = False  # it came back from a join without a decision, which is made at its next switch point
        self.thread: Any = None

    def stores(self, step: int) -> None:
        """Note that it is about to change something."""
        self.stored, self.stored_steps, self.stored_yields = step, self.steps, self.yields

    # A task is a resource for those that join it.

    def owners(self) -> Sequence[Task]:
        """Return the task itself."""
        return (self,)

    def describe(self) -> str:
        """Say which thread it is."""
        return f"the end of {self.name}"


@dataclass
class Result:
    """What a run under control came to.

    `deadlock` are the tasks that waited for ever; `left` tasks that still waited when the function had ended, `held`
    locks that nobody released, with their last holders; `errors` exceptions that left a task; `native` places where
    a task waited for what is not under control; `bounded`: the run was given up at `MOST_STEPS`; `loops` are the
    threads, with their places, if then each had gone round in a loop. `timed`: a wait with a time limit was seen.
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
    """Return what a task that cannot go on waits for, and who has it, as text."""
    wanted, where = task.wants, site_of_thread(task.ident)
    if wanted is None:
        return BlockedThread(task.name, "nothing", where, "", "", 0)
    owner = next((each for each in wanted.owners()), None)
    if owner is None or isinstance(wanted, Task):
        return BlockedThread(task.name, wanted.describe(), where, "", "", 0)
    count = getattr(wanted, "count", 1)
    return BlockedThread(task.name, wanted.describe(), where, owner.name, place(owner.held.get(wanted)), count)


def stacks_of(tasks: Sequence[Task]) -> str:
    """Return the stacks of tasks that have not ended, without the frames of the engine."""
    frames = current_frames()
    parts = []
    for task in tasks:
        if not task.done and (frame := frames.get(task.ident)) is not None:
            entries = [each for each in traceback.extract_stack(frame) if not own(each.filename)]
            parts.append(f"{task.name}:\n{''.join(traceback.format_list(entries))}")
    return "".join(parts)


def asleep(native: int) -> bool:
    """Tell whether an operating-system thread waits in the system; true where that is not known."""
    try:
        with open(f"/proc/self/task/{native}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "SD"
    except (OSError, IndexError):
        return True


def site_of_thread(ident: int) -> str:
    """Return where a thread is, in the innermost frame outside lockproof and the threading module."""
    frame: FrameType | None = current_frames().get(ident)
    while frame is not None and (frame.f_code.co_filename == threading.__file__ or own(frame.f_code.co_filename)):
        frame = frame.f_back
    return "" if frame is None else place((frame.f_code, frame.f_lasti))


def here(depth: int = 2) -> Site | None:
    """Return the innermost place outside lockproof and the threading module, from the caller's caller on."""
    frame: FrameType | None = get_frame(depth)
    while frame is not None and (frame.f_code.co_filename == threading.__file__ or own(frame.f_code.co_filename)):
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


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
