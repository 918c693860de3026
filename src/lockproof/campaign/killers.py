"""Scenarios that have killed mutants: others are mostly killed by the same, so these are tried first."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged
from lockproof.core.scenario import Scenario

FIRST: Final = 8
"""Scenarios at most that are tried first on a mutant."""


class Killers:
    """The scenarios that have killed mutants, in this run and before. Threads may share it.

    `earlier` and `reviewed` have a scenario for a mutant's id: from an earlier run, and from the reviewed file.
    `usable` says whether all operations of a scenario are known today.
    """

    def __init__(
        self, earlier: Mapping[str, str], reviewed: Mapping[str, str], usable: Callable[[Scenario], bool]
    ) -> None:
        self._earlier, self._reviewed, self._usable = earlier, reviewed, usable
        self._lock = threading.Lock()
        self._kills: Counter[str] = Counter()
        self._of_function: dict[str, list[str]] = {}

    def add(self, judged: Judged) -> None:
        """Note what killed a mutant, if it was killed by a scenario."""
        if judged.fate is Fate.KILLED and judged.scenario:
            with self._lock:
                self._kills[judged.scenario] += 1
                self._of_function.setdefault(judged.mutant.function, []).append(judged.scenario)

    def to_try_on(self, mutant: Mutant) -> list[Scenario]:
        """Return what killed the mutant before, then what killed others of its function, then the best killers."""
        with self._lock:
            texts = [self._earlier.get(mutant.id, ""), self._reviewed.get(mutant.id, "")]
            texts += reversed(self._of_function.get(mutant.function, []))
            texts += [text for text, _ in self._kills.most_common(FIRST)]
        scenarios = map(Scenario.parse, dict.fromkeys(filter(None, texts)))
        return list(islice(filter(self._usable, scenarios), FIRST))
