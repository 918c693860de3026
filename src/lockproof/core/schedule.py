"""Schedules: which thread continued at each decision of one run, as data; and the protocol of strategies.

A *switch point* is a point of a run at which another thread may be chosen. A *decision* is a switch point at which more
than one thread can continue. Given the same program and the same Python, a schedule determines a run. A *preemption* is
a decision against the thread that was running and could have continued.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, Protocol

from lockproof.core.errors import LockproofError
from lockproof.core.run_steps import RunStep

VERSION: Final = 1
"""The version of the format of schedules in JSON."""

LONGEST: Final = 1_000_000
"""The most decisions that a schedule is accepted with. Runs have fewer: the engine gives up longer ones."""


class Switching(StrEnum):
    """Where the switch points of a run are.

    SYNC: only at operations on locks, threads and time. FREE: also before each instruction that can touch shared
    state, as on a free-threaded build. GIL: where a standard build checks whether to hand over the GIL.
    """

    SYNC = "sync"
    FREE = "free"
    GIL = "gil"


@dataclass(frozen=True)
class Schedule:
    """The decisions of one run.

    Attributes:
        switching: where the switch points are.
        runs: pairs (thread, number of decisions in a row that chose it).

    Raises:
        ValueError: a thread's number is negative, a count is below 1, or there are more than `LONGEST` decisions.

    """

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
        """Return the schedule for a JSON report."""
        return {"version": VERSION, "switching": self.switching.value, "runs": [list(each) for each in self.runs]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schedule:
        """Return the schedule that `to_json` wrote.

        Raises:
            LockproofError: `data` has another version of the format, or is no schedule.

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
    """What a strategy knows at a decision. The engine reuses one object, and its set `touched`: do not keep them.

    Attributes:
        current: the thread that ran last.
        enabled: the threads that can continue, in the order of their numbers.
        free: whether leaving `current` is no preemption: it cannot continue, or it has `yielded`.
        yielded: whether `current` waits for others in a loop, sleeps, or has run for long. A strategy with priorities
            should give it the lowest.
        step: how many switch points the run has had, this one included.
        pending: for each thread the name of its next access, "" if unknown. Two accesses may touch the same thing if
            their names `meet`.
        places: for each thread a number of the place in the code where it was at its last decision, and of its next
            access; equal numbers in all runs of a process mean equal places. For a strategy that needs them.
        touched: the numbers of the locks and threads that were touched since the last decision.
        steps: the steps of the run so far, for a strategy that needs them (see `Strategy`).
        own: what the chosen thread's step alone had touched, if other threads continued after it without a decision,
            because no other thread could; else None.

    """

    __slots__ = ("current", "enabled", "free", "own", "pending", "places", "step", "steps", "touched", "yielded")

    def __init__(self) -> None:
        self.current = 0
        self.enabled: tuple[int, ...] = ()
        self.free = self.yielded = False
        self.step = 0
        self.pending: Sequence[str] = ()
        self.places: Sequence[int] = ()
        self.steps: Sequence[RunStep] = ()
        self.touched: set[int] = set()
        self.own: frozenset[int] | None = None


@dataclass(frozen=True)
class Ran:
    """A run under control, as a strategy sees it at the end.

    Attributes:
        choices: the thread chosen at each decision. In a redundant run, the last decisions are missing.
        preemptions: how many of the decisions were preemptions.
        steps: for each thread, how many switch points it had.
        firsts: for each thread, the name of its first access (see `Point.pending`). No decision shows this name: a
            thread that has not begun has no pending access, and makes its first one without a decision.
        redundant: whether another run shows the same.
        failed: whether the run has a finding.
        steps_made: its steps, for a strategy that needs them; without those of a redundant rest.
        waiting: for each thread that waits for a lock at the end, the step that it would make.
        gaps: in words, what the steps may lack.
        kinds: for each thread, what it runs: equal for threads that run the same function, in this run or another one.

    """

    choices: Sequence[int]
    preemptions: int
    steps: Sequence[int]
    firsts: Sequence[str] = ()
    redundant: bool = False
    failed: bool = False
    steps_made: Sequence[RunStep] = ()
    waiting: Sequence[RunStep] = ()
    gaps: Sequence[str] = ()
    kinds: Sequence[object] = ()


class Redundant(Exception):
    """Raised by `Strategy.choose` if the rest of the run would show nothing new.

    The engine still runs it to its end, and asks the strategy nothing more. A run that is cut off would leave the state
    that runs share, like caches of a module, half changed.
    """


class Strategy(Protocol):
    """Chooses the thread that continues, at each decision of each run. Any class with these three methods is one.

    A strategy may also have a method `forced(thread, point)`. The engine calls it when a thread continues without a
    decision, because no other thread can. It returns whether the rest of the run is redundant.

    A strategy whose attribute `needs_steps` is true is shown the steps of the run, which takes time. One whose
    attribute `needs_places` is true is shown where the threads are.
    """

    def begin(self) -> bool:
        """Prepare the next run, and return True; return False if there is no further run."""
        ...

    def choose(self, point: Point) -> int:
        """Return the thread that continues, one of `point.enabled`.

        Raises:
            Redundant: the rest of the run would show nothing new.

        """
        ...

    def end(self, ran: Ran) -> None:
        """Take note of the run that has ended."""
        ...
