"""Finds the line that defines a subject, by its name. Nothing is imported: importing a subject runs its code.

The modules of the standard library that are written in C, and what other code puts together at run time, have no such
line.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from lockproof.report.places import SourceLine


def definition_of(subject: str) -> SourceLine | None:
    """Return the line that defines `module:name` or `path/file.py:name`; None if it is not found.

    Of a module, or a name that is not defined by a statement of its own, it is the first line of the file.
    """
    head, colon, name = subject.rpartition(":")
    where, name = (head, name) if colon else (name, "")
    for path in _files(where):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        return SourceLine(str(path), _line_of(tree, name.split(".") if name else []))
    return None


def _files(where: str) -> Iterator[Path]:
    """Yield the files that the module may be."""
    if where.endswith(".py"):
        yield Path(where)
        return
    parts = where.split(".")
    if not all(part.isidentifier() for part in parts):
        return
    for folder in sys.path:
        for path in (Path(folder, *parts).with_suffix(".py"), Path(folder, *parts, "__init__.py")):
            if path.is_file():
                yield path


def _line_of(tree: ast.Module, names: list[str]) -> int:
    body: list[ast.stmt] = tree.body
    line = 1
    for name in names:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                line, body = node.lineno, node.body
                break
        else:
            break
    return line
