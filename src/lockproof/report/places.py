"""Lines of source, and how a project names its files: by paths that are relative to its root, with `/`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SourceLine:
    """A line of a file, counted from 1."""

    file: str
    line: int


def place_of(text: str) -> SourceLine | None:
    """Return the place that `file:line` names; None for one without a file, like `<operation a.add(1)>:1`."""
    file, _, line = text.rpartition(":")
    if not file or file.startswith("<") or not (line.isascii() and line.isdigit()) or int(line) < 1:
        return None
    return SourceLine(file, int(line))


@dataclass(frozen=True)
class Project:
    """The directory that paths in a report for other programs are relative to."""

    root: Path

    @classmethod
    def here(cls, variables: Mapping[str, str] = os.environ) -> Project:
        """Return the project around the working directory.

        Its root is the workspace of a job on GitHub, else the nearest directory with `.git`, else the nearest one with
        a `pyproject.toml`, else the working directory.
        """
        here = Path.cwd()
        around = (here, *here.parents)
        workspace = variables.get("GITHUB_WORKSPACE")
        if workspace and Path(workspace).resolve() in around:
            return cls(Path(workspace).resolve())
        for mark in (".git", "pyproject.toml"):
            for each in around:
                if (each / mark).exists():
                    return cls(each)
        return cls(here)

    def name(self, file: str) -> str | None:
        """Return the path of a file from the root, with `/`; None for a file that is not in the project."""
        path = Path(os.path.abspath(file))
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        resolved = path.resolve()
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else None

    def first(self, places: Iterable[SourceLine]) -> tuple[SourceLine, ...]:
        """Return the places with those in the project first: what shows them shows only the files of the project."""
        return tuple(sorted(places, key=lambda each: self.name(each.file) is None))
