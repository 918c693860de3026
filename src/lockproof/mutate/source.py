"""A parsed file: which node stands in which, where, in which function; and the file with some nodes replaced.

LibCST keeps every comment and blank, so a mutant differs from the file in the lines that were meant and no others.
Rejected: `ast.unparse`, which writes the whole file anew, and edits of the text by line and column, which have to know
about continued lines, comments and indentation all over again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

type Replacement = cst.CSTNode | cst.FlattenSentinel[Any] | cst.RemovalSentinel
type Function = cst.FunctionDef | cst.Lambda

_BLANK: Final = (
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Comment,
    cst.Newline,
)


class Source:
    """The text of a module, parsed."""

    def __init__(self, module: str, file: str, text: str) -> None:
        self.module, self.file, self.text = module, file, text
        wrapper = MetadataWrapper(cst.parse_module(text))
        self.tree: Final = wrapper.module
        self._parents: Final = wrapper.resolve(ParentNodeProvider)
        self._positions: Final = wrapper.resolve(PositionProvider)
        self._children: Final[dict[cst.CSTNode, list[cst.CSTNode]]] = {}
        for node, parent in self._parents.items():
            if not isinstance(node, _BLANK):
                self._children.setdefault(parent, []).append(node)
        self._codes: Final[dict[cst.CSTNode, str]] = {}

    @cached_property
    def nodes(self) -> tuple[cst.CSTNode, ...]:
        """All nodes but blanks, in the order of the text."""
        return tuple(self.walk(self.tree))

    def walk(self, *nodes: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes and all that stands in them, in the order of the text."""
        waiting = list(reversed(nodes))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(self.children(node)))

    def walk_here(self, *nodes: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Do as `walk`, but leave out what stands in functions and classes inside the nodes: it runs at other times."""
        waiting = list(reversed(nodes))
        while waiting:
            node = waiting.pop()
            yield node
            inner = [
                each
                for each in self.children(node)
                if not isinstance(each, (cst.FunctionDef, cst.ClassDef, cst.Lambda))
            ]
            waiting.extend(reversed(inner))

    def children(self, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """Return what stands directly in a node; it may be one that was made for a mutant."""
        known = self._children.get(node)
        if known is not None or node in self._parents or node is self.tree:
            return known or ()
        return [each for each in node.children if not isinstance(each, _BLANK)]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node around, None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around, the nearest first."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """Return the `def` that a node belongs to, also one of its decorators and defaults."""
        around = (each for each in (node, *self.ancestors(node)) if isinstance(each, cst.FunctionDef))
        return next(around, None)

    def enclosing(self, node: cst.CSTNode) -> Iterator[Function]:
        """Yield the functions around a node, the nearest first."""
        for each in self.ancestors(node):
            if isinstance(each, (cst.FunctionDef, cst.Lambda)):
                yield each

    def class_of(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """Return the class whose body a function or a statement stands in, None if there is a function in between."""
        for each in self.ancestors(function):
            if isinstance(each, cst.ClassDef):
                return each
            if isinstance(each, (cst.FunctionDef, cst.Lambda)):
                return None
        return None

    def qualname(self, node: cst.CSTNode) -> str:
        """Return the names of the classes and functions that a node stands in, joined by dots."""
        around = (node, *self.ancestors(node))
        names = [each.name.value for each in around if isinstance(each, (cst.FunctionDef, cst.ClassDef))]
        return ".".join(reversed(names)) or "<module>"

    def top(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the statement of the module that a node belongs to."""
        inner = node
        for each in self.ancestors(node):
            if each is self.tree:
                break
            inner = each
        return inner

    def line(self, node: cst.CSTNode) -> int:
        """Return where a node begins, counted from 1."""
        return int(self._positions[node].start.line)

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement:
        """Return the innermost statement that a node belongs to."""
        for each in (node, *self.ancestors(node)):
            if isinstance(each, cst.BaseStatement):
                return each
        raise AssertionError("a node that stands in no statement")

    def code(self, node: cst.CSTNode) -> str:
        """Return the text of a node."""
        known = self._codes.get(node)
        if known is None:
            known = self._codes[node] = self.tree.code_for_node(node)
        return known

    def replaced(
        self, replacements: Mapping[cst.CSTNode, Replacement], before: Sequence[cst.BaseStatement] = ()
    ) -> str:
        """Return the text with nodes replaced, and `before` in front of the first statement of the module changed."""
        path = {above for node in replacements for above in self.ancestors(node)}
        replacer = _Replacer(replacements, path)
        units = {self._unit(node) for node in replacements}
        if len(units) == 1 and not before:
            (unit,) = units
            if unit is not None and unit not in replacements:
                changed = unit.visit(replacer)
                assert isinstance(changed, cst.FunctionDef)
                piece = self._piece(unit, unit)
                if self.text.count(piece) == 1:
                    return self.text.replace(piece, self._piece(unit, changed))
        tree = self.tree.visit(replacer)
        assert isinstance(tree, cst.Module)
        if before:
            place = min(self.tree.body.index(self.top(node)) for node in replacements)
            tree = tree.with_changes(body=[*tree.body[:place], *before, *tree.body[place:]])
        return tree.code

    def _unit(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """Return the function of the module, or the method of a class of the module, that a node stands in.

        To write one function is ten times as fast as to write the whole file.
        """
        around = list(self.ancestors(node))
        match around[::-1]:
            case [cst.Module(), cst.FunctionDef() as function, *_]:
                return function
            case [cst.Module(), cst.ClassDef(), cst.IndentedBlock(), cst.FunctionDef() as function, *_]:
                return function
        return None

    def _piece(self, unit: cst.FunctionDef, function: cst.FunctionDef) -> str:
        """Return the text of a function as it stands in the file, in the place of `unit`."""
        block = self.parent(unit)
        if not isinstance(block, cst.IndentedBlock):
            return self.tree.code_for_node(function)
        around = self.tree.code_for_node(cst.ClassDef(cst.Name("_"), block.with_changes(body=[function], footer=[])))
        return around[around.index("\n") + 1 :]


class _Replacer(cst.CSTTransformer):
    """Replaces nodes, and looks nowhere but on the way to them."""

    def __init__(self, replacements: Mapping[cst.CSTNode, Replacement], path: set[cst.CSTNode]) -> None:
        super().__init__()
        self._replacements, self._path = replacements, path

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._path and node not in self._replacements

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        return self._replacements.get(original_node, updated_node)
