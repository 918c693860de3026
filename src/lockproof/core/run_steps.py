"""The steps of a run under control, as data: what each one accessed, and what it did with locks and threads.

A *step* is what a thread does from one switch point to the next. Two steps of different threads *conflict* if they may
access the same thing and one of them writes it. Runs that order all conflicting steps alike have the same results: they
are one *trace* (Mazurkiewicz 1977).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from types import CodeType
from typing import Final

CONTAINER: Final = "*"
"""The name of an access to the inside of a container of unknown type. For a known type, the type's name follows."""


def meet(one: str, other: str) -> bool:
    """Return whether two accesses may touch the same thing, by their names.

    Equal names meet. A container of unknown type meets every container. The empty name meets nothing.
    """
    return one != "" and (one == other or (one[0] == CONTAINER == other[:1] and CONTAINER in (one, other)))


class Access:
    """An access to something that threads may share.

    Attributes:
        name: what is accessed (see `Point.pending`). Accesses whose names do not `meet` are to different things.
        writes: whether it may change it.
        object: a number of the object, within the run; 0 if it is not known. Different objects are different things.

    """

    # No dataclass and no named tuple: their constructors are code made at run time, and would be under control.
    __slots__ = ("name", "object", "writes")

    def __init__(self, name: str, writes: bool, number: int = 0) -> None:
        self.name, self.writes, self.object = name, writes, number

    def conflicts(self, other: Access) -> bool:
        """Tell whether the order of both, in one run, may matter."""
        if not (self.writes or other.writes):
            return False
        if self.object and other.object:
            return self.object == other.object
        return meet(self.name, other.name)


class Sync(Enum):
    """What a step does with a lock or a thread.

    TAKE: it takes a lock, for which it waited if need be. TRY: it takes one that was free. GIVE: it releases one. LOOK:
    it looks whether a lock is taken, or whether a thread has ended. START: it starts a thread. END: the thread ends.
    JOIN: it has waited for the end of one.
    """

    TAKE = auto()
    TRY = auto()
    GIVE = auto()
    LOOK = auto()
    START = auto()
    END = auto()
    JOIN = auto()


class Synced:
    """What a step did with a lock or a thread, and the number of that (see `thread_number`)."""

    __slots__ = ("number", "sync")

    def __init__(self, sync: Sync, number: int) -> None:
        self.sync, self.number = sync, number


class RunStep:
    """What a thread did from one switch point to the next.

    Attributes:
        thread: the number of the thread.
        decision: the number of the decision that let it go on; -1 if it went on without one.
        parts: its accesses, and what it did with locks and threads, in order.
        site: the code and the offset of the instruction that it began with; None if that is not known.
        name: the name of the access that it began with (see `Point.pending`); "" if it has none.

    """

    __slots__ = ("decision", "name", "parts", "site", "thread")

    def __init__(self, thread: int, decision: int = -1, *parts: Access | Synced) -> None:
        self.thread, self.decision, self.name = thread, decision, ""
        self.site: tuple[CodeType, int] | None = None
        self.parts: list[Access | Synced] = [*parts]

    def accesses(self) -> Iterator[Access]:
        """Yield the accesses."""
        return (each for each in self.parts if isinstance(each, Access))

    def numbers(self) -> set[int]:
        """Return the numbers of the locks and threads."""
        return {each.number for each in self.parts if isinstance(each, Synced)}

    def depends(self, other: RunStep) -> bool:
        """Tell whether the order of two steps may matter, also of two runs: numbers of objects are not compared."""
        if self.thread == other.thread or self.numbers() & other.numbers():
            return True
        return any(
            (mine.writes or its.writes) and meet(mine.name, its.name)
            for mine in self.accesses()
            for its in other.accesses()
        )

    def shared(self, other: RunStep) -> Access | None:
        """Return the access to a variable of this step that conflicts with one of another step of the run, if any."""
        for mine in self.accesses():
            if mine.name[:1] not in (CONTAINER, "@") and any(map(mine.conflicts, other.accesses())):
                return mine
        return None

    def __repr__(self) -> str:
        shown = [
            f"{each.sync.name.lower()} {each.number}"
            if isinstance(each, Synced)
            else f"{'rw'[each.writes]} {each.name}"
            for each in self.parts
        ]
        return f"<{self.thread}: {', '.join(shown) or 'nothing'}>"


def thread_number(index: int) -> int:
    """Return the number that stands for a thread beside those of locks."""
    return -1 - index


TIME: Final = "@time"
"""The name of an access to the time of the run."""

RETURNED: Final = "@returned "
"""The name of an access to real time, with the number of a thread: a call of it returns, or another one begins then."""
