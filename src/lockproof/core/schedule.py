"""Schedules: which thread went on at each decision of one run, as data; and what chooses, the Strategy.

A *decision* is a switch point at which more than one thread could go on. Given the same program and the same Python, a
schedule determines a run. A *preemption* is a decision against the thread that was running and could have gone on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, Protocol

from lockproof.core.errors import LockproofError

VERSION: Final = 1
"""The version of the form in which schedules are written down."""


LONGEST: Final = 1_000_000
"""More decisions than any run has."""


CONTAINER: Final = "*"
"""What an access to the inside of a container is called if nobody knows which; where that is known, its type's name
follows."""


class Switching(StrEnum):
    """Where another thread may be chosen.

    SYNC: at operations on locks, threads and time only. FREE: also before each instruction that can touch shared
    state, as on a free-threaded build. GIL: where a standard build really looks whether to hand over the GIL.
    """

    SYNC = "sync"
    FREE = "free"
    GIL = "gil"


@dataclass(frozen=True)
class Schedule:
    """The decisions of one run: `runs` are pairs (thread, how many decisions in a row chose it)."""

    switching: Switching
    runs: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if any(thread < 0 or count < 1 for thread, count in self.runs) or len(self) > LONGEST:
            raise ValueError("numbers that no run has")

    @classmethod
    def of(cls, switching: Switching, choices: Iterable[int]) -> Schedule:
        """Return the schedule that makes these choices."""
        return cls(switching, tuple((thread, sum(1 for _ in same)) for thread, same in groupby(choices)))

    def choices(self) -> Iterator[int]:
        """Yield the thread of each decision."""
        for thread, count in self.runs:
            for _ in range(count):
                yield thread

    def __len__(self) -> int:
        return sum(count for _, count in self.runs)

    def __str__(self) -> str:
        return f"{self.switching.value}:{','.join(f'{thread}x{count}' for thread, count in self.runs)}"

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Return the schedule that `str` wrote, like `free:1x3,2x1`.

        Raises:
            LockproofError: the text is no schedule.

        """
        kind, _, rest = text.partition(":")
        try:
            pairs = [each.split("x") for each in rest.split(",") if each]
            return cls(Switching(kind), tuple((int(thread), int(count)) for thread, count in pairs))
        except ValueError:
            raise LockproofError(
                f"not a schedule: {text!r}",
                "it was cut off or mistyped",
                "copy it from the report; it looks like free:1x3,2x1",
            ) from None

    def to_json(self) -> dict[str, Any]:
        """Return the schedule as JSON has it."""
        return {"version": VERSION, "switching": self.switching.value, "runs": [list(each) for each in self.runs]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schedule:
        """Return the schedule that `to_json` wrote.

        Raises:
            LockproofError: it is of another version, or no schedule.

        """
        if data.get("version") != VERSION:
            raise LockproofError(
                f"the schedule is of version {data.get('version')!r}, and this lockproof reads version {VERSION}",
                "another version of lockproof has written it",
                "find it again with this one: lockproof check or lockproof explore",
            )
        try:
            runs = tuple((int(thread), int(count)) for thread, count in data["runs"])
            return cls(Switching(data["switching"]), runs)
        except (KeyError, TypeError, ValueError) as error:
            raise LockproofError(f"not a schedule: {error!r}", "the file was edited or cut off") from None


class Point:
    """What a strategy is told at a decision. One object is used again and again: keep none.

    `current` is the thread that ran last, and `enabled` those that can go on, in the order of their numbers.
    `free`: leaving `current` is no preemption, since it cannot go on, or has `yielded`: it waits for others in a loop,
    sleeps, or has gone on for long, and who goes by priorities should put it behind all others. `step` counts switch
    points of the run, this one included. `pending[t]` says what thread t is about to do: a name, "" if unknown;
    accesses that may touch the same thing are those whose names `meet`. `touched` are the numbers of the locks and
    threads that the step just done has touched; where threads have gone on since without a decision, because no other
    one could, `own` is what the step had touched before they did, and otherwise None.
    """

    __slots__ = ("current", "enabled", "free", "own", "pending", "step", "touched", "yielded")

    def __init__(self) -> None:
        self.current = 0
        self.enabled: tuple[int, ...] = ()
        self.free = self.yielded = False
        self.step = 0
        self.pending: Sequence[str] = ()
        self.touched: set[int] = set()
        self.own: frozenset[int] | None = None


@dataclass(frozen=True)
class Ran:
    """What one run under control was: the thread chosen at each decision, and how it ended.

    `steps[t]` counts the switch points of thread t, and `firsts[t]` is what its first one was about (see
    `Point.pending`): a thread that has not begun has none pending, and makes its first access without a decision.
    `redundant`: another run shows the same, and its choices are not told to the end. `failed`: a finding is in it.
    """

    choices: Sequence[int]
    preemptions: int
    steps: Sequence[int]
    firsts: Sequence[str] = ()
    redundant: bool = False
    failed: bool = False


def meet(one: str, other: str) -> bool:
    """Tell whether two accesses may touch the same thing, by what they are called."""
    return one != "" and (one == other or (one[0] == CONTAINER == other[:1] and CONTAINER in (one, other)))


class Redundant(Exception):
    """Raised by `Strategy.choose`: whatever this run would show has been seen.

    It goes on to its end without being asked about: given up, it would leave what runs share half done.
    """


class Strategy(Protocol):
    """Chooses at each decision of each run. Anything with these three methods can be one.

    One that has a method `forced(thread, point)` as well is told of threads that go on without a decision, since no
    other one can; it answers whether the rest of the run is redundant.
    """

    def begin(self) -> bool:
        """Get ready for the next run; false when there is none."""
        ...

    def choose(self, point: Point) -> int:
        """Return the thread to go on, one of `point.enabled`."""
        ...

    def end(self, ran: Ran) -> None:
        """Learn what became of the run."""
        ...
