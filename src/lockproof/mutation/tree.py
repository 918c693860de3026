"""A parsed file: the parent, children, position and function of each node.

Nodes are those of `ast`, so that the whole syntax of the running Python is known. The position of a node in the text,
with its parentheses and decorators, comes from the tokens, which `layout` keeps.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeIs

from lockproof.mutation.layout import Layout

type Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
type Definition = ast.FunctionDef | ast.AsyncFunctionDef

DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS: Final = (*DEFINITIONS, ast.Lambda)
COMPOUND: Final = (
    *DEFINITIONS, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Match, ast.Try,
    ast.TryStar,
)  # fmt: skip
"""Statements with blocks."""

_SCOPES: Final = (*FUNCTIONS, ast.ClassDef)
_WITHOUT_TEXT: Final = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)


@dataclass(frozen=True, eq=False)
class NewStatement:
    """A new statement of a mutant. `text` has MARGIN for the indent of its block.

    `parts`: the nodes of the file that it contains. `returns`: it is a `return`. `above`: the comments and blank lines
    above it.
    """

    text: str
    parts: tuple[ast.AST, ...] = ()
    returns: bool = False
    above: tuple[str, ...] = ()


type Statement = ast.stmt | NewStatement


class Tree:
    """The nodes of a module.

    Raises:
        SyntaxError: the text is not Python.

    """

    def __init__(self, text: str) -> None:
        self.text: Final = text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            self.tree: Final = ast.parse(text)
        self.layout: Final = Layout(text)
        self._parents: Final[dict[ast.AST, ast.AST]] = {}
        self._children: Final[dict[ast.AST, list[ast.AST]]] = {}
        self._blocks: Final[dict[ast.stmt, list[ast.stmt]]] = {}
        self._spans: Final[dict[ast.AST, tuple[int, int]]] = {}
        found: list[ast.AST] = [self.tree]
        for node in found:
            inner = [each for each in ast.iter_child_nodes(node) if not isinstance(each, _WITHOUT_TEXT)]
            self._parents.update((each, node) for each in inner)
            self._children[node] = inner
            found += inner
        for node in reversed(found):
            self._record_position(node)

    def _record_position(self, node: ast.AST) -> None:
        """Record the position of a node, and sort its children in the order of the text.

        `ast` does not keep decorators and defaults in that order, and gives no position for some nodes.
        """
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._blocks.update((each, value) for each in value)
        inner = sorted((each for each in self._children[node] if each in self._spans), key=self._spans.__getitem__)
        self._children[node] = inner
        row, end_row = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if row is not None and end_row is not None:
            start = self.layout.offset(row, getattr(node, "col_offset", 0))
            self._spans[node] = start, self.layout.offset(end_row, getattr(node, "end_col_offset", 0))
            if not isinstance(node, ast.GeneratorExp) or self.layout.begins_expression(start):
                return
            # The parentheses of `f(x for x in y)` belong to the call.
        if inner:
            spans = [self._outer(each) for each in inner]
            self._spans[node] = spans[0][0], max(end for _, end in spans)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes, in the order of the text."""
        return tuple(self.walk(self.tree))

    def walk(self, *nodes: ast.AST | NewStatement) -> Iterator[ast.AST]:
        """Yield the nodes and their descendants, in the order of the text."""
        waiting = _in_file(nodes)[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(self.children(node)))

    def walk_here(self, *nodes: ast.AST | NewStatement | list[ast.stmt]) -> Iterator[ast.AST]:
        """Yield as `walk` does, without the functions and classes in the nodes or blocks: these run at another time."""
        waiting = list[ast.AST]()
        for each in reversed(nodes):
            if isinstance(each, list):
                waiting += [one for one in reversed(each) if not isinstance(one, _SCOPES)]
            else:
                waiting += _in_file([each])[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(each for each in reversed(self.children(node)) if not isinstance(each, _SCOPES))

    def children(self, node: ast.AST) -> Sequence[ast.AST]:
        """Return the children of a node."""
        return self._children.get(node, ())

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around, None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of a node, the nearest first."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def function(self, node: ast.AST) -> Definition | None:
        """Return the `def` that a node is or belongs to; decorators and defaults belong to their `def`."""
        around = (each for each in (node, *self.ancestors(node)) if isinstance(each, DEFINITIONS))
        return next(around, None)

    def enclosing(self, node: ast.AST) -> Iterator[Function]:
        """Yield the functions around a node, the nearest first."""
        for each in self.ancestors(node):
            if isinstance(each, FUNCTIONS):
                yield each

    def class_of(self, function: ast.AST) -> ast.ClassDef | None:
        """Return the class whose body contains a function or a statement, None if there is a function in between."""
        for each in self.ancestors(function):
            if isinstance(each, ast.ClassDef):
                return each
            if isinstance(each, FUNCTIONS):
                return None
        return None

    def qualname(self, node: ast.AST) -> str:
        """Return the names of the classes and functions around a node, joined by dots."""
        around = (node, *self.ancestors(node))
        names = [each.name for each in around if isinstance(each, (*DEFINITIONS, ast.ClassDef))]
        return ".".join(reversed(names)) or "<module>"

    def top(self, node: ast.AST) -> ast.AST:
        """Return the top-level statement that a node belongs to."""
        inner = node
        for each in self.ancestors(node):
            if each is self.tree:
                break
            inner = each
        return inner

    def line(self, node: ast.AST) -> int:
        """Return the number of the line on which a node begins, counted from 1."""
        return self.layout.line_at(self._outer(node)[0])

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement around a node that shares its lines with no other statement."""
        for each in (node, *self.ancestors(node)):
            if isinstance(each, ast.stmt) and self.has_lines(each):
                return each
        raise AssertionError("a node outside of all statements")

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """Return the statements of the block that contains a statement."""
        return self._blocks[statement]

    def has_lines(self, statement: ast.stmt) -> bool:
        """Tell whether a statement shares its lines with no other, by `;` or after `if x:`."""
        start, end = self._spans[statement]
        first, last = self.layout.line_at(start), self.layout.line_at(end)
        return not self.layout.before_on_line(start).strip() and (
            isinstance(statement, COMPOUND) or not self.layout.shares(first, last, start, end)
        )

    def is_simple(self, statement: ast.stmt) -> bool:
        """Tell whether a statement has no block."""
        return not isinstance(statement, COMPOUND)

    def simple_lines(self) -> Iterator[ast.stmt]:
        """Yield the statements without a block that share their lines with no other."""
        for node in self.nodes:
            if isinstance(node, ast.stmt) and not isinstance(node, COMPOUND) and self.has_lines(node):
                yield node

    def is_decorator(self, node: ast.AST) -> TypeIs[ast.expr]:
        """Tell whether a node is a decorator."""
        decorators = getattr(self._parents.get(node), "decorator_list", ())
        return any(node is each for each in decorators)

    def is_elif(self, node: ast.If) -> bool:
        """Tell whether an `if` is written `elif`."""
        return self.text.startswith("elif", self._spans[node][0])

    def code(self, node: ast.AST | Sequence[ast.stmt]) -> str:
        """Return the text of a node with its parentheses, or of the statements of a block."""
        if isinstance(node, ast.AST):
            if node is self.tree:
                return self.text
            start, end = self._outer(node)
            return self.text[start:end]
        return self.text[self._begin(node[0]) : self._spans[node[-1]][1]]

    def has_parentheses(self, node: ast.GeneratorExp) -> bool:
        """Tell whether a generator expression has parentheses of its own, rather than those of a call."""
        return self.text.startswith("(", self._spans[node][0]) and self.layout.begins_expression(self._spans[node][0])

    def bare(self, node: ast.expr) -> str:
        """Return the text of an expression without the parentheses around it."""
        start, end = self._spans[node]
        return self.text[start:end]

    def _outer(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends, with the parentheses around an expression."""
        start, end = self._spans[node]
        if isinstance(node, DEFINITIONS):
            return self._begin(node), end
        return self.layout.with_parentheses(start, end) if isinstance(node, ast.expr) else (start, end)

    def _begin(self, statement: ast.stmt) -> int:
        """Return where a statement begins, with its decorators."""
        decorators = getattr(statement, "decorator_list", ())
        if decorators:
            return self.text.rindex("@", 0, self._spans[decorators[0]][0])
        return self._spans[statement][0]


def _in_file(nodes: Iterable[ast.AST | NewStatement]) -> list[ast.AST]:
    """Return the given nodes of the file; for a new statement, the nodes that it contains."""
    found = list[ast.AST]()
    for each in nodes:
        found += each.parts if isinstance(each, NewStatement) else [each]
    return found
