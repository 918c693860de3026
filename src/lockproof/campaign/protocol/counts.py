"""What came of runs under control, counted in the child and added up in the parent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lockproof.core.evidence import Doubt, Doubted, Tally


@dataclass
class Counts:
    """Runs that were to be judged: a run that the search knew to be like an earlier one is not among them.

    `judged` and `returned` are as in `Tally`. `stalled` runs waited for something that is not under control. `doubts`
    say why runs were not judged, and what else stayed undecided.
    """

    ran: int = 0
    judged: int = 0
    returned: int = 0
    stalled: int = 0
    doubts: Counter[Doubt] = field(default_factory=Counter)

    def note(self, doubt: Doubt | None, *, returned: bool, stalled: bool) -> None:
        """Count a run, with what kept it from being judged."""
        self.ran += 1
        self.stalled += stalled
        if doubt is None:
            self.judged += 1
            self.returned += returned
        else:
            self.doubts[doubt] += 1

    @property
    def undecided(self) -> int:
        """How many runs were not judged."""
        return self.ran - self.judged

    @property
    def tally(self) -> Tally:
        """The runs as evidence has them."""
        return Tally(self.ran, self.judged, self.returned)

    def doubted(self) -> tuple[Doubted, ...]:
        """Return the doubts as evidence has them; with one more where each run waited for what is not under control."""
        throughout = bool(self.ran) and self.stalled == self.ran
        stalled = (Doubted(Doubt.NOT_CONTROLLED, self.stalled),) if throughout else ()
        return (*(Doubted(doubt, count) for doubt, count in self.doubts.items() if count), *stalled)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.ran + other.ran,
            self.judged + other.judged,
            self.returned + other.returned,
            self.stalled + other.stalled,
            self.doubts + other.doubts,
        )

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.ran - other.ran,
            self.judged - other.judged,
            self.returned - other.returned,
            self.stalled - other.stalled,
            self.doubts - other.doubts,
        )
