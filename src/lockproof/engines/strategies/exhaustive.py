"""Strategies that come to an end: all orders of synchronization, or all schedules within a bound on preemptions.

`SyncOrders` is a depth-first search with sleep sets (Godefroid 1996): of the schedules that differ only in the order of
steps which touch no lock, thread or clock in common, the search runs one. Sleep sets leave no order out; they save
exactly the repetition. They do not go together with a bound on preemptions: a redundant schedule may be the only one of
its kind within the bound.

`Preemptions` is iterative context bounding (Musuvathi, Qadeer 2007): no schedule runs twice, and schedules with fewer
preemptions come first. Most known bugs need one or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Final

from lockproof.core.schedule import Point, Ran, Redundant

MOST_WAITING: Final = 300_000
"""The most schedules that a search remembers in order to run them later."""


class Diverged(Exception):
    """The same choices led to another decision: something that is not under control has an effect on the run."""


@dataclass
class _Node:
    """A decision on the path; `asleep` and `tried` map a thread to the numbers that its step touches.

    `tried`: the threads chosen here so far. `asleep`: the threads whose step would repeat an order that was run.
    """

    enabled: tuple[int, ...]
    asleep: dict[int, set[int]]
    chosen: int
    tried: dict[int, set[int]] = field(default_factory=dict)


class SyncOrders:
    """All orders of operations on locks, threads and time; of orders that differ in independent operations only, one.

    `runs` counts complete runs, `redundant` runs that turned out to repeat an order. `exhausted`: no order is left.
    """

    def __init__(self) -> None:
        self._path: list[_Node] = []
        self._depth = 0
        self._began = False
        self._point: Point | None = None
        self.runs = self.redundant = 0
        self.exhausted = False

    def begin(self) -> bool:
        """Get ready for the next order."""
        self._depth = 0
        if not self._began:
            self._began = True
            return True
        while self._path:
            node = self._path[-1]
            left = [t for t in node.enabled if t not in node.tried and t not in node.asleep]
            if left:
                node.chosen = left[0]
                return True
            self._path.pop()
        self.exhausted = True
        return False

    def choose(self, point: Point) -> int:
        """Choose as the run before, up to the decision where this run differs; then keep to the running thread.

        Raises:
            Diverged: the decision is another one than in the run before.
            Redundant: each thread that can go on is asleep.

        """
        self._point = point
        self._note(point)
        if self._depth < len(self._path):
            node = self._path[self._depth]
            if node.enabled != point.enabled:
                raise Diverged
            self._depth += 1
            return node.chosen
        asleep = self._asleep(point.touched)
        awake = [t for t in point.enabled if t not in asleep]
        if not awake:
            raise Redundant
        chosen = point.current if point.current in awake and not point.free else awake[0]
        self._path.append(_Node(point.enabled, asleep, chosen))
        self._depth += 1
        return chosen

    def end(self, ran: Ran) -> None:
        """Note the numbers that the last step touched.

        Raises:
            Diverged: the run ended before the decision where it should differ.

        """
        if ran.redundant:
            self.redundant += 1
        elif self._depth < len(self._path):
            raise Diverged
        else:
            self.runs += 1
            if self._point is not None:
                self._note(self._point)

    def _note(self, point: Point) -> None:
        if self._depth and self._depth == len(self._path):
            node = self._path[-1]
            node.tried.setdefault(node.chosen, set(point.touched if point.own is None else point.own))

    def forced(self, index: int, point: Point) -> bool:
        """Tell whether the one thread that can go on is asleep: then the rest of the run shows nothing new."""
        self._point = point
        if self._depth != len(self._path) or index not in self._asleep(point.touched):
            return False
        self._note(point)
        return True

    def _asleep(self, touched: set[int]) -> dict[int, set[int]]:
        if not self._path:
            return {}
        before = self._path[-1]
        known = before.asleep | {t: what for t, what in before.tried.items() if t != before.chosen}
        return {t: what for t, what in known.items() if t != before.chosen and not what & touched}


class Preemptions:
    """All schedules with 0, then 1, ... then `bound` preemptions.

    All schedules with up to `level` preemptions have run; `level` is -1 at first. `by_level` counts the runs of each
    level, and `runs` all runs. `cut`: there were more schedules to remember than `MOST_WAITING`, so the search ends
    early. `more`: there are schedules with more preemptions than `bound`.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._now: list[tuple[Sequence[int], int, int]] = []
        self._later: list[tuple[Sequence[int], int, int]] = []
        self._prefix: list[int] = []
        self._next = 0
        self._found: list[tuple[int, tuple[int, ...], int, bool]] = []
        self._began = False
        self.level = -1
        self.runs = 0
        self.by_level: list[int] = [0]
        self.cut = self.more = self._cut_here = False

    @property
    def complete(self) -> bool:
        """Whether each schedule of the program has run: none has more preemptions than the bound."""
        return self._began and not self._now and not self._later and not self.cut and not self.more

    @property
    def waiting(self) -> int:
        """The number of schedules that wait to be run, at this level and the next."""
        return len(self._now) + len(self._later)

    def begin(self) -> bool:
        """Get ready for the next schedule."""
        self._next = 0
        self._found.clear()
        if not self._began:
            self._began = True
            return True
        if not self._now:
            if self._cut_here:
                return False
            self.level += 1
            if self.level >= self._bound or self.cut or not self._later:
                if not self._later and not self.cut:
                    self.level = self._bound  # no schedule has more preemptions
                return False
            self._now, self._later = spread(self._later), []
            self.by_level.append(0)
        choices, count, instead = self._now.pop()
        self._prefix = [*choices[:count], instead]
        return True

    def choose(self, point: Point) -> int:
        """Choose as this schedule says to its last choice, and then keep to the running thread as long as it can go on.

        Raises:
            Diverged: the schedule's choice cannot go on.

        """
        number = self._next
        self._next = number + 1
        if number < len(self._prefix):
            chosen = self._prefix[number]
            if chosen not in point.enabled:
                raise Diverged
            return chosen
        chosen = default(point)
        self._found.append((number, point.enabled, chosen, point.free))
        return chosen

    def end(self, ran: Ran) -> None:
        """Remember the schedules that begin like this run and then choose another thread.

        Raises:
            Diverged: the run ended before it had made the choices of its schedule.

        """
        if self._next < len(self._prefix):
            raise Diverged
        self.runs += 1
        self.by_level[-1] += 1
        choices = list(ran.choices)
        last = len(self.by_level) - 1 >= self._bound
        for number, enabled, chosen, free in self._found:
            if not free and last:
                self.more = True
                continue
            to = self._now if free else self._later
            if len(to) > MOST_WAITING:
                self.cut = True
                self._cut_here = self._cut_here or free
                continue
            to.extend((choices, number, other) for other in enabled if other != chosen)


