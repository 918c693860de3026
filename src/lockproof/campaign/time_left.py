"""How long the rest of `lockproof mutate` takes, estimated from the mutants that are done."""

from __future__ import annotations

import statistics


class TimeLeft:
    """Knows how long the checks of mutants took with each engine.

    `budget` is the seconds of one mutant; `jobs` is how many mutants are explored at a time.
    """

    def __init__(self, budget: float, jobs: int) -> None:
        self._budget, self._jobs = budget, jobs
        self._took: dict[str, list[float]] = {"schedules": [], "threads": []}

    def add(self, engine: str, seconds: float) -> None:
        """Note how long one check took."""
        self._took[engine].append(seconds)

    def estimate(self, mutants: int, judged: int, passed: int) -> float | None:
        """Return the seconds that are left; None before the first check has ended.

        Of so many `mutants`, `judged` have a fate, and `passed` wait for real threads. Of those that were not explored
        the same share is expected to pass.
        """
        if not self._took["schedules"]:
            return None
        unexplored = mutants - judged - passed
        passing = passed / max(1, passed + judged)
        one_on_threads = statistics.mean(self._took["threads"] or [self._budget / 2])
        exploring = statistics.mean(self._took["schedules"]) * unexplored / self._jobs
        return exploring + one_on_threads * (passed + passing * unexplored)
