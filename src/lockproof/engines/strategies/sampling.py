"""Strategies that draw schedules at random, each with its own idea of which schedules are worth more.

The seed determines all choices. What a strategy knows of the program (the number of steps, the accesses of each
thread), it has learnt from earlier runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from random import Random
from typing import Final

from lockproof.core.run_steps import CONTAINER, meet
from lockproof.core.schedule import Point, Ran

DEPTH: Final = 3
"""The usual depth for PCT: a bug that needs an order of three steps."""


class _Priorities(dict[int, float]):
    """A priority for each thread, drawn at its first use."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._draw = random.random

    def __missing__(self, thread: int) -> float:
        self[thread] = drawn = self._draw()
        return drawn


class _Firsts(dict[int, str]):
    """The name of the first access of each thread; "" if it is not known."""

    def __missing__(self, thread: int) -> str:
        return ""


class RandomWalk:
    """At each decision, each thread that can go on is equally likely."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"walk/{seed}")

    def begin(self) -> bool:
        """Return true: the walk never ends."""
        return True

    def choose(self, point: Point) -> int:
        """Draw a thread."""
        return point.enabled[int(self._random.random() * len(point.enabled))]

    def end(self, ran: Ran) -> None:
        """Learn nothing."""


class PCT:
    """Random priorities, and `depth` - 1 moments at which the running thread gets the lowest priority.

    Burckhardt, Kothari, Musuvathi, Nagarakatti (ASPLOS 2010): finds a bug of depth d among n threads and k steps with
    probability 1/(n k^(d-1)) at least. k is the longest run so far.
    """

    def __init__(self, seed: int, depth: int = DEPTH) -> None:
        self._random = Random(f"pct/{seed}")
        self._depth = depth
        self._longest = 10
        self._priorities = _Priorities(self._random)
        self._changes: dict[int, int] = {}
        self._step = 0
        self._lowest = 0.0

    def begin(self) -> bool:
        """Draw the moments of change."""
        self._priorities = _Priorities(self._random)
        self._step, self._lowest = 0, -float(self._depth)
        moments = self._random.sample(range(self._longest), min(self._depth - 1, self._longest))
        self._changes = {moment: number for number, moment in enumerate(moments)}
        return True

    def choose(self, point: Point) -> int:
        """Choose the highest priority; a moment of change, or a yield, first lowers that of the running thread."""
        priorities = self._priorities
        number = self._changes.get(self._step)
        if number is not None:
            priorities[point.current] = -1.0 - number
        elif point.yielded:
            self._lowest -= 1
            priorities[point.current] = self._lowest
        self._step += 1
        return max(point.enabled, key=priorities.__getitem__)

    def end(self, ran: Ran) -> None:
        """Learn the length of the longest run."""
        self._longest = max(self._longest, len(ran.choices))


class POS:
    """Partial order sampling (Yuan, Yang, Gu; CAV 2018): a random priority for each pending access.

    A priority is drawn anew when the access is done, and when another access that races with it is done.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(f"pos/{seed}")
        self._priorities: dict[int, float] = {}
        self._last = -1
        self._did = ""

    def begin(self) -> bool:
        """Forget the priorities."""
        self._priorities, self._last, self._did = {}, -1, ""
        return True

    def choose(self, point: Point) -> int:
        """Choose the highest priority."""
        priorities, draw = self._priorities, self._random.random
        for thread in point.enabled:
            races = meet(self._did, point.pending[thread])
            if thread not in priorities or thread == self._last or races:
                priorities[thread] = draw()
        if point.yielded:
            priorities[point.current] = -draw()
        chosen = max(point.enabled, key=priorities.__getitem__)
        self._last, self._did = chosen, point.pending[chosen]
        return chosen

    def end(self, ran: Ran) -> None:
        """Learn nothing."""


