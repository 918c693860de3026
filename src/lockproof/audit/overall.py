"""How far many checks are: as one `Progress`, made from that of the units that run."""

from __future__ import annotations

import threading
import time
from typing import Final

from lockproof.core.options import Progress, Tell
from lockproof.core.unit import Unit, UnitOutcome

START: Final = 1.5
"""Seconds beyond its budget that a unit takes, before one has been seen: processes start."""


class UnitsProgress:
    """Counts units and findings, and estimates the time that is left.

    Args:
        units: the units that will run.
        before: how many were done before.
        jobs: how many run at a time.
        tell: gets the progress of all.

    """

    def __init__(self, units: int, before: int, jobs: int, tell: Tell) -> None:
        self._units, self._before, self._jobs, self._tell = units, before, jobs, tell
        self._began = time.monotonic()
        self._started: dict[Unit, float] = {}
        self._took: list[float] = []
        self._findings = 0
        self._lock = threading.Lock()

    def told(self, unit: Unit, progress: Progress) -> None:
        """Take the progress of one unit."""
        with self._lock:
            self._started.setdefault(unit, time.monotonic() - progress.elapsed)
            self._say(unit)

    def ended(self, outcome: UnitOutcome) -> None:
        """Take that a unit has ended."""
        with self._lock:
            now = time.monotonic()
            self._took.append(now - self._started.pop(outcome.unit, now))
            self._findings += len(outcome.report.findings) if outcome.report is not None else 0
            self._say(next(iter(self._started), outcome.unit))

    def _say(self, unit: Unit) -> None:
        elapsed = time.monotonic() - self._began
        each = sum(self._took) / len(self._took) if self._took else unit.options.budget + START
        # Units that run for longer than the others took tell of a slow machine before they end.
        slow = [age for begun in self._started.values() if (age := time.monotonic() - begun) > each]
        each = sum(took) / len(took) if (took := [*self._took, *slow]) else each
        left = (self._units - len(self._took)) * each / max(1, min(self._jobs, self._units))
        done = f"{len(self._took) + self._before} of {self._units + self._before} done"
        text = f"{done}, about {_rough(left)} left, now {unit.target}"
        self._tell(Progress("checking", elapsed, 0.0, text=text, findings=self._findings))


def _rough(amount: float) -> str:
    """Return a time that is only an estimate: `40 s`, `12 min`, `3.5 h`."""
    if amount < 90:
        return f"{max(1, round(amount))} s"
    return f"{round(amount / 60)} min" if amount < 5400 else f"{amount / 3600:.1f} h"
