"""Which scenario runs next on real threads: a new one, or one that has run before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.scenario import Scenario

FIRST_LOOK: Final = 0.02
"""Seconds for a scenario that runs for the first time: some thousand invocations, or a few hundred with locks."""

LONGEST_LOOK: Final = 1.0
"""Seconds at most for a scenario that runs again. Each time it gets four times what it has had, up to this bound."""


@dataclass
class Tried:
    """A scenario in the pool: for how many seconds it has run, and how many distinct outcomes it has shown."""

    scenario: Scenario
    seconds: float = 0.0
    outcomes: int = 0


@dataclass
class ScenarioPool:
    """The scenarios that have run on real threads. A new scenario takes turns with those that have run before.

    The first `few` new scenarios have half of the time, later ones a third.
    """

    few: int
    tried: list[Tried] = field(default_factory=list)
    _spent: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    _turns: Iterator[int] = field(default_factory=count)

    @property
    def wants_new(self) -> bool:
        """Whether a new scenario is next."""
        share = 1 if len(self.tried) < self.few else 0.5
        return not self.tried or self._spent[True] * share <= self._spent[False]

    def known(self) -> tuple[Tried, float]:
        """Return a scenario to run again, and for how many seconds.

        In turns: the scenario with most outcomes for its time, and a small scenario that has had little time.
        """
        if next(self._turns) % 2:
            chosen = max(self.tried, key=lambda each: each.outcomes / each.seconds)
        else:
            chosen = min(self.tried, key=lambda each: each.seconds * each.scenario.size[0] ** 2)
        return chosen, min(4 * chosen.seconds, LONGEST_LOOK)

    def add(self, tried: Tried, result: RunResult) -> bool:
        """Add the runs of a scenario; return whether they are its first."""
        new = not tried.seconds
        if new:
            self.tried.append(tried)
        tried.seconds += result.seconds
        self._spent[new] += result.seconds
        tried.outcomes = max(tried.outcomes, result.distinct)
        return new
