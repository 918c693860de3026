"""Explores the races of the operators' cases under control, on the class and on its mutant."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from lockproof.engines.strategies.exhaustive import Preemptions
from tests.lockproof.engines.control.inside import explore
from tests.lockproof.mutation.operators.cases import CASES, Case

BOUND = 40
"""More preemptions than any of the races allows."""
FEW, MOST = 100, int(os.environ["MOST_SCHEDULES"])
"""Limits of schedules: for a first search of a deadly mutant, and for any race."""


def loaded(name: str, text: str) -> Any:
    module = ModuleType(name)
    module.__file__ = f"/{name}.py"
    sys.modules[name] = module
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module


def schedules(name: str, text: str, most: int) -> dict[str, Any]:
    strategies: list[Preemptions] = []

    def strategy() -> Preemptions:
        strategies.append(Preemptions(BOUND))
        return strategies[-1]

    answer = explore(loaded(name, text).race, strategy, most=most)
    failures = sum(answer["errors"].values()) + answer["deadlocks"] + answer["left"] + answer["held"]
    return {"failures": failures, "complete": strategies[-1].complete, "runs": answer["runs"]}


def explored(case: Case) -> dict[str, Any]:
    """Explore the race on the mutant and on the class: a deadly mutant until it fails, an equivalent one in all
    schedules.
    """
    name = case.name.replace("-", "_")
    text = case.mutant().source
    mutant = schedules(name, text, FEW if case.deadly else MOST)
    if case.deadly and not mutant["failures"]:
        mutant = schedules(name, text, MOST)
    return {"mutant": mutant, "itself": schedules(f"{name}_itself", case.text, MOST)}


def ask_cases() -> dict[str, Any]:
    return {case.name: explored(case) for case in CASES}
