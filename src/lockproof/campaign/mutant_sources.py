"""The files that mutants are made from, and what is known of their code."""

from __future__ import annotations

import hashlib
import tokenize
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from lockproof.core.errors import LockproofError
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.operation import OperationKind, kind_of
from lockproof.core.scenario import Scenario


@dataclass
class MutantSources:
    """The files as they were when the mutants were made, by name, and the mutants.

    `sites` are the places with synchronization. `filling` are lines that change a fresh subject. `reach` says which
    kinds of operations run a place: a function, by file and qualified name, or a line, by file and number. `kinds` are
    all kinds of operations, and `waits` the texts of those that wait.
    """

    texts: dict[str, str]
    mutants: tuple[Mutant, ...]
    sites: tuple[SyncSite, ...]
    filling: tuple[str, ...]
    reach: dict[tuple[str, str | int], tuple[str, ...]]
    kinds: tuple[OperationKind, ...]
    waits: tuple[str, ...] = ()

    def knows(self, scenario: Scenario) -> bool:
        """Tell whether all operations are of known kinds. Others may do anything, for instance change the class."""
        return all(kind_of(each, self.kinds) for part in (scenario.init, *scenario.threads) for each in part)

    @property
    def digest(self) -> str:
        """The same for the same texts of all files."""
        return hashlib.sha256(repr(sorted(self.texts.items())).encode()).hexdigest()

    def kinds_that_run(self, mutant: Mutant) -> dict[str, int]:
        """Return the kinds of operations that run the changed line, each with how many functions it runs.

        Where no operation alone runs the line, one may run it beside others: then the kinds that run its function.
        """
        places = ((mutant.file, mutant.line), (mutant.file, mutant.function))
        kinds = next((self.reach[place] for place in places if place in self.reach), ())
        return {kind: self._functions[kind] for kind in kinds}

    @cached_property
    def _functions(self) -> Counter[str]:
        """How many functions each kind of operation runs."""
        return Counter(kind for (_, place), kinds in self.reach.items() if isinstance(place, str) for kind in kinds)

    def refuse_changes(self) -> None:
        """See that no file has changed.

        Raises:
            LockproofError: one has.

        """
        for file, text in self.texts.items():
            try:
                same = _read(file) == text
            except (OSError, SyntaxError, UnicodeDecodeError):
                same = False
            if not same:
                raise LockproofError(
                    f"{file} has changed while its mutants were checked",
                    "it was edited, or another branch was checked out",
                    "run the same command again: it makes the mutants anew",
                )


def _read(file: str) -> str:
    with tokenize.open(file) as lines:
        return lines.read()
