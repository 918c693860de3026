"""How much is measured.

A round runs every benchmark once, with the subjects in turn: noise that lasts for seconds hits all subjects of an
operation alike, and a ratio is taken within a round. Within a round each benchmark has a process of its own, since
a process's memory layout alone can move a time by some percent; more rounds average that out as well.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Rounds, and what pyperf does in each."""

    name: str
    rounds: int
    values: int
    seconds: float
    """How long one value of an operation takes at least; pyperf calibrates its loops to it."""
    thread_seconds: float
    smoke: bool = False
    minutes: float = 0.0
    """About how long it takes for one build on two cores."""


FULL = Plan("full", rounds=7, values=5, seconds=0.02, thread_seconds=0.1, minutes=26)
FAST = Plan("fast", rounds=3, values=3, seconds=0.005, thread_seconds=0.03, minutes=7)
SMOKE = Plan("smoke", rounds=1, values=1, seconds=1e-6, thread_seconds=1e-6, smoke=True, minutes=0.2)
PLANS = {plan.name: plan for plan in (FULL, FAST, SMOKE)}
