"""Of many threads let few meet: these interleave, and the others run before them or after them.

Of 105 real concurrency bugs, 101 need an order among at most two threads (Lu, Park, Seo and Zhou, ASPLOS 2008). In a
program of a hundred threads the two that matter seldom meet by chance, and the others often hide what they did. So each
run has a *cast*: two threads, seldom more, which another strategy interleaves.

The cast is drawn by kind first, and among the threads of a kind then. Threads that run the same function are of one
kind. So one reader beside ninety-nine writers is in three of four casts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import Any, Final

from lockproof.core.schedule import Point, Ran
from lockproof.engines.strategies.sampling import PCT, POS, SURW, RandomWalk

FEW: Final = 2
"""The smallest cast. Each further thread is half as likely."""

FIRST: Final = 0
"""The number of the first thread, which starts others. It is in a cast only if it accesses what others do meanwhile."""


class FewThreads:
    """Another cast in each run, interleaved by the next one of the drawing strategies.

    A thread of the cast waits until the whole cast has started. The others go on where nobody of the cast can.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(f"few/{seed}")
        self._strategies: list[Any] = [made(seed) for made in (RandomWalk, SURW, PCT, POS)]
        self._within: Any = self._strategies[0]
        self._runs = 0
        self._kinds: list[list[int]] = []
        self._names: tuple[set[str], set[str]] = set(), set()  # accessed by the first thread, and by the others
        self._cast: set[int] = set()
        self._missing: set[int] = set()
        self._made: list[int] = []  # the choices within the cast

    def begin(self) -> bool:
        """Draw the cast, and take the next strategy."""
        self._within = self._strategies[self._runs % len(self._strategies)]
        self._runs += 1
        self._cast = self._drawn()
        self._missing, self._made = set(self._cast), []
        return bool(self._within.begin())

    def choose(self, point: Point) -> int:
        """Choose within the cast as its strategy says; of the others, keep to the one that runs."""
        cast, enabled = self._cast, point.enabled
        able = tuple(thread for thread in enabled if thread in cast)
        self._missing.difference_update(able)
        if able and (not self._missing or len(able) == len(enabled)):
            point.enabled = able
            try:
                chosen: int = self._within.choose(point)
            finally:
                point.enabled = enabled
            self._made.append(chosen)
        elif point.current in enabled and point.current not in cast and not point.free:
            chosen = point.current
        else:
            others = [thread for thread in enabled if thread not in cast]
            chosen = others[int(self._random.random() * len(others))]
        self._names[chosen != FIRST].add(point.pending[chosen])
        return chosen

    def end(self, ran: Ran) -> None:
        """Learn what kinds of threads there are."""
        self._within.end(replace(ran, choices=self._made))
        self._names[1].update(ran.firsts[1:])
        kinds = defaultdict[object, list[int]](list)
        for thread, kind in enumerate(ran.kinds):
            if thread != FIRST or self._names[0] & self._names[1] - {""}:
                kinds[kind].append(thread)
        self._kinds = list(kinds.values())

    def _drawn(self) -> set[int]:
        """Draw a cast."""
        cast = set[int]()
        left = [list(kind) for kind in self._kinds]
        while left and (len(cast) < FEW or self._random.random() < 0.5):
            cast.add(self._taken(self._taken(left, stays=True)))
            left = [each for each in left if each]
        return cast

    def _taken[T](self, things: list[T], *, stays: bool = False) -> T:
        number = int(self._random.random() * len(things))
        return things[number] if stays else things.pop(number)
