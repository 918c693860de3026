"""Strategies of a user: one that works, and three that do not keep to the protocol."""

from __future__ import annotations

import random

from lockproof.core.schedule import Point, Ran


class AtRandom:
    """A strategy: draws a thread at each decision, a hundred times."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._runs = 0

    def begin(self) -> bool:
        """Get ready for the next run."""
        self._runs += 1
        return self._runs <= 100

    def choose(self, point: Point) -> int:
        """Return the thread to go on."""
        return self._draw.choice(point.enabled)

    def end(self, ran: Ran) -> None:
        """Learn nothing."""


class NoChoice(AtRandom):
    """Has no method that chooses."""

    choose = None  # type: ignore[assignment]


class ChoosesWrongly(AtRandom):
    """Chooses a thread that is not there."""

    def choose(self, point: Point) -> int:
        """Return what is wrong."""
        return 77


class WithoutSeed:
    """Takes no seed."""
