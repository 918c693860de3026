"""A scenario whose only finalizer is that of an element of lockproof's own."""

from __future__ import annotations

from typing import Any

from lockproof.core.probes import Dying
from lockproof.core.scenario import Scenario
from lockproof.engines.control.program import ScenarioProgram
from tests.lockproof.engines.control.inside import engine, first_schedule


class Visited(list[Any]):
    """Counts the calls of `len` on it: a dying element makes one."""

    visits = 0

    def __len__(self) -> int:
        self.visits += 1
        return super().__len__()


def ask_visits() -> list[list[Any]]:
    """The number of calls when an element's maker ends before another thread drops the element, in five runs."""
    text = "-> a.append(Dying(a, 1)) || a.clear() -> a.visits"
    program = ScenarioProgram(Scenario.parse(text), Visited, {"Dying": Dying})
    found = []
    for _ in range(5):
        strategy = first_schedule()
        strategy.begin()
        engine.run(program, strategy)
        found.append(program.final)
    return found
