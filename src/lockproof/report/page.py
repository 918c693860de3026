"""A page: reports print on it. It wraps text to the width of the terminal and leaves no spaces at line ends.

Words carry the meaning, and a style only repeats it: a report without colours says the same. Foreign text goes through
`clean` before it is printed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Final, TextIO

from rich.console import Console, RenderableType
from rich.style import Style
from rich.text import Text

from lockproof.core.verdict import Verdict
from lockproof.report.words import clean_lines

WIDEST_PROSE: Final = 100
"""The most characters in a line of prose: longer lines are hard to read. Tables may be wider."""

STYLES: Final = {Verdict.HELD: "bold green", Verdict.VIOLATION: "bold red", Verdict.UNKNOWN: "bold yellow"}
"""The style of each verdict on a terminal."""


def console_on(stream: TextIO, width: int | None = None) -> Console:
    """Return a console on a stream. It has styles only on a terminal, and none if NO_COLOR is set (no-color.org).

    `width` is in characters; by default, it is that of the terminal.
    """
    return Console(
        file=stream,
        width=width,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def plain_text[R](print_it: Callable[[R, Console], None], report: R, width: int) -> str:
    """Return what `print_it` prints of a report: without styles, whatever the environment variables."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, color_system=None, force_terminal=False, highlight=False, markup=False, emoji=False
    )
    print_it(report, console)
    return buffer.getvalue()


class Page:
    """Prints paragraphs, tables and verbatim lines on a console. Indents are in characters."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def blank(self) -> None:
        """Print an empty line."""
        self.console.print()

    def heading(self, text: str, style: str = "bold") -> None:
        """Print a heading, after an empty line."""
        self.blank()
        self.say(text, style=style)

    def say(self, text: str, *, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """Print a paragraph. Its lines after the first are indented by `hang` more characters."""
        width = max(20, min(self.console.width, WIDEST_PROSE) - indent - hang)
        for number, line in enumerate(Text(text, style=style).wrap(self.console, width, overflow="fold")):
            line.rstrip()
            self._line(line, indent + (hang if number else 0))

    def whole(self, text: str, *, style: str = "") -> None:
        """Print a line without wrapping, so that a program can read it as one."""
        self._line(Text(text, style=style), 0)

    def item(self, text: str, *, indent: int = 2, mark: str = "- ") -> None:
        """Print a paragraph with a mark before it, as in a list."""
        self.say(mark + text, indent=indent, hang=len(mark))

    def verbatim(self, text: str, *, indent: int = 4) -> None:
        """Print foreign lines without wrapping, so that a reader can copy them."""
        for line in clean_lines(text):
            self._line(Text(line), indent)

    def put(self, renderable: RenderableType, *, indent: int = 2) -> None:
        """Print a table."""
        options = self.console.options.update(width=max(20, self.console.width - indent))
        for segments in self.console.render_lines(renderable, options, pad=False):
            line = Text.assemble(*((each.text, each.style or Style()) for each in segments))
            line.rstrip()
            self._line(line, indent)

    def _line(self, line: Text, indent: int) -> None:
        self.console.print(Text(" " * indent) + line if indent and line else line, soft_wrap=True)
