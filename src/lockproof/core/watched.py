"""What was seen of operations when each was run alone under control: it decides which scenarios come early."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LONG: Final = 8
"""How many accesses make an operation long; more do not bring its pairs further to the front."""


@dataclass(frozen=True)
class Watched:
    """What was seen of kinds of operations, by their texts, when each was run alone.

    `exposed` are those that look as if another thread could come in the middle (`lockproof.campaign.worker.exposure`).
    `accesses` counts what each does with state that may be shared: the more, the more there is to come between.
    `unlocked` are those that take no lock, unless these are most: where a lock is missing, they see it best.
    """

    exposed: frozenset[str] = frozenset()
    accesses: Mapping[str, int] = field(default_factory=dict)
    unlocked: frozenset[str] = frozenset()

    def length(self, text: str) -> int:
        """Return by how much a kind comes earlier for its length."""
        return max(1, min(self.accesses.get(text, 1), LONG))
