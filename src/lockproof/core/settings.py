"""Settings that all checks of one test run share, and the totals of these checks.

The pytest plugin imports this module in every test run, so it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

REASON_PREFIX: Final = "because:"
"""The prefix of the totals that count reasons of UNKNOWN verdicts; the code of the reason follows."""


class Settings:
    """The pytest plugin sets these; `lockproof.check` reads them, and adds its numbers to `totals`.

    Attributes:
        budget: seconds for a check without a budget of its own; None: the default of the check.
        seed: the seed for a check without one of its own; None: each check draws one.
        skip: what the checks of the running test excuse, besides what they say themselves.
        make_store: makes the directory for failing scenarios and returns it; None: nothing is kept.
        scenarios: the file of scenarios that failed once; None: there is none.
        failed: for each target the scenarios that failed in this test run, each with why.
        totals: sums over all checks, by name.
        parallel: sums over the tests that were explored, or not explored, by name.
        unexplored: why a test was not explored, by its node id.
        exploring: this process is the one under control that explores tests.

    """

    def __init__(self) -> None:
        self.budget: float | None = None
        self.seed: int | None = None
        self.skip: tuple[str, ...] = ()
        self.make_store: Callable[[], Path] | None = None
        self.scenarios: Path | None = None
        self.failed: dict[str, dict[str, str]] = {}
        self.totals: dict[str, float] = {}
        self.parallel: dict[str, float] = {}
        self.unexplored: dict[str, str] = {}
        self.exploring = False
        self._lock = Lock()

    @property
    def store(self) -> Path | None:
        """The directory for failing scenarios; None if nothing is kept.

        The first check that reads this makes the directory, so a test run without a check writes nothing.
        """
        return None if self.make_store is None else self.make_store()

    def keep(self, target: str, scenarios: dict[str, str]) -> None:
        """Add scenarios of a target that failed. Any thread may call this."""
        with self._lock:
            self.failed.setdefault(target, {}).update(scenarios)

    def add(self, amounts: dict[str, float]) -> None:
        """Add amounts to the totals of these names. Any thread may call this."""
        with self._lock:
            for name, amount in amounts.items():
                self.totals[name] = self.totals.get(name, 0) + amount

    def add_parallel(self, amounts: dict[str, float]) -> None:
        """Add amounts to those of the tests that were explored."""
        for name, amount in amounts.items():
            self.parallel[name] = self.parallel.get(name, 0) + amount


settings = Settings()


def seconds(text: str) -> float:
    """Return the seconds of a text like `500ms`, `10s`, `2m` or `1.5`.

    Raises:
        ValueError: the text is no length of time, or its length is not positive and finite.

    """
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("", 1.0)):
        if text.endswith(unit):
            value = float(text.removesuffix(unit)) * factor
            if not 0 < value < float("inf"):
                raise ValueError(f"{text!r} is not a length of time")
            return value
    raise AssertionError("every text ends with the empty unit")
