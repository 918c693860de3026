"""The file between two runs of one command that checks many targets: what came of the units that are done.

A head says what the units belong to: the plan with its options, the sources, the build, and the seed. Then comes a line
for each unit as soon as it is done, and a last line when all are. A file that was cut off still has its whole lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lockproof.core.audited import DoneUnit
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.errors import LockproofError

VERSION: Final = 1

STORE: Final = Path(".lockproof")
"""The directory that keeps what is done, in the working directory."""


class StateFile:
    """The file of one command and build.

    Args:
        store: the directory.
        names: the targets that were asked for, and the shard: two shards may run in one directory.
        build: the build, as text.

    """

    def __init__(self, store: Path, names: Sequence[str], build: str) -> None:
        digest = hashlib.sha256("\0".join([*names, build]).encode()).hexdigest()[:12]
        name = re.sub(r"[^A-Za-z0-9]+", "-", names[0])[-60:].strip("-")
        self.path = store / "checks" / f"{name}-{digest}.jsonl"
        self._head: Mapping[str, Any] = {}
        self._done: list[DoneUnit] = []
        self._complete = False
        for line in self._lines():
            if "head" in line:
                self._head, self._done, self._complete = line["head"], [], False
            elif "complete" in line:
                self._complete = True
            else:
                try:
                    self._done.append(decode(DoneUnit, line))
                except Misfit:  # another version of lockproof wrote it
                    return

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                return  # cut off while it was written

    def seed(self, head: Mapping[str, Any]) -> int | None:
        """Return the seed of the interrupted run with this head but for its seed; None if there is no such run."""
        same = {**self._head, "seed": None} == {**head, "seed": None, "version": VERSION}
        return int(self._head["seed"]) if same and not self._complete else None

    def begin(self, head: Mapping[str, Any], *, fresh: bool) -> tuple[DoneUnit, ...]:
        """Go on with the interrupted run that has this head, and return what it has done; or begin anew.

        Raises:
            LockproofError: the file cannot be written.

        """
        head = {**head, "version": VERSION}
        if self._head == head and not self._complete and not fresh:
            return tuple(self._done)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            (self.path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps({"head": head}) + "\n", encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            raise LockproofError(
                f"{self.path} cannot be written: {error.strerror or error}",
                "what is done is kept there, so that the next run can go on from an interrupted one",
                "run it from a directory in which you may write",
            ) from None
        return ()

    def add(self, done: DoneUnit) -> None:
        """Write what came of a unit."""
        self._append(encode(done))

    def end(self) -> None:
        """Write that all units are done: the next run begins anew."""
        self._append({"complete": True})

    def _append(self, line: Mapping[str, Any]) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
