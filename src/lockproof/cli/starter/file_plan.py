"""The changes of a project's files: all are planned and checked first, then written, and undone if one of them fails.

What a file has stays, byte by byte: text is added at its end, or in one place that is named.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lockproof.cli.starter.project import read_bytes
from lockproof.core.errors import LockproofError


class PartState(StrEnum):
    """What happens to a part of a file."""

    MADE = "made"
    EXTENDED = "extended"
    LEFT = "there already: left alone"


@dataclass(frozen=True)
class PlannedPart:
    """A part of a file: what it is, what happens to it, and the text that is added."""

    file: str
    part: str
    state: PartState
    text: str = ""


class FilePlan:
    """What will be written into a directory.

    Attributes:
        folder: the directory.
        parts: the parts in the order in which they were planned.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: list[PlannedPart] = []
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, bytes] = {}

    def content(self, file: str) -> bytes | None:
        """Return what a file will have; None if there is none.

        Raises:
            LockproofError: the file is there and cannot be read.

        """
        if file not in self._before:
            self._before[file] = read_bytes(self.folder / file)
        return self._after.get(file, self._before[file])

    def leave(self, file: str, part: str) -> None:
        """Plan that a part stays as it is."""
        self.parts.append(PlannedPart(file, part, PartState.LEFT))

    def add(self, file: str, part: str, text: str, position: int | None = None) -> None:
        """Plan that a file gets a text, with the line ends that the file has.

        Args:
            file: the file, relative to the directory; it is made if it is missing.
            part: what the text is, in words.
            text: the text; its lines end with a newline alone.
            position: the byte before which it goes; None for the end, with an empty line before it.

        """
        old = self.content(file)
        state = PartState.MADE if self._before[file] is None else PartState.EXTENDED
        new, before = text, b"" if old is None else old
        if position is None and before:
            new = ("\n" if before.endswith(b"\n") else "\n\n") + new
        data = new.encode("utf-8")
        if b"\r\n" in before:
            data = data.replace(b"\n", b"\r\n")
        place = len(before) if position is None else position
        self._after[file] = before[:place] + data + before[place:]
        self.parts.append(PlannedPart(file, part, state, text))

    def check(self) -> None:
        """Raise a `LockproofError` if a file cannot be written, before anything is."""
        for file in self._after:
            path = (self.folder / file).resolve()
            place = next(each for each in path.parents if each.exists())
            for each in (path, place) if path.exists() else (place,):
                if os.access(each, os.W_OK) and (each == path or each.is_dir()):
                    continue
                name = "the directory" if each == self.folder.resolve() else os.path.relpath(each, self.folder)
                if each.is_dir() or each == path:
                    what, cause = "is read-only", "it belongs to somebody else, or is on a read-only file system"
                else:
                    what, cause = "is no directory", "a file in the place of a directory"
                raise LockproofError(
                    f"{file} cannot be written: {name} {what}",
                    cause,
                    "nothing was written; mend it, and run this again",
                )

    def write(self) -> None:
        """Write all files, or none.

        Each text goes into a file beside its own first, which then takes its place in one step: a process that is
        killed leaves no half of a file.

        Raises:
            LockproofError: a file cannot be written; what was written before it is undone.

        """
        self.check()
        done: list[Path] = []
        path = self.folder
        try:
            for file, data in self._after.items():
                path = (self.folder / file).resolve()
                for each in reversed([each for each in path.parents if not each.exists()]):
                    each.mkdir()
                    done.append(each)
                done.append(_beside(path))
                _beside(path).write_bytes(data)
                if path.exists():
                    shutil.copymode(path, _beside(path))
            for file in self._after:
                path = (self.folder / file).resolve()
                _beside(path).replace(path)
                done.append(path)
        except OSError as error:
            self._undo(done)
            raise LockproofError(
                f"{path} cannot be written: {error.strerror or error}",
                "the disk is full, or the directory changed meanwhile",
                "what was written before it is undone; mend the cause, and run the command again",
            ) from None

    def _undo(self, done: list[Path]) -> None:
        before = {(self.folder / file).resolve(): data for file, data in self._before.items()}
        for path in reversed(done):
            if path.is_dir():
                path.rmdir()
            elif (data := before.get(path)) is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.lockproof-init")
