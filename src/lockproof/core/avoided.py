"""Groups of operations that no scenario has, since a finding is about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Final

from lockproof.core.operation import Operation, OperationKind
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification

PAIR: Final = 2


def kinds_of(texts: Sequence[str], holes: Sequence[str]) -> Specification:
    """Return a specification that tells the kinds of lines, and cannot run them: its kinds have no arguments."""
    return Specification(object, [OperationKind(text, {name: () for name in holes if name in text}) for text in texts])


class Avoided:
    """The kinds of the lines in each of some groups.

    One line alone hangs or ends the process, and is left out everywhere. Several fail where they meet, and may stand in
    the initial part.
    """

    def __init__(self, specification: Specification, together: Sequence[Sequence[str]] = ()) -> None:
        kinds = [Counter(specification.bound(Operation(line)).kind.text for line in lines) for lines in together]
        self._groups = [each for each in kinds if each]

    def has(self, scenario: Scenario) -> bool:
        """Tell whether a scenario has a whole group, or only one thread."""
        kinds = Counter(each.kind.text for thread in scenario.threads for each in thread)
        everywhere = kinds + Counter(each.kind.text for each in scenario.init)
        found = (each <= (kinds if each.total() > 1 else everywhere) for each in self._groups)
        return len(scenario.threads) < PAIR or any(found)

    def all_pairs(self, kinds: Sequence[str]) -> bool:
        """Tell whether each pair of these kinds is a group, or has one: then there is no scenario without any."""
        groups = [each for each in self._groups if each.total() <= PAIR]
        pairs = (Counter(pair) for pair in combinations_with_replacement(kinds, PAIR))
        return bool(groups) and all(any(each <= pair for each in groups) for pair in pairs)
