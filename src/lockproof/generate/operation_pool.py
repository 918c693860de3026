"""The operations of a specification, from which scenarios draw."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from random import Random

from lockproof.core.operation import Operation, OperationKind
from lockproof.generate import tuning


class OperationPool:
    """The operations of each kind, with its holes filled, the ones with the first arguments first."""

    def __init__(self, kinds: Sequence[OperationKind]) -> None:
        self._operations = {kind.text: list(kind.fillings(tuning.FILLINGS)) for kind in kinds}
        self._constants = sorted({c for each in self._operations.values() for one in each for c in constants(one.text)})

    def focus(self, random: Random) -> str:
        """Return a constant for the operations of one scenario to have in common; empty for a scenario without one."""
        return random.choice(self._constants) if self._constants and random.random() < tuning.FOCUSED else ""

    def has(self, kind: OperationKind) -> bool:
        """Tell whether the pool has operations of this kind."""
        return kind.text in self._operations

    def draw(self, kind: OperationKind, random: Random, focus: str) -> Operation:
        """Return an operation of this kind, with the focus if one has it."""
        return _early(with_focus(self._operations[kind.text], focus), random)

    def draw_other(self, operation: Operation, random: Random) -> Operation:
        """Return another operation of the same kind; the same one if it is the only one."""
        others = [each for each in self._operations[operation.kind.text] if each != operation]
        return _early(others or [operation], random)


def with_focus(operations: Sequence[Operation], focus: str) -> Sequence[Operation]:
    """Return the operations that name the focus; all of them if none does, or if the focus is empty."""
    return [each for each in operations if focus in constants(each.text)] or operations if focus else operations


@cache
def constants(text: str) -> frozenset[str]:
    """Return the numbers and strings that a line names, as they are written."""
    found = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return frozenset(repr(value) for value in found if isinstance(value, (int, str)))


def _early(operations: Sequence[Operation], random: Random) -> Operation:
    """Return one of the operations, an early one most often."""
    return operations[min(int(random.expovariate(tuning.EARLY)), len(operations) - 1)]
