"""What a check makes of its results: which scenario to run next, runs taken together, what limits a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Final

from lockproof.campaign.protocol.answers import Answer, joined
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.environment import Environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission, clause, next_step
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Outcome

SHARES: Final = {False: (0.1, 0.3, 0.35, 0.25), True: (0.15, 0.35, 0.2, 0.3)}
"""How real threads and schedules share the budget, in turns, by whether the GIL is on: then threads show less.

What threads find without the GIL they mostly find at once, so the first turn is short, and the next ones know which
operations look exposed.
"""

SHORT: Final = 1.0
"""Seconds for making small what a mutant shows, and as many for its label: there are many mutants."""

EXPLAINING: Final = 2.0
"""Seconds for finding a schedule that explains what real threads have shown, and as many for its label."""

FIRST_LOOK: Final = 0.02
"""Seconds for a scenario that is tried for the first time: some thousand invocations, or a few hundred with locks."""

LONGEST_LOOK: Final = 1.0


@dataclass
class Tried:
    """A scenario in the pool: for how long it was run, how many different outcomes it showed."""

    scenario: Scenario
    seconds: float = 0.0
    outcomes: int = 0


@dataclass
class Pool:
    """Scenarios that were run on real threads. New ones take turns with those that showed most outcomes for their time.

    `few` is how many new scenarios have half of the time; later ones have a third.
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
        """Return a scenario to run again, and for how long.

        In turns: the one that shows most for its time, and a small one that has had little of it.
        """
        if next(self._turns) % 2:
            chosen = max(self.tried, key=lambda each: each.outcomes / each.seconds)
        else:
            chosen = min(self.tried, key=lambda each: each.seconds * each.scenario.size[0] ** 2)
        return chosen, min(4 * chosen.seconds, LONGEST_LOOK)

    def add(self, tried: Tried, result: RunResult) -> bool:
        """Note the runs of a scenario; return whether they were the first of it."""
        new = not tried.seconds
        if new:
            self.tried.append(tried)
        tried.seconds += result.seconds
        self._spent[new] += result.seconds
        tried.outcomes = max(tried.outcomes, result.distinct)
        return new


def not_judged(why: Doubt | Omission) -> LockproofError:
    """Return the refusal of a scenario that a user has given and that cannot be judged."""
    step = next_step(why) if isinstance(why, Doubt) else "change the scenario or the model"
    return LockproofError(f"the scenario cannot be judged: {clause(why)}", "", step)


def enough(result: RunResult) -> bool:
    """Tell whether so many runs failed that more would not tell more."""
    return result.failures >= 100


def merged(one: RunResult, other: RunResult) -> RunResult:
    """Return the runs of both, of the same scenario, as one result."""
    counts: dict[Outcome, int] = {}
    for outcome in (*one.outcomes, *other.outcomes):
        known = replace(outcome, count=0)
        counts[known] = counts.get(known, 0) + outcome.count
    worse = one if one.worst is not None else other
    return RunResult(
        one.scenario,
        one.invocations + other.invocations,
        one.seconds + other.seconds,
        one.failures + other.failures,
        dict(Counter(one.doubts) + Counter(other.doubts)),
        one.returned + other.returned,
        tuple(replace(outcome, count=n) for outcome, n in sorted(counts.items(), key=lambda each: -each[1])),
        max(one.distinct, other.distinct, len(counts)),
        worse.worst and replace(worse.worst, count=counts.get(replace(worse.worst, count=0), worse.worst.count)),
        worse.explanation,
        kinds=one.kinds,
        answers=tuple(
            Answer(line, final, raised) for (line, final), raised in joined({}, (*one.answers, *other.answers)).items()
        ),
    )


def limits(facts: Environment) -> list[str]:
    """Say what in the environment limits a verdict."""
    notes = []
    if facts.free_threaded and facts.gil:
        notes.append("importing the subject turned the GIL on: nothing here is about free threading; try PYTHON_GIL=0")
    if not Path("/proc/self/statm").exists():
        notes.append("the memory of the subject was not limited: this system has no /proc to read it from")
    if facts.processors < 2:
        notes.append("there is one processor: threads never ran at the same time")
    return notes
