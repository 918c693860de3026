"""What one test run says for all checks in it, and what they add up to. It imports nothing that takes time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

REASON_PREFIX: Final = "because:"
"""The totals count reasons of UNKNOWN verdicts under this and their code."""


class Settings:
    """Filled in by the pytest plugin; `lockproof.check` reads it, and adds what it did to `totals`.

    `budget` is in seconds. `make_store` returns the directory where failing scenarios are kept, and makes it first.
    """

    def __init__(self) -> None:
        self.budget: float | None = None
        self.seed: int | None = None
        self.make_store: Callable[[], Path] | None = None
        self.totals: dict[str, float] = {}
        self._lock = Lock()

    @property
    def store(self) -> Path | None:
        """The directory where failing scenarios are kept, None if nothing is kept.

        It is made when the first check asks for it: a test run without a check writes nothing.
        """
        return None if self.make_store is None else self.make_store()

    def add(self, amounts: dict[str, float]) -> None:
        """Add to the totals; from any thread."""
        with self._lock:
            for name, amount in amounts.items():
                self.totals[name] = self.totals.get(name, 0) + amount


settings = Settings()


def seconds(text: str) -> float:
    """Return the seconds of a text like `500ms`, `10s`, `2m` or `1.5`.

    Raises:
        ValueError: it is no length of time, or none that is positive.

    """
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("", 1.0)):
        if text.endswith(unit):
            value = float(text.removesuffix(unit)) * factor
            if not 0 < value < float("inf"):
                raise ValueError(f"{text!r} is not a length of time")
            return value
    raise AssertionError("every text ends with nothing")
