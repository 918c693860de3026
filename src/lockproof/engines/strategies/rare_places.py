"""Go on from where the threads have seldom been: the rare runs are steps towards rarer ones.

A flaw that needs many switches in one order is out of reach for strategies that draw each run anew: each switch
divides the chance. So this one keeps, for each *position* that it has come to, the shortest choices that lead there. It
begins most runs with those of a position that was seldom seen, and seldom chosen; from there it draws. A position is
where each thread stands in the code, and what it is about to access. It is no state of the program: two runs may come
to one position with other values. That keeps the positions few, and it is enough to tell "this compare-and-swap has
failed" from "it has not".

The idea is that of fuzzers that mutate the inputs which reached new code, and of Go-Explore (Ecoffet, Huizinga, Lehman,
Stanley and Clune, Nature 2021); for schedules compare RFF (Wolff, Duck and Roychoudhury, ASPLOS 2024).

Only accesses that conflict are worth a switch. Some runs, the first ones and then one of many, ask for their steps, and
tell the names of accesses for which two threads meet and one of them writes.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from lockproof.core.run_steps import CONTAINER, Access, RunStep
from lockproof.core.schedule import Point, Ran
from lockproof.engines.strategies.sampling import POS

FIRST_LOOKS: Final = 4
LOOKS: Final = 100
"""The first runs are searched for conflicts, and then each of so many: it takes twice the time of a run."""

ANEW: Final = 0.125
"""The share of runs that begin at the beginning."""

DRAWN: Final = 20
"""Of so many positions the rarest is chosen."""

MOST_POSITIONS: Final = 200_000
MOST_CHOICES: Final = 50_000_000
"""The most positions that are remembered, and the most choices of the runs that came to them, of two bytes each."""


@dataclass(slots=True)
class _Position:
    """Where the threads stood: after the first `length` of these choices; how often, and how often it was gone on from.

    The choices are those of a whole run, shared by all of its positions.
    """

    choices: array[int]
    length: int
    seen: int = 0
    chosen: int = 0


class RarePlaces:
    """Most runs begin with the choices of a rare position, and are drawn from there on."""

    needs_places = True

    def __init__(self, seed: int) -> None:
        self._random = Random(f"rare/{seed}")
        self._drawing = POS(seed)
        self._positions: dict[tuple[int, ...], _Position] = {}
        self._list: list[_Position] = []
        self._from = array("H")
        self._until = 0
        self._choices = array("H")
        self._kept = 0
        self._came = False  # to a position that was new, or nearer than before
        self._runs = 0
        self._conflicts = set[str]()
        self.needs_steps = True

    def begin(self) -> bool:
        """Choose the position to go on from."""
        self._runs += 1
        self.needs_steps = self._runs <= FIRST_LOOKS or self._runs % LOOKS == 0
        self._choices, self._until = array("H"), 0
        self._came = False
        random = self._random.random
        if self._list and random() >= ANEW:
            count = len(self._list)
            drawn = (self._list[int(random() * count)] for _ in range(DRAWN))
            rare = max(drawn, key=lambda each: random() / ((1 + each.seen) * (1 + each.chosen)))
            rare.chosen += 1
            self._from, self._until = rare.choices, rare.length
        return self._drawing.begin()

    def choose(self, point: Point) -> int:
        """Choose as the run that came to the position did, and then draw where the next access conflicts."""
        choices, current, enabled = self._choices, point.current, point.enabled
        number = len(choices)
        if current in enabled and not point.free and not self._may_conflict(point.pending[current]):
            chosen = current
        else:
            self._note(tuple(point.places), number)
            if number < self._until and self._from[number] in enabled:
                chosen = self._from[number]
            else:
                self._until = 0
                chosen = self._drawing.choose(point)
        choices.append(chosen)
        return chosen

    def end(self, ran: Ran) -> None:
        """Learn which accesses conflict."""
        self._kept += len(self._choices) if self._came else 0
        if self.needs_steps:
            self._learn(ran.steps_made)

    def _note(self, places: tuple[int, ...], number: int) -> None:
        known = self._positions.get(places)
        room = self._kept < MOST_CHOICES
        if known is not None:
            known.seen += 1
            if room and number < known.length:
                known.choices, known.length, self._came = self._choices, number, True
        elif room and len(self._list) < MOST_POSITIONS:
            known = self._positions[places] = _Position(self._choices, number)
            self._list.append(known)
            self._came = True

    def _may_conflict(self, name: str) -> bool:
        return name in self._conflicts or name == "" or self._runs <= FIRST_LOOKS

    def _learn(self, steps: Sequence[RunStep]) -> None:
        """Learn the names of accesses to what two threads access and one of them writes.

        Accesses to containers that are not known count as accesses to one more container.
        """
        met = defaultdict[object, _Met](_Met)
        for step in steps:
            for part in step.parts:
                if isinstance(part, Access):
                    thing: object = part.object or (CONTAINER if part.name[:1] == CONTAINER else part.name)
                    met[thing].add(step, writes=part.writes)
                elif step.name[:1] not in (CONTAINER, "."):  # an access that is followed by the release of a lock
                    met["sync", part.number].add(step, writes=True)
        for each in met.values():
            if each.written and len(each.threads) > 1:
                self._conflicts |= each.names


class _Met:
    """The threads that access one thing, whether one of them writes it, and the names of the accesses."""

    def __init__(self) -> None:
        self.threads, self.names = set[int](), set[str]()
        self.written = False

    def add(self, step: RunStep, *, writes: bool) -> None:
        self.threads.add(step.thread)
        self.names.add(step.name)
        self.written |= writes
