"""What is known of kinds of operations because each was run alone under control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LONG: Final = 8
"""How many accesses make an operation long; more do not bring its pairs further to the front."""


@dataclass(frozen=True)
class Watched:
    """What single runs showed of kinds of operations. Kinds are named by their texts.

    `exposed` are the kinds between whose accesses another thread could come (`lockproof.campaign.worker.exposure`).
    `accesses` counts the accesses of each kind to state that may be shared: between more of them, more can come.
    `unlocked` are the kinds that take no lock, unless most kinds take none: they see best where a lock is missing.
    """

    exposed: frozenset[str] = frozenset()
    accesses: Mapping[str, int] = field(default_factory=dict)
    unlocked: frozenset[str] = frozenset()

    def length(self, text: str) -> int:
        """Return by how much a kind comes earlier for its length."""
        return max(1, min(self.accesses.get(text, 1), LONG))

    @property
    def seeing(self) -> frozenset[str]:
        """The kinds that may see what locks hide from others."""
        return self.unlocked or self.exposed