class SURW:
    """Selectively uniform random walk (Zhao and others, ASPLOS 2025): all orders of one name's accesses equally likely.

    Each run is about one name that several threads access. One thread is *intended* to make the next access to it,
    drawn in proportion to the number of accesses that each thread has left; the other threads wait before theirs.
    Earlier runs tell the numbers of accesses. All other accesses follow random priorities. The containers of one type
    have a name, and so have all containers together, since the type of a container is not always known.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(f"surw/{seed}")
        self._counts: dict[str, dict[int, int]] = {}
        self._shared: list[str] | None = None
        self._firsts = _Firsts()
        self._seen: dict[str, dict[int, int]] = {}
        self._left: dict[int, int] = {}
        self._name = ""
        self._compared: int | None = None
        self._intended = -1
        self._priorities = _Priorities(self._random)

    def begin(self) -> bool:
        """Choose the name that this run is about."""
        if self._shared is None:
            self._shared = self._names()
        self._name = self._shared[self._below(len(self._shared))] if self._shared else ""
        self._left = dict(self._counts.get(self._name, {}))
        self._compared = 1 if self._name == CONTAINER else None  # first letters, alike for all types
        self._seen, self._priorities = {}, _Priorities(self._random)
        self._intended = self._drawn(self._left)
        return True

    def _names(self) -> list[str]:
        """Return the names that a run may be about."""
        counts = self._counts
        shared = sorted(name for name, by in counts.items() if name and len(by) > 1)
        if any(counts[name] == counts[CONTAINER] for name in shared if name[1:] and name[0] == CONTAINER):
            shared.remove(CONTAINER)  # all containers are of one type, which has a name of its own
        return shared

    def choose(self, point: Point) -> int:
        """Choose by priority among the threads that need not wait for the intended one."""
        priorities, enabled, about = self._priorities, point.enabled, self._name
        if point.yielded:
            priorities[point.current] = -self._random.random()
        pending, firsts, intended, compared = point.pending, self._firsts, self._intended, self._compared
        chosen, highest = -1, -inf
        for thread in enabled:
            priority = priorities[thread]
            # Of a hundred threads few are looked at: those with a higher priority than all before.
            if priority > highest and (
                not about or thread == intended or (pending[thread] or firsts[thread])[:compared] != about
            ):
                chosen, highest = thread, priority
        if chosen < 0:
            left = self._left
            chosen = self._intended = self._drawn({t: left[t] if t in left else 1 for t in enabled})  # noqa: SIM401
        name = point.pending[chosen] or self._firsts[chosen]
        self._count(name, chosen)
        if about and name[: self._compared] == about:
            if chosen in self._left:
                self._left[chosen] -= 1
                if not self._left[chosen]:
                    del self._left[chosen]
            priorities[chosen] = self._random.random()
            self._intended = self._drawn(self._left)
        return chosen

    def end(self, ran: Ran) -> None:
        """Learn how often each thread makes accesses of each name."""
        for thread, name in enumerate(ran.firsts):
            if name:  # there was no decision before this access, so `choose` did not count it
                self._firsts[thread] = name
                self._count(name, thread)
        inside: dict[int, int] = {}
        for name, by in self._seen.items():
            if name[:1] == CONTAINER:
                for thread, count in by.items():
                    inside[thread] = inside.get(thread, 0) + count
        self._seen[CONTAINER] = inside
        for name, by in self._seen.items():
            known = self._counts.setdefault(name, {})
            for thread, count in by.items():
                if count > known.get(thread, 0):
                    known[thread], self._shared = count, None

    def _below(self, count: int) -> int:
        """Draw a number from 0 on, as `Random.choice` does, whose code in Python would cause events under control."""
        bits, draw = count.bit_length(), self._random.getrandbits
        while (drawn := draw(bits)) >= count:
            pass
        return drawn

    def _count(self, name: str, thread: int) -> None:
        """Count an access of this run. No `Counter`: under control its methods, which are Python code, cost more.

        And no `get`: on 3.13t it waits, for what another thread has put into a dictionary, for a lock that it holds
        itself. That took a third of the time of a run.
        """
        if name not in self._seen:
            self._seen[name] = {thread: 1}
            return
        by = self._seen[name]
        by[thread] = by[thread] + 1 if thread in by else 1

    def _drawn(self, left: Mapping[int, int]) -> int:
        """Draw a thread in proportion to the accesses that it has left; -1 if no thread has any."""
        drawn = self._random.random() * sum(left.values()) if left else 0.0
        for thread, count in left.items():
            drawn -= count
            if drawn < 0:
                return thread
        return -1
