"""What each operation did when it ran alone under control. The generator makes promising scenarios early by this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LONG: Final = 8
"""The number of accesses that makes an operation long. More accesses do not move its scenarios further forward."""


@dataclass(frozen=True)
class Watched:
    """What kinds of operations did when each ran alone. A kind is known by its text.

    Attributes:
        exposed: the kinds that another thread seems able to interrupt (`lockproof.campaign.worker.exposure`).
        accesses: for each kind, how often it accesses state that may be shared. Each access is a chance for another
            thread to come between.
        unlocked: the kinds that take no lock; empty if most kinds take none. They show best where a lock is missing.
        fields: for each kind, the attributes of objects that it accesses. Kinds without a common one rarely collide.

    """

    exposed: frozenset[str] = frozenset()
    accesses: Mapping[str, int] = field(default_factory=dict)
    unlocked: frozenset[str] = frozenset()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def length(self, text: str) -> int:
        """Return the weight that a kind gets for its number of accesses: from 1 to `LONG`."""
        return max(1, min(self.accesses.get(text, 1), LONG))

    def shared(self, one: str, other: str) -> bool | None:
        """Return whether two kinds access a common attribute; None if that is not known of both."""
        if not self.fields.get(one) or not self.fields.get(other):
            return None
        return bool(self.fields[one] & self.fields[other])

    @property
    def seeing(self) -> frozenset[str]:
        """The kinds that may see what locks hide from others."""
        return self.unlocked or self.exposed
