"""The fates of all mutants: those that are known, and what is known of the mutants that wait for real threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lockproof.campaign.fate_file import FateFile
from lockproof.core.evidence import Evidence
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged


class Fates:
    """What became of each mutant until now. Threads may share it; a file keeps it between runs.

    `known` are the fates from an interrupted run, by the ids of mutants. `passed` is the evidence of mutants in which
    control has found nothing: they wait for real threads.
    """

    def __init__(
        self, mutants: Sequence[Mutant], file: FateFile, known: Mapping[str, Judged], passed: Mapping[str, Evidence]
    ) -> None:
        self._mutants, self._file = mutants, file
        self._judged = {each.id: replace(known[each.id], mutant=each) for each in mutants if each.id in known}
        self._passed = {name: evidence for name, evidence in passed.items() if name not in self._judged}
        self._lock = threading.Lock()

    def add(self, judged: Judged) -> None:
        """Add the fate of a mutant."""
        self._file.add(judged)
        with self._lock:
            self._judged[judged.mutant.id] = judged
            self._passed.pop(judged.mutant.id, None)

    def add_passed(self, mutant: Mutant, evidence: Evidence) -> None:
        """Add the evidence of control for a mutant in which it has found nothing."""
        self._file.add_passed(mutant.id, evidence)
        with self._lock:
            self._passed[mutant.id] = evidence

    def evidence_of(self, mutant: Mutant) -> Evidence:
        """Return the evidence of control for a mutant; none if control has not run it."""
        with self._lock:
            return self._passed.get(mutant.id, Evidence())

    def waiting_for(self, engine: str) -> list[Mutant]:
        """Return the mutants that this engine has not checked and that have no fate, in their order."""
        with self._lock:
            checked = self._judged.keys() | (self._passed.keys() if engine == "schedules" else set())
        return [each for each in self._mutants if each.id not in checked]

    def judged(self) -> tuple[Judged, ...]:
        """Return the mutants whose fate is known, in their order."""
        with self._lock:
            return tuple(self._judged[each.id] for each in self._mutants if each.id in self._judged)

    def counts(self) -> tuple[Counter[Fate], int]:
        """Return how many mutants have each fate, and how many wait for real threads."""
        with self._lock:
            return Counter(each.fate for each in self._judged.values()), len(self._passed)
