"""Operators: kinds of flaws, with the places of a module where one can be put in; and what operators work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from lockproof.mutate.functions import recognized
from lockproof.mutate.sections import Section, sections_of
from lockproof.mutate.sharing import Sharing
from lockproof.mutate.source import Replacement, Source
from lockproof.mutate.synchronization import Knowledge, Synchronization


@dataclass(frozen=True)
class Change:
    """What an operator does at one place: nodes to replace, and a sentence.

    `node` is the place. `before` are statements to put in front of the statement of the module that is changed.
    """

    node: cst.CSTNode
    replacements: Mapping[cst.CSTNode, Replacement]
    said: str
    before: tuple[cst.BaseStatement, ...] = ()


@dataclass(frozen=True)
class Context:
    """A module, and what was found in it."""

    source: Source
    found: Synchronization
    sharing: Sharing
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, source: Source, known: tuple[Knowledge, ...] = ()) -> Context:
        """Look at a module."""
        found = recognized(source, known)
        return cls(source, found, Sharing(found), tuple(sections_of(found)))

    def where(self, node: cst.CSTNode) -> str:
        """Return the name of the function around a node."""
        return self.source.qualname(node)

    def code(self, *nodes: cst.CSTNode) -> str:
        """Return the text of nodes on one line, for a sentence."""
        return "; ".join(" ".join(self.source.code(each).split()) for each in nodes)

    def name(self, stem: str, node: cst.CSTNode) -> str:
        """Return a name that the function around a node does not use."""
        function = self.source.function(node)
        used = self.source.code(function if function is not None else self.source.tree)
        return next(
            each for each in (stem, *(f"{stem}{n}" for n in range(2, 99))) if not re.search(rf"\b{each}\b", used)
        )

    def of_kind[N: cst.CSTNode](self, kind: type[N]) -> Iterator[N]:
        """Yield the nodes of a kind, in the order of the text."""
        return (node for node in self.source.nodes if isinstance(node, kind))

    def only_for_types(self, node: cst.CSTNode) -> bool:
        """Tell whether a node stands in an `if TYPE_CHECKING:`."""
        inner = node
        for each in self.source.ancestors(node):
            if isinstance(each, cst.If) and inner is each.body:
                test = each.test
                if isinstance(test, (cst.Name, cst.Attribute)) and self.source.code(test).endswith("TYPE_CHECKING"):
                    return True
            inner = each
        return False


@dataclass(frozen=True)
class Operator:
    """A kind of flaw. `changes` yields one for each place where it makes sense."""

    name: str
    description: str
    changes: Callable[[Context], Iterator[Change]]


def line_of(text: str) -> cst.BaseStatement:
    """Return the statement that a text is."""
    made = cst.parse_statement(text)
    assert isinstance(made, cst.BaseStatement)
    return made


def assigned(name: str, value: cst.BaseExpression) -> cst.BaseStatement:
    """Return `name = value`."""
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)])


def returned(value: cst.BaseExpression) -> cst.BaseStatement:
    """Return `return value`."""
    return cst.SimpleStatementLine([cst.Return(value)])


def call(function: str, *values: cst.BaseExpression) -> cst.Call:
    """Return a call of a function by its name."""
    return cst.Call(cst.parse_expression(function), [cst.Arg(each) for each in values])


def bare(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Return statements without the blank lines before the first one."""
    if not lines:
        return []
    first, *rest = lines
    kept = [each for each in getattr(first, "leading_lines", ()) if each.comment is not None]
    return [first.with_changes(leading_lines=kept), *rest]
