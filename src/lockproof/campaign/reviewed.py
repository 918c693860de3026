"""The reviewed file: what a person knows of the mutants of a class.

It gives the reason why a mutant is equivalent to the class, or a scenario that kills a mutant. That scenario is tried
first, so that the search need not find it again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.scenario import Scenario

FORM: Final = (
    'the form is: [[equivalent]], mutants = ["remove-lock:Bag.add:3f2a91"], reason = "why nobody can tell"; or'
    ' [[killed]], mutants = [...], scenario = "a.add(1) || a.add(1)"'
)


@dataclass(frozen=True)
class Reviewed:
    """Reasons why mutants are equivalent, and scenarios that kill them, by the ids of mutants."""

    reasons: dict[str, str] = field(default_factory=dict)
    killers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> Reviewed:
        """Return the content of a file; empty for None.

        Raises:
            LockproofError: the file cannot be read, or has another form.

        """
        if file is None:
            return cls()
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
            reasons = _by_mutant(document.get("equivalent", []), "reason")
            killers = _by_mutant(document.get("killed", []), "scenario")
        except OSError as error:
            raise LockproofError(f"{file} cannot be read: {error.strerror or error}", "a misspelt name") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise LockproofError(f"{file} is not a list of equivalent mutants: {error!r}", FORM) from None
        if empty := [name for name, reason in reasons.items() if not reason]:
            raise LockproofError(f"{file} gives no reason for {empty[0]}", FORM, "say why no check can tell it apart")
        for text in killers.values():
            Scenario.parse(text)
        return cls(reasons, killers)

    def stale(self, ids: Iterable[str]) -> list[str]:
        """Return the mutants that the file names and that are not among `ids`."""
        return sorted((self.reasons.keys() | self.killers.keys()) - set(ids))


def _by_mutant(entries: Any, key: str) -> dict[str, str]:
    """Return the value of a key of each entry, by the mutants that the entry names."""
    found = dict[str, str]()
    for entry in entries:
        if not isinstance(entry["mutants"], list):
            raise TypeError(f"mutants = {entry['mutants']!r} is no list")
        found |= dict.fromkeys(map(str, entry["mutants"]), str(entry[key]).strip())
    return found
