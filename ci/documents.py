"""What a document shows: files, commands with what they print, and lines that install.

The tests of the documents and the environment `install` of tox read the very text, so that neither can part from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command and the lines that are shown below it."""

    text: str
    shown: tuple[str, ...]


def blocks(text: str, language: str) -> list[str]:
    """Return what stands in the fences of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def files(text: str) -> dict[str, str]:
    """Return the files that a document shows: Python blocks that begin with `# name.py`."""
    return {found[1]: block for block in blocks(text, "python") if (found := re.match(r"# ([\w.]+\.py)\n", block))}


def examples(text: str) -> str:
    """Return the blocks that doctest can run, one after the other."""
    return "\n".join(block for block in blocks(text, "python") if ">>> " in block)


def commands(text: str) -> list[Command]:
    """Return the commands of the console blocks, in order."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *shown = part.rstrip().splitlines()
            found.append(Command(first, tuple(shown)))
    return found


def install_lines(text: str) -> list[str]:
    """Return the indented lines that install something: `pip install ...`."""
    return re.findall(r"^ {4}(pip install .+?)\s*$", text, re.MULTILINE)


VERDICT = re.compile(r".*?: (HELD|VIOLATION|UNKNOWN)\b")
"""The beginning of a report, up to its verdict."""


def verdict_of(command: Command) -> str:
    """Return the verdict that is shown below a command; "" if none is."""
    found = VERDICT.match(command.shown[0]) if command.shown else None
    return found[1] if found else ""


def masked(lines: Iterable[str]) -> list[str]:
    """Return the lines without what is another one in each run: numbers, widths, and the order of allowed outcomes.

    Where it ran and what was covered are left out, and so is `...`, which stands for lines that are not shown.
    """
    kept = []
    for line in lines:
        if line.startswith("Covered"):
            break
        if (found := VERDICT.match(line)) and found[1] != "VIOLATION":
            kept.append(found[0])  # what follows is what was covered
        elif line.strip() not in ("", "...") and not line.startswith("CPython") and " allowed " not in line:
            kept.append(" ".join(re.sub(r"[\d.,]*\d", "#", line).split()))
    return kept


def missing(command: Command, printed: str, *, gil: bool) -> list[str]:
    """Return the lines that are shown and were not printed.

    What is shown was run without the GIL. With it the race is rarer, and the smallest case may not show in the time
    that there is: then only the verdict has to be the same. A document may show no more than the verdict.
    """
    if gil or (len(command.shown) == 1 and VERDICT.fullmatch(command.shown[0])):
        shown = [found[0] for line in command.shown[:1] if (found := VERDICT.match(line))]
        return [line for line in shown if not any(each.startswith(line) for each in printed.splitlines())]
    return [line for line in masked(command.shown) if line not in masked(printed.splitlines())]
