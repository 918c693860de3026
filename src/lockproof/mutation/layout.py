"""The positions of the lines, comments, strings and parentheses of a text.

To move a piece of text to another block, `portable` replaces the indent of each line by MARGIN. A line that begins
inside a string or after a backslash keeps its blanks: they belong to the value of the string, or to the author's style.
"""

from __future__ import annotations

import bisect
import io
import re
import tokenize
from typing import Final

MARGIN: Final = "\0"
"""No text of a Python program has this character."""

_NO_OPERAND: Final = frozenset(
    ("and", "as", "assert", "await", "del", "elif", "else", "except", "for", "from", "if", "in", "is",
     "lambda", "not", "or", "raise", "return", "while", "with", "yield")
)  # fmt: skip
"""Words after which a parenthesis begins an expression rather than the arguments of a call."""


class Layout:
    """The lines and tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text: Final = text
        ends = [found.end() for found in re.finditer(r"\r\n|\r|\n", text)]
        self._starts: Final = [0, *ends]
        found = re.search(r"\r\n|\r|\n", text)
        self.newline: Final = found[0] if found else "\n"
        self._raw: Final[set[int]] = set()
        """Lines that begin inside a string or after a backslash."""
        self._pairs: Final[dict[int, int]] = {}
        """The end of each pair of parentheses around an expression, by its start."""
        self._tokens: Final[list[tuple[int, int, str]]] = []
        self._codes: Final[set[int]] = set()
        """Lines with code, not just a comment."""
        self._default: str | None = None
        self._read()

    def _read(self) -> None:
        strings, waiting = list[int](), list[tuple[int, bool]]()
        before, last, broken = "", 1, True
        for kind, word, (row, column), (end_row, end_column), _ in tokenize.generate_tokens(
            io.StringIO(self.text, newline="").readline
        ):
            if kind == tokenize.INDENT and self._default is None:
                self._default = word
            if kind in _BLANK:
                if kind in (tokenize.NL, tokenize.NEWLINE):
                    broken, before = True, before if kind == tokenize.NL else ""
                continue
            if not broken:
                # Only after a backslash does a line continue without a token for the line end.
                self._raw.update(range(last + 1, row + 1))
            last, broken = end_row, False
            if kind == tokenize.COMMENT:
                continue
            self._codes.update(range(row, end_row + 1))
            if kind in (tokenize.STRING, *_MIDDLES):
                self._raw.update(range(row + 1, end_row + 1))
            if kind in _BEGINS:
                strings.append(row)
            elif kind in _ENDS:
                self._raw.update(range(strings.pop() + 1, end_row + 1))
            start, end = self._starts[row - 1] + column, self._starts[end_row - 1] + end_column
            if kind == tokenize.OP and word in "([{":
                waiting.append((start, word == "(" and self._begins_expression(before)))
            elif kind == tokenize.OP and word in ")]}" and waiting:
                begun, grouping = waiting.pop()
                if grouping:
                    self._pairs[begun] = end
            self._tokens.append((start, end, word))
            before = word if kind in (tokenize.OP, tokenize.NAME) else "x"

    def begins_expression(self, offset: int) -> bool:
        """Tell whether a parenthesis is there that begins an expression, and no call."""
        return offset in self._pairs

    @staticmethod
    def _begins_expression(before: str) -> bool:
        if not before or before in _NO_OPERAND:
            return True
        return not (before.isidentifier() or before in (")", "]", "}"))

    @property
    def default_indent(self) -> str:
        """The indent of the first block of the file."""
        return self._default or "    "

    def _line(self, row: int) -> str:
        end = self._starts[row] if row < len(self._starts) else len(self.text)
        return self.text[self._starts[row - 1] : end]

    def offset(self, row: int, column: int) -> int:
        """Return where in the text something is that `ast` gives by its line and by bytes of that."""
        start = self._starts[row - 1]
        line = self._line(row)
        return start + (column if line.isascii() else len(line.encode()[:column].decode()))

    def line_at(self, offset: int) -> int:
        """Return the number of a line, counted from 1."""
        return bisect.bisect_right(self._starts, offset)

    def start_of_line(self, offset: int) -> int:
        """Return the offset at which the line of an offset begins."""
        return self._starts[self.line_at(offset) - 1]

    def end_of_line(self, offset: int) -> int:
        """Return the offset at which the line of an offset ends, without its line end."""
        row = self.line_at(offset)
        return self._starts[row - 1] + len(self._line(row).rstrip("\r\n"))

    def next_line(self, end: int) -> int:
        """Return the offset at which the next line begins, given the end of a line."""
        row = self.line_at(end)
        return self._starts[row] if row < len(self._starts) else len(self.text)

    def line_end_before(self, start: int) -> int:
        """Return the offset at which the previous line ends, given the start of a line."""
        return self.end_of_line(start - 1) if start else start

    def before_on_line(self, offset: int) -> str:
        """Return the text between the start of a line and an offset on it."""
        return self.text[self.start_of_line(offset) : offset]

    def indent_at(self, offset: int) -> str:
        """Return the blanks at the start of the line of an offset."""
        found = re.match(r"[ \t\f]*", self._line(self.line_at(offset)))
        return found[0] if found else ""

    def shares(self, first: int, last: int, start: int, end: int) -> bool:
        """Tell whether lines have any code outside a piece of them."""
        at = bisect.bisect_left(self._tokens, (self._starts[first - 1], 0, ""))
        while at < len(self._tokens) and self.line_at(self._tokens[at][0]) <= last:
            begin, finish, _ = self._tokens[at]
            if finish <= start or begin >= end:
                return True
            at += 1
        return False

    def with_parentheses(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and end of an expression with the parentheses around it."""
        at = bisect.bisect_left(self._tokens, (start, 0, ""))
        after = bisect.bisect_left(self._tokens, (end, 0, ""))
        while at and after < len(self._tokens):
            begin, _, word = self._tokens[at - 1]
            _, finish, other = self._tokens[after]
            if word != "(" or other != ")" or self._pairs.get(begin) != finish:
                break
            start, end, at, after = begin, finish, at - 1, after + 1
        return start, end

    def colon(self, offset: int) -> int:
        """Return the offset of the colon that ends the head of a statement, given the end of the head's last node."""
        at = bisect.bisect_left(self._tokens, (offset, 0, ""))
        return next(start for start, _, word in self._tokens[at:] if word == ":")

    def gap_above(self, offset: int) -> list[tuple[int, int]]:
        """Return the comment and blank lines directly above the line of an offset."""
        row, found = self.line_at(offset) - 1, list[tuple[int, int]]()
        while row >= 1 and row not in self._codes and row not in self._raw:
            start = self._starts[row - 1]
            found.insert(0, (start, self.end_of_line(start)))
            row -= 1
        return found

    def end_of_footer(self, end: int, indent: str) -> int:
        """Return the end of a block, with the comments below it that have the indent of its statements."""
        row = self.line_at(end) + 1
        while row <= len(self._starts) and row not in self._codes:
            line = self._line(row)
            if line.startswith(indent) and line.strip():
                end = self.end_of_line(self._starts[row - 1])
            row += 1
        return end

    def portable(self, start: int, end: int, indent: str, *, whole: bool = False) -> str:
        """Return a piece of the text with MARGIN for the indent; `whole`: the piece begins at the start of a line."""
        text, at, row = list[str](), start, self.line_at(start)
        if whole and self.text.startswith(indent, start, end):
            text.append(MARGIN)
            at += len(indent)
        while row < len(self._starts) and self._starts[row] < end:
            begin = self._starts[row]
            text.append(self.text[at:begin])
            at, row = begin, row + 1
            if row not in self._raw and self.text.startswith(indent, at, end) and self._line(row).strip():
                text.append(MARGIN)
                at += len(indent)
        text.append(self.text[at:end])
        return "".join(text)


_BLANK: Final = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def _kinds(end: str) -> tuple[int, ...]:
    """Return the tokens of f-strings and t-strings whose names end with `end`; t-strings are new in 3.14."""
    return tuple(getattr(tokenize, name) for name in (f"FSTRING_{end}", f"TSTRING_{end}") if hasattr(tokenize, name))


_BEGINS: Final = _kinds("START")
_MIDDLES: Final = _kinds("MIDDLE")
_ENDS: Final = _kinds("END")
