"""A file as text: pieces of it to put elsewhere, and edits that replace pieces.

A mutant is the text with a few edits: all other lines, comments and blanks stay as they are. Rejected: `ast.unparse`,
which writes the whole file anew, and LibCST, which is compiled and has no wheel for some builds of Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lockproof.mutation.layout import MARGIN
from lockproof.mutation.syntax import Argument
from lockproof.mutation.tree import COMPOUND, DEFINITIONS, NewStatement, Statement, Tree


@dataclass(frozen=True)
class Edit:
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


class Source(Tree):
    """The text of a module, parsed. In a piece of the text, MARGIN replaces the indent of its block.

    Raises:
        SyntaxError: the text is not Python.

    """

    def __init__(self, module: str, file: str, text: str) -> None:
        super().__init__(text)
        self.module, self.file = module, file

    def argument(self, given: Argument) -> str:
        """Return the text of an argument of a call, with its star or keyword."""
        start, end = self._outer(given.node)
        return self.layout.portable(start, end, self._indent(given.node))

    def piece(self, node: ast.expr) -> str:
        """Return an expression, for a new statement."""
        start, end = self._outer(node)
        return self.layout.portable(start, end, self._indent(node))

    def bare_piece(self, node: ast.expr) -> str:
        """Return an expression without the parentheses around it, for a new statement."""
        return self.layout.portable(*self._spans[node], self._indent(node))

    def piece_between(self, first: ast.expr, last: ast.expr) -> str:
        """Return the text from one operand to another, for a new statement."""
        return self.layout.portable(self._outer(first)[0], self._outer(last)[1], self._indent(first))

    def piece_with(self, node: ast.expr, first: ast.expr, last: ast.expr, text: str) -> str:
        """Return an expression in which `text` replaces everything from one operand to another."""
        return self._portable_with(*self._outer(node), node, first, last, text)

    def statement_with(self, node: ast.stmt, inner: ast.expr, text: str) -> str:
        """Return a statement in which `text` replaces an expression."""
        return self._portable_with(self._begin(node), self._end(node), node, inner, inner, text)

    def _portable_with(self, start: int, end: int, node: ast.AST, first: ast.expr, last: ast.expr, text: str) -> str:
        indent, begin, finish = self._indent(node), self._outer(first)[0], self._outer(last)[1]
        return self.layout.portable(start, begin, indent) + text + self.layout.portable(finish, end, indent)

    def sign(self, statement: ast.AugAssign) -> str:
        """Return the binary operator of an augmented assignment: `+` of `x += 1`."""
        begin, end = self._outer(statement.target)[1], self._outer(statement.value)[0]
        return self.text[begin:end].strip().removesuffix("=")

    def text_with(self, node: ast.AST, edits: Iterable[Edit]) -> str:
        """Return the text of a node with edits applied."""
        start, end = self._outer(node)
        return self._spliced(start, end, edits)

    def new_statement(self, statement: Statement) -> NewStatement:
        """Return a statement with its comments, to put at another place."""
        if isinstance(statement, NewStatement):
            return statement
        start = self._begin(statement)
        indent = self._indent(statement)
        if not self.has_lines(statement):
            text = self.layout.portable(start, self._spans[statement][1], indent)
            return NewStatement(text, (statement,), isinstance(statement, ast.Return))
        above = tuple(self.layout.portable(*line, indent, whole=True) for line in self._above(statement))
        text = self.layout.portable(start, self._end(statement), indent)
        return NewStatement(text, (statement,), isinstance(statement, ast.Return), above)

    def head(self, statement: ast.stmt, after: ast.AST | None = None) -> str:
        """Return the head of a compound statement up to its colon, the first one after a node."""
        begin = self._spans[statement][0]
        colon = self.layout.colon(begin if after is None else self._outer(after)[1])
        return self.layout.portable(begin, colon + 1, self._indent(statement))

    def tail(self, statement: ast.Try) -> str:
        """Return the `finally` of a statement, with the comments above it."""
        last = self._end_of_block(statement.body)
        return self.layout.portable(
            self.layout.next_line(last), self._end(statement), self._indent(statement), whole=True
        )

    def _indent(self, node: ast.AST) -> str:
        """Return the indent of the line on which the statement of a node begins."""
        for each in (node, *self.ancestors(node)):
            if isinstance(each, ast.stmt):
                return self.layout.indent_at(self._spans[each][0])
        return ""

    def _end(self, statement: ast.stmt) -> int:
        """Return where the lines of a statement end, with its comments and without the line end."""
        blocks = [value for _, value in ast.iter_fields(statement) if isinstance(value, list)]
        blocks += [
            each.body for block in blocks for each in block if isinstance(each, (ast.ExceptHandler, ast.match_case))
        ]
        inner = [block for block in blocks if block and isinstance(block[0], ast.stmt)]
        if not inner:
            return self.layout.end_of_line(self._spans[statement][1])
        return self._end_of_block(max(inner, key=lambda block: self._spans[block[-1]][1]))

    def _end_of_block(self, block: Sequence[ast.stmt]) -> int:
        """Return where the lines of a block end, with the comments below it that have its indent."""
        end = (
            self._end(block[-1])
            if isinstance(block[-1], COMPOUND)
            else self.layout.end_of_line(self._spans[block[-1]][1])
        )
        if not self.layout.before_on_line(self._begin(block[0])).strip():
            end = self.layout.end_of_footer(end, self.layout.indent_at(self._begin(block[0])))
        return end

    def _above(self, statement: ast.stmt) -> list[tuple[int, int]]:
        """Return the comment and blank lines that belong to a statement: those between it and the block above."""
        lines = self.layout.gap_above(self._begin(statement))
        block = self._blocks[statement]
        place = next(number for number, each in enumerate(block) if each is statement)
        if place and isinstance(block[place - 1], COMPOUND):
            before = self._end(block[place - 1])
            lines = [line for line in lines if line[0] > before]
        if statement is self.tree.body[0]:
            return []
        return lines

    def _top_of(self, statement: ast.stmt) -> int:
        """Return where the lines of a statement begin, with the comments above it."""
        lines = self._above(statement)
        return lines[0][0] if lines else self.layout.start_of_line(self._begin(statement))

    def replaced(self, node: ast.expr, text: str) -> Edit:
        """Replace an expression and the parentheses around it by a text."""
        return Edit(*self._outer(node), text.replace(MARGIN, self._indent(node)))

    def replaced_inside(self, node: ast.expr, text: str) -> Edit:
        """Replace an expression by a text, and keep the parentheses around it."""
        return Edit(*self._spans[node], text.replace(MARGIN, self._indent(node)))

    def choice_replaced(self, choice: ast.IfExp, one: ast.expr) -> Edit:
        """Replace a conditional expression by one of its branches, with one pair of parentheses if it has any."""
        enclosed = self._outer(choice) != self._spans[choice]
        return self.replaced_inside(choice, self.bare_piece(one) if enclosed else self.piece(one))

    def head_replaced(self, statement: ast.stmt, test: ast.expr, text: str) -> Edit:
        """Replace the head of a statement up to its colon by a text."""
        return Edit(self._spans[statement][0], self.layout.colon(self._outer(test)[1]), text)

    def rewritten(self, nodes: Sequence[ast.stmt], statements: Iterable[Statement]) -> Edit:
        """Replace consecutive statements by others; the comments above the first one stay."""
        indent, lines = self._indent(nodes[0]), list[str]()
        for each in map(self.new_statement, statements):
            lines += [line.replace(MARGIN, indent) for line in each.above]
            lines.append(indent + each.text.replace(MARGIN, indent))
        start = self.layout.start_of_line(self._begin(nodes[0]))
        return Edit(start, self._end(nodes[-1]), self.layout.newline.join(lines))

    def removed(self, *statements: ast.stmt) -> list[Edit]:
        """Remove statements, with the comments above them; a block that loses all its statements gets `pass`."""
        edits = list[Edit]()
        for each in statements:
            block = self._blocks[each]
            if not self.has_lines(each):
                edits.append(Edit(*self._spans[each], "pass"))
            elif each is block[0] and all(other in statements for other in block):
                edits.append(Edit(self._top_of(each), self._end(each), f"{self._indent(each)}pass"))
            else:
                edits.append(self._without_lines(self._top_of(each), self._end(each)))
        return edits

    def item_removed(self, statement: ast.With, item: ast.withitem) -> Edit:
        """Remove one of several items of a `with` statement."""
        place = next(number for number, each in enumerate(statement.items) if each is item)
        if item is not statement.items[-1]:
            return Edit(self._span_of_item(item)[0], self._span_of_item(statement.items[place + 1])[0], "")
        return Edit(self._span_of_item(statement.items[place - 1])[1], self._span_of_item(item)[1], "")

    def _span_of_item(self, item: ast.withitem) -> tuple[int, int]:
        return self._outer(item.context_expr)[0], self._outer(item.optional_vars or item.context_expr)[1]

    def after(self, statement: ast.stmt) -> str:
        """Return the comment at the end of a statement's line, with the blanks before it."""
        return self.text[self._spans[statement][1] : self._end(statement)]

    def decorator_removed(self, decorator: ast.expr) -> Edit:
        """Remove a decorator, with the comments above it."""
        at = self.text.rindex("@", 0, self._spans[decorator][0] + 1)
        owner = self._parents[decorator]
        assert isinstance(owner, (*DEFINITIONS, ast.ClassDef))
        # The comments above the first decorator belong to the function.
        lines = [] if decorator is owner.decorator_list[0] else self.layout.gap_above(at)
        start = lines[0][0] if lines else self.layout.start_of_line(at)
        return self._without_lines(start, self.layout.end_of_line(self._spans[decorator][1]))

    def _without_lines(self, start: int, end: int) -> Edit:
        """Remove whole lines, with one line end."""
        after = self.layout.next_line(end)
        if after == end:
            start = self.layout.line_end_before(start)
        return Edit(start, after, "")

    def before_top(self, nodes: Iterable[Edit], line: str) -> Edit:
        """Insert a line before the first top-level statement that the edits change."""
        first = min(each.start for each in nodes)
        place = 0
        for number, each in enumerate(self.tree.body):
            if self.layout.start_of_line(self._begin(each)) <= first:
                place = number
        statement = self.tree.body[place]
        start = self._top_of(statement)
        return Edit(start, start, line + self.layout.newline)

    def edited(self, edits: Iterable[Edit]) -> str:
        """Return the text with edits applied. Edits must not overlap."""
        return self._spliced(0, len(self.text), edits)

    def _spliced(self, start: int, end: int, edits: Iterable[Edit]) -> str:
        at, parts = start, list[str]()
        for each in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            assert at <= each.start, "edits that overlap"
            parts += [self.text[at : each.start], each.text]
            at = each.end
        return "".join([*parts, self.text[at:end]])
