"""What operators work with: a module with its locks, and the changes that they make in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lockproof.mutation.functions import recognized
from lockproof.mutation.layout import MARGIN
from lockproof.mutation.sections import Section, sections_of
from lockproof.mutation.sharing import Sharing
from lockproof.mutation.source import Edit, Source
from lockproof.mutation.synchronization import Knowledge, Synchronization
from lockproof.mutation.tree import NewStatement, Statement


@dataclass(frozen=True)
class Change:
    """The change of an operator at one place: edits of the text, and a sentence that describes it.

    `node` is the place. `before` is a line to insert before the top-level statement that is changed.
    """

    node: ast.AST
    edits: Sequence[Edit]
    said: str
    before: str = ""


@dataclass(frozen=True)
class Context:
    """A module, with its locks, shared data and critical sections."""

    source: Source
    found: Synchronization
    sharing: Sharing
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, source: Source, known: tuple[Knowledge, ...] = ()) -> Context:
        """Return the context of a module; `known`: knowledge of other modules."""
        found = recognized(source, known)
        return cls(source, found, Sharing(found), tuple(sections_of(found)))

    def where(self, node: ast.AST) -> str:
        """Return the name of the function around a node."""
        return self.source.qualname(node)

    def code(self, *nodes: ast.AST) -> str:
        """Return the text of nodes on one line, for use in a sentence."""
        return "; ".join(self.line(self.source.code(each)) for each in nodes)

    @staticmethod
    def line(text: str) -> str:
        """Return a text on one line."""
        return " ".join(text.replace(MARGIN, "").split())

    def name(self, stem: str, node: ast.AST) -> str:
        """Return a name that the function around a node does not use."""
        function = self.source.function(node)
        used = self.source.code(function if function is not None else self.source.tree)
        return next(
            each for each in (stem, *(f"{stem}{n}" for n in range(2, 99))) if not re.search(rf"\b{each}\b", used)
        )

    def without_gap(self, statements: Iterable[Statement]) -> list[NewStatement]:
        """Return statements to put elsewhere, without the blank lines above the first."""
        made = [self.source.new_statement(each) for each in statements]
        if made:
            made[0] = replace(made[0], above=tuple(each for each in made[0].above if each.strip(f"{MARGIN} \t")))
        return made

    def of_kind[N: ast.AST](self, kind: type[N]) -> Iterator[N]:
        """Yield the nodes of a kind, in the order of the text."""
        return (node for node in self.source.nodes if isinstance(node, kind))

    def only_for_types(self, node: ast.AST) -> bool:
        """Tell whether a node is in the body of an `if TYPE_CHECKING:`."""
        inner = node
        for each in self.source.ancestors(node):
            if isinstance(each, ast.If) and any(inner is inside for inside in each.body):
                test = each.test
                if isinstance(test, (ast.Name, ast.Attribute)) and self.source.code(test).endswith("TYPE_CHECKING"):
                    return True
            inner = each
        return False


type Operator = Callable[[Context], Iterator[Change]]
"""A kind of flaw: yields one change for each place where the flaw makes sense."""


def assigned(name: str, value: str, *parts: ast.AST) -> NewStatement:
    """Return the statement `name = value`; `parts`: the nodes of the file in the value."""
    return NewStatement(f"{name} = {value}", parts)


def returned(value: str, *parts: ast.AST) -> NewStatement:
    """Return the statement `return value`; `parts`: the nodes of the file in the value."""
    return NewStatement(f"return {value}", parts, returns=True)
