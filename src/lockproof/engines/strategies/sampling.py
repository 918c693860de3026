"""Strategies that draw schedules at random, each with another idea of which ones are worth more.

All are functions of a seed. What they learn of the program (how many steps, what they are about), they learn from the
runs before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from lockproof.core.schedule import CONTAINER, Point, Ran, meet

DEPTH: Final = 3
"""The usual depth for PCT: a bug that needs an order of three steps."""


class _Priorities(dict[int, float]):
    """A priority for each thread, drawn when it is first asked for."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._draw = random.random

    def __missing__(self, thread: int) -> float:
        self[thread] = drawn = self._draw()
        return drawn


class RandomWalk:
    """Every thread that can go on is as likely as any other, at each decision."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"walk/{seed}")

    def begin(self) -> bool:
        """Always."""
        return True

    def choose(self, point: Point) -> int:
        """Draw."""
        return point.enabled[int(self._random.random() * len(point.enabled))]

    def end(self, ran: Ran) -> None:
        """Nothing to learn."""


class PCT:
    """Random priorities, and `depth` - 1 moments at which the running thread falls behind all others.

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
        """Choose the highest priority, after a change or a yield of the running thread."""
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
        """Learn how long runs are."""
        self._longest = max(self._longest, len(ran.choices))


class POS:
    """A random priority for each pending access, drawn again when it is done and when it races with the one done.

    Yuan, Yang, Gu: partial order sampling (CAV 2018).
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
        """Nothing to learn."""


class SURW:
    """Selectively uniform random walk: the orders of the accesses to one thing are all about equally likely.

    Zhao and others (ASPLOS 2025). For each run one thing is chosen that several threads access. A thread is *intended*
    to be the next one there, drawn in proportion to the accesses that each has left; the others wait before theirs.
    How many each has is learnt from the runs before. Whatever else is done comes in the order of random priorities.
    Containers of each type are such a thing, and all containers together, since not every access tells of which it is.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(f"surw/{seed}")
        self._counts: dict[str, Counter[int]] = {}
        self._firsts: dict[int, str] = {}
        self._seen = defaultdict[str, Counter[int]](Counter)
        self._left: Counter[int] = Counter()
        self._thing = ""
        self._compared: int | None = None
        self._intended = -1
        self._priorities = _Priorities(self._random)

    def begin(self) -> bool:
        """Choose the thing that this run is about."""
        shared = sorted(name for name, by in self._counts.items() if name and len(by) > 1)
        if any(self._counts[name] == self._counts[CONTAINER] for name in shared if name[1:] and name[0] == CONTAINER):
            shared.remove(CONTAINER)  # there are no others
        self._thing = self._random.choice(shared) if shared else ""
        self._left = Counter(self._counts.get(self._thing, {}))
        self._compared = 1 if self._thing == CONTAINER else None  # of names: containers of every type
        self._seen, self._priorities = defaultdict(Counter), _Priorities(self._random)
        self._intended = self._drawn(self._left)
        return True

    def choose(self, point: Point) -> int:
        """Choose by priority among those that need not wait for the intended thread."""
        priorities, enabled, thing = self._priorities, point.enabled, self._thing
        if point.yielded:
            priorities[point.current] = -self._random.random()
        able: Sequence[int] = enabled
        if thing:
            pending, firsts, intended = point.pending, self._firsts, self._intended
            able = [t for t in enabled if t == intended or (pending[t] or firsts.get(t, ""))[: self._compared] != thing]
            if not able:
                self._intended = self._drawn({t: max(self._left[t], 1) for t in enabled})
                able = (self._intended,)
        chosen = max(able, key=priorities.__getitem__)
        name = point.pending[chosen] or self._firsts.get(chosen, "")
        self._seen[name][chosen] += 1
        if thing and name[: self._compared] == thing:
            if self._left[chosen] > 1:
                self._left[chosen] -= 1
            else:
                del self._left[chosen]
            priorities[chosen] = self._random.random()
            self._intended = self._drawn(self._left)
        return chosen

    def end(self, ran: Ran) -> None:
        """Learn how often each thread accesses what."""
        for thread, name in enumerate(ran.firsts):
            if name:  # nobody decided before it, so it was not seen
                self._firsts[thread] = name
                self._seen[name][thread] += 1
        inside = [by for name, by in self._seen.items() if name[:1] == CONTAINER]
        self._seen[CONTAINER] = sum(inside, Counter())
        for name, by in self._seen.items():
            known = self._counts.setdefault(name, Counter())
            for thread, count in by.items():
                known[thread] = max(known[thread], count)

    def _drawn(self, left: Mapping[int, int]) -> int:
        """Draw a thread in proportion to the accesses it has left; -1 if there is none."""
        return self._random.choices([*left], [*left.values()])[0] if left else -1
