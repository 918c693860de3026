"""The changes of a project's files: all are planned and checked first, then written, and undone if one of them fails.

What a file has stays, byte by byte: text is added at its end, or in one place that is named.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lockproof.cli.starter.project import read_bytes
from lockproof.core.errors import LockproofError


class Fate(StrEnum):
    """What happens to a part of a file."""

    MADE = "made"
    EXTENDED = "extended"
    LEFT = "there already: left alone"


@dataclass(frozen=True)
class PlannedPart:
    """A part of a file: what it is, what happens to it, and the text that is added."""

    file: str
    part: str
    fate: Fate
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
        self.parts.append(PlannedPart(file, part, Fate.LEFT))

    def add(self, file: str, part: str, text: str, position: int | None = None) -> None:
        """Plan that a file gets a text, with the line ends that the file has.

        Args:
            file: the file, relative to the directory; it is made if it is missing.
            part: what the text is, in words.
            text: the text; its lines end with a newline alone.
            position: the byte before which it goes; None for the end, with an empty line before it.

        """
        old = self.content(file)
        fate = Fate.MADE if self._before[file] is None else Fate.EXTENDED
        new, before = text, b"" if old is None else old
        if position is None and before:
            new = ("\n" if before.endswith(b"\n") else "\n\n") + new
        data = new.encode("utf-8")
        if b"\r\n" in before:
            data = data.replace(b"\n", b"\r\n")
        place = len(before) if position is None else position
        self._after[file] = before[:place] + data + before[place:]
        self.parts.append(PlannedPart(file, part, fate, text))

    def check(self) -> None:
        """Raise a `LockproofError` if a file cannot be written, before anything is."""
        for file in self._after:
            path = self.folder / file
            place = path if path.exists() else next(each for each in path.parents if each.exists())
            if not os.access(place, os.W_OK) or (place != path and not place.is_dir()):
                name = place.relative_to(self.folder) if place.is_relative_to(self.folder) else place
                raise LockproofError(
                    f"{file} cannot be written: {'the directory' if name == Path('.') else name} "
                    f"{'is read-only' if place == path or place.is_dir() else 'is no directory'}",
                    "the directory belongs to somebody else, or is on a read-only file system"
                    if place == path or place.is_dir() else "a file in the place of a directory",
                    "nothing was written; make it writable, or see the texts with --dry-run",
                )  # fmt: skip

    def write(self) -> None:
        """Write all files, or none.

        Raises:
            LockproofError: a file cannot be written; what was written before it is undone.

        """
        self.check()
        undo: list[Path] = []
        try:
            for file, data in self._after.items():
                path = self.folder / file
                missing = [each for each in path.parents if not each.exists()]
                for each in reversed(missing):
                    each.mkdir()
                    undo.append(each)
                undo.append(path)
                path.write_bytes(data)
        except OSError as error:
            self._undo(undo)
            raise LockproofError(
                f"{path} cannot be written: {error.strerror or error}",
                "the disk is full, or the directory changed meanwhile",
                "what was written before it is undone; mend the cause, and run the command again",
            ) from None

    def _undo(self, written: list[Path]) -> None:
        for path in reversed(written):
            before = self._before.get(path.relative_to(self.folder).as_posix())
            if path.is_dir():
                path.rmdir()
            elif before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)
