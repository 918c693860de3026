"""The clock of a campaign: its budget, its phase, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lockproof.core.options import Progress, Tell


@dataclass
class Clock:
    """Measures a campaign against its budget in seconds, and reports its progress.

    `counts` returns how many scenarios, invocations and findings there are; `tell` gets each progress.
    """

    budget: float
    tell: Tell
    counts: Callable[[], tuple[int, int, int]]
    phase: str = "starting"
    began: float = field(default_factory=time.monotonic)

    def restart(self) -> None:
        """Let the budget begin now."""
        self.began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the budget began."""
        return time.monotonic() - self.began

    def left(self) -> float:
        """Return the seconds that are left of the budget; negative if it is spent."""
        return self.budget - self.elapsed

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """While inside, this is the phase."""
        outer, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = outer

    def progress(self, text: str) -> None:
        """Report the phase, the time, the counts, and in `text` what comes next, a scenario for instance."""
        scenarios, invocations, findings = self.counts()
        self.tell(Progress(self.phase, self.elapsed, self.budget, scenarios, invocations, text, findings))
