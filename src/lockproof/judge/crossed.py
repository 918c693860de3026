"""Operations that are given another subject, as two steps: first the other one is read, and then the rest is done.

`a.update(b)` takes any iterable, and a caller who gives another set cannot tell it from the list of its contents. So a
class may read what it is given before it takes its lock, and two sets are no single step. That is the reading of a
class without a promise: one that inherits from a builtin type, or has a model of its user's, is held to one step.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

from lockproof.core.operation import SUBJECTS, Half, Operation

_SPARE: Final = SUBJECTS[-1]
"""The name that stands for the contents which were read."""


@dataclass(frozen=True)
class Crossed(Operation):
    """An operation whose line has `c` in place of the contents of the subject `operand`."""

    operand: str = ""


@dataclass(frozen=True)
class CrossedHalf(Half):
    """One of the two steps of such an operation."""

    operand: str = ""

    def compiled(self, names: Mapping[str, Any]) -> Callable[..., Any]:
        """Return a generator function that reads the operand, yields, and does the rest."""
        rest, index = super().compiled(names), SUBJECTS.index(self.operand)

        def two_steps(*subjects: Any) -> Generator[None, None, Any]:
            contents = contents_of_operand(subjects[index])
            yield
            return rest(*subjects[:-1], contents)

        return two_steps


def contents_of_operand(subject: Any) -> Any:
    """Return the contents of a subject as a builtin container of its kind."""
    if isinstance(subject, Set):
        return set(subject)
    return dict(subject) if isinstance(subject, Mapping) else list(subject)


def in_two_steps(threads: Sequence[Sequence[Operation]]) -> list[list[Operation]] | None:
    """Return the threads with each operation on two subjects in two steps; None if there is none that has two."""
    found = [[_crossed(each) for each in thread] for thread in threads]
    return found if any(isinstance(each, Crossed) for thread in found for each in thread) else None


def _crossed(operation: Operation) -> Operation:
    if operation.kind.dual or operation.kind.blocking or _SPARE in operation.names or not operation.subjects:
        return operation
    tree = ast.parse(operation.text)
    places = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in SUBJECTS]
    places.sort(key=lambda node: (node.lineno, node.col_offset))
    if len(places) != 2 or isinstance(tree.body[0], ast.Assign):
        return operation
    operand = places[1].id
    places[1].id = _SPARE
    return Crossed(ast.unparse(tree), replace(operation.kind, dual=True), operand)
