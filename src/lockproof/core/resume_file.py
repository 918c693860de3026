"""The file between two runs of one command: what the first run did, so that the second goes on from there.

JSON lines: a head that says what the lines after it belong to, a line for each thing as soon as it is done, and a last
line when all is. A file that was cut off while it was written still has its whole lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError

LONGEST_NAME: Final = 60


class ResumeFile:
    """The file of one command: its head, and whether the run that wrote it came to its end.

    Args:
        directory: where such files are kept; made when it is written to.
        names: what the file is about; the first one is in the name of the file, all are in its digest.
        version: of the format; a file of another version is no earlier run.
        why: what is kept there, for the error of a directory that nobody may write to.

    """

    def __init__(self, directory: Path, names: Sequence[str], version: int, why: str) -> None:
        digest = hashlib.sha256("\0".join(names).encode()).hexdigest()[:12]
        name = re.sub(r"[^A-Za-z0-9]+", "-", names[0])[-LONGEST_NAME:].strip("-")
        self.path = directory / f"{name}-{digest}.jsonl"
        self._version, self._why = version, why
        self._head: Mapping[str, Any] = {}
        self._complete = False

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Yield the lines that were added, and a line with `head` where a run began: what it did comes after it."""
        for line in self._whole_lines():
            if "complete" in line:
                self._complete = True
                continue
            if "head" in line:
                self._head, self._complete = line["head"], False
            yield line

    def _whole_lines(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                return

    def seed(self, head: Mapping[str, Any]) -> int | None:
        """Return the seed of the interrupted run with this head but for its seed; None if there is no such run."""
        same = {**self._head, "seed": None} == {**self._full(head), "seed": None}
        return int(self._head["seed"]) if same and not self._complete else None

    def goes_on(self, head: Mapping[str, Any]) -> bool:
        """Whether the file has an interrupted run with this head."""
        return self._head == self._full(head) and not self._complete

    def begin(self, head: Mapping[str, Any], kept: Iterable[Mapping[str, Any]] = ()) -> None:
        """Replace the file by one with this head, and before it the lines that an earlier run leaves for later ones.

        Raises:
            LockproofError: the file cannot be written.

        """
        before = list(kept)
        lines = [*([{"head": {}}, *before] if before else []), {"head": self._full(head)}]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            (self.path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            part = self.path.with_suffix(".part")
            part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            raise LockproofError(
                f"{self.path} cannot be written: {error.strerror or error}",
                f"{self._why} kept there, so that the next run can go on from an interrupted one",
                "run it from a directory in which you may write",
            ) from None

    def add(self, line: Mapping[str, Any]) -> None:
        """Write a line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def end(self) -> None:
        """Write that all is done: the next run begins anew."""
        self.add({"complete": True})

    def _full(self, head: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**head, "version": self._version}
