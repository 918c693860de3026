"""Counts of runs under control: the child counts, the parent adds up."""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass, field

from lockproof.core.evidence import Doubt, Doubted, Tally, fieldwise


@dataclass
class Counts:
    """Runs under control, without redundant ones: those are equivalent to an earlier run, and are not judged again.

    `judged` and `returned` are as in `Tally`. `stalled`: runs that waited for something that is not under control.
    `doubts`: how many runs were not judged, by reason.
    """

    ran: int = 0
    judged: int = 0
    returned: int = 0
    stalled: int = 0
    doubts: Counter[Doubt] = field(default_factory=Counter)

    def note(self, doubt: Doubt | None, *, returned: bool, stalled: bool) -> None:
        """Count a run. `doubt`: why it was not judged; None if it was."""
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
        """Return the doubts as evidence has them. If every run stalled, that is one more doubt."""
        throughout = bool(self.ran) and self.stalled == self.ran
        stalled = (Doubted(Doubt.NOT_CONTROLLED, self.stalled),) if throughout else ()
        return (*(Doubted(doubt, count) for doubt, count in self.doubts.items() if count), *stalled)

    def __add__(self, other: Counts) -> Counts:
        return fieldwise(operator.add, self, other)

    def __sub__(self, other: Counts) -> Counts:
        return fieldwise(operator.sub, self, other)
