"""Every trace: of all schedules that order the conflicting steps alike, one; with no bound on preemptions.

Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014, algorithm 1). A run is searched for races
at its end. For each race, some thread that can begin the reversed order must be chosen, in another run, where the first
of the two steps was chosen. Sleep sets leave out what an earlier run has shown.

The dependence of steps is an upper bound (see `RunStep.depends`). So the search may run a trace more than once, and
leaves none out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lockproof.core.run_steps import RunStep
from lockproof.core.schedule import Point, Ran, Redundant
from lockproof.engines.strategies.exhaustive import Diverged
from lockproof.engines.strategies.happens_before import HappensBefore

LONGEST: Final = 2_000
"""Steps of a run, at most: the search for races takes time that grows with their square."""


MOST_RACES: Final = 200
"""Data races that are remembered; many of them are of the same lines."""


@dataclass
class _Node:
    """A decision on the path.

    Attributes:
        enabled: the threads that could go on.
        asleep: the threads whose next step would repeat what was run, each with that step.
        chosen: the thread that goes on in this run.
        wanted: the threads that must be chosen here, in this run or another one.
        tried: the threads that were chosen here, each with its step.

    """

    enabled: tuple[int, ...]
    asleep: dict[int, RunStep]
    chosen: int
    wanted: set[int]
    tried: dict[int, RunStep] = field(default_factory=dict)


class Traces:
    """All traces. `runs` counts complete runs, `redundant` those that turned out to repeat a trace.

    `races`: pairs of steps of a run that are a data race. `exhausted`: no trace is left. `gaps`: why there may be
    others all the same, in words; if a run has more than `LONGEST` steps, the search ends early. It asks the engine for
    the steps of each run.
    """

    needs_steps = True

    def __init__(self) -> None:
        self._path: list[_Node] = []
        self._depth = 0
        self._began = False
        self._from = 0
        self._known = 0
        self.runs = self.redundant = 0
        self.races: dict[tuple[RunStep, RunStep], None] = {}
        self.gaps: dict[str, None] = {}
        self.exhausted = False

    def begin(self) -> bool:
        """Get ready for the next trace."""
        self._depth = self._from = self._known = 0
        if not self._began:
            self._began = True
            return True
        while self._path:
            node = self._path[-1]
            left = sorted(node.wanted - node.tried.keys() - node.asleep.keys())
            if left:
                node.chosen = left[0]
                return True
            self._path.pop()
        self.exhausted = not self.gaps
        return False

    def choose(self, point: Point) -> int:
        """Choose as the run before, up to the decision where this run differs; then keep to the running thread.

        Raises:
            Diverged: the decision is another one than in the run before.
            Redundant: each thread that can go on is asleep.

        """
        if self._depth < len(self._path):
            node = self._path[self._depth]
            if node.enabled != point.enabled:
                raise Diverged
            self._depth += 1
            self._from = self._known = len(point.steps)
            return node.chosen
        asleep = self._asleep(point.steps)
        awake = [each for each in point.enabled if each not in asleep]
        if not awake:
            self._known = len(point.steps)
            raise Redundant
        chosen = point.current if point.current in awake and not point.free else awake[0]
        self._path.append(_Node(point.enabled, asleep, chosen, {chosen}))
        self._depth += 1
        self._known = len(point.steps)
        return chosen

    def forced(self, index: int, point: Point) -> bool:
        """Tell whether the one thread that can go on is asleep: then the rest of the run shows nothing new."""
        return self._depth == len(self._path) and index in self._asleep(point.steps)

    def end(self, ran: Ran) -> None:
        """Look for races in the run, and note which threads must be chosen where.

        Raises:
            Diverged: the run ended before the decision where it should differ.

        """
        if ran.redundant:
            self.redundant += 1
        elif self._depth < len(self._path):
            raise Diverged
        else:
            self.runs += 1
        if len(ran.steps_made) > LONGEST:
            self.gaps[f"a run has more than {LONGEST:,} steps"] = None
            self._path.clear()
            return
        self._note_tried(ran.steps_made)
        self._reverse(ran.steps_made, ran.waiting)

    def _asleep(self, steps: Sequence[RunStep]) -> dict[int, RunStep]:
        """Return the threads that are asleep after the last decision and these steps."""
        if not self._path:
            return {}
        self._note_tried(steps)
        before = self._path[-1]
        known = before.asleep | {each: step for each, step in before.tried.items() if each != before.chosen}
        since = steps[self._known :]
        return {
            each: step
            for each, step in known.items()
            if each != before.chosen and not any(step.depends(other) for other in since)
        }

    def _note_tried(self, steps: Sequence[RunStep]) -> None:
        if not self._path or self._depth != len(self._path):
            return
        node, number = self._path[-1], len(self._path) - 1
        if node.chosen not in node.tried:
            made = next((each for each in steps[self._known :] if each.decision == number), None)
            node.tried[node.chosen] = made or RunStep(node.chosen)

    def _reverse(self, steps: Sequence[RunStep], waiting: Sequence[RunStep]) -> None:
        """Reverse each race of a run in another one."""
        order = HappensBefore()
        for number, step in enumerate(steps):
            for first in order.add(step):
                if number >= self._from:  # an earlier run had the same steps until then
                    self._want(order, first, order.reversal(first, number))
                    self._note_race(order.steps[first], step)
        if order.early:
            self.gaps["a thread looks at one that might not have been started yet"] = None
        for step in waiting:
            for first, reversal in order.would_race(step):
                self._want(order, first, reversal)

    def _note_race(self, one: RunStep, other: RunStep) -> None:
        """Keep two steps that no lock orders, if both are accesses to a known thing: a data race."""
        if len(self.races) < MOST_RACES and one.site and other.site and one.shared(other) is not None:
            self.races[one, other] = None

    def _want(self, order: HappensBefore, first: int, reversal: Sequence[int]) -> None:
        """Have some thread chosen that can begin this reversal of a race, in place of its first step."""
        decision = order.steps[first].decision
        if decision < 0:
            return self._want_all(order, first)
        node = self._path[decision]
        initials = order.initials(reversal)
        if node.wanted.isdisjoint(initials):
            able = [each for each in initials if each in node.enabled]
            thread = order.steps[reversal[-1]].thread
            node.wanted |= {thread if thread in able else able[0]} if able else set(node.enabled)
        return None

    def _want_all(self, order: HappensBefore, first: int) -> None:
        """Want every thread at the last decision before a step that came without one."""
        for step in reversed(order.steps[: first + 1]):
            if step.decision >= 0:
                self._path[step.decision].wanted |= set(self._path[step.decision].enabled)
                return
