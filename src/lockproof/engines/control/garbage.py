"""Frees what runs leave behind in cycles, since the collector of the interpreter is off under control.

A collection between two runs takes as long as there are young objects; on a free-threaded build, as long as there are
objects at all: 8 ms, as much as twenty runs. So the time between two collections grows while they find little.
"""

from __future__ import annotations

import gc
from typing import Final

OFTEN: Final = 200
SELDOM: Final = 3200
"""Runs between two collections, at least and at most."""

MUCH: Final = 20_000
"""Objects found by a collection after which the next one comes sooner."""


class Garbage:
    """When to collect: depends on counts alone, so that it repeats."""

    def __init__(self) -> None:
        self._every, self._runs = OFTEN, 0

    def after_run(self) -> None:
        """Take note of a run, and collect if it is time to."""
        self._runs += 1
        if self._runs >= self._every:
            self._runs = 0
            much = gc.collect(0) > MUCH
            self._every = max(OFTEN, self._every // 2) if much else min(SELDOM, self._every * 2)