def spread[T](items: Sequence[T]) -> list[T]:
    """Return the items so that new neighbours were far apart before: each step is a golden section of the length.

    Most searches stop long before their end. In the order of the program, such a search would have seen nothing but
    preemptions close to the program's beginning.
    """
    n = len(items)
    step = next((each for each in range(round(n * 0.618), n) if gcd(each, n) == 1), 1)
    return [items[k * step % n] for k in reversed(range(n))]


def default(point: Point) -> int:
    """Return the running thread, or the first other one where the running thread waits or yields."""
    if point.free or point.current not in point.enabled:
        return next((t for t in point.enabled if t != point.current), point.current)
    return point.current


class ScheduleReplay:
    """One run, by a schedule. `strict`: fail where the schedule is impossible, instead of using `default` there."""

    def __init__(self, choices: Sequence[int], *, strict: bool = True) -> None:
        self._choices, self._strict = list(choices), strict
        self._next = 0
        self._left = 1

    def begin(self) -> bool:
        """Get ready for the one run; false after it."""
        self._next = 0
        self._left -= 1
        return self._left >= 0

    def choose(self, point: Point) -> int:
        """Choose as the schedule says.

        Raises:
            Diverged: the schedule is strict, and its choice cannot go on or is missing.

        """
        number = self._next
        self._next = number + 1
        if number < len(self._choices) and self._choices[number] in point.enabled:
            return self._choices[number]
        if self._strict:
            raise Diverged
        return default(point)

    def end(self, ran: Ran) -> None:  # noqa: ARG002
        """Check that the run made all choices of the schedule.

        Raises:
            Diverged: the schedule is strict, and the run ended before its last choice.

        """
        if self._strict and self._next < len(self._choices):
            raise Diverged
