"""A program that stores an attribute by its name, and nothing else in its process does so."""

from __future__ import annotations

from typing import Any

from lockproof.core.schedule import Switching
from tests.lockproof.engines.control import reads
from tests.lockproof.engines.control.inside import at_most, explore, together


def ask_setting() -> dict[str, Any]:
    def program() -> object:
        seen: list[bool] = []
        together(*reads.threads(seen))
        return seen[0]

    return explore(program, at_most(2), Switching.FREE)
