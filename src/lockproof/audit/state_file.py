"""The file between two runs of one command that checks many targets: what came of the units that are done.

Its head says what the units belong to: the plan with its options, the sources, the build, and the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lockproof.core.audited import DoneUnit
from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.resume_file import ResumeFile

VERSION: Final = 1


class StateFile:
    """The file of one command and build.

    Args:
        store: the directory.
        names: the targets that were asked for, and the shard: two shards may run in one directory.
        build: the build, as text.

    """

    def __init__(self, store: Path, names: Sequence[str], build: str) -> None:
        self._file = ResumeFile(store / "checks", [*names, build], VERSION, "what is done is")
        self._done: list[DoneUnit] = []
        for line in self._file.read():
            if "head" in line:
                self._done = []
                continue
            try:
                self._done.append(decode(DoneUnit, line))
            except Misfit:  # another version of lockproof wrote it
                return

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._file.path

    def seed(self, head: Mapping[str, Any]) -> int | None:
        """Return the seed of the interrupted run with this head but for its seed; None if there is no such run."""
        return self._file.seed(head)

    def begin(self, head: Mapping[str, Any], *, fresh: bool) -> tuple[DoneUnit, ...]:
        """Go on with the interrupted run that has this head, and return what it has done; or begin anew.

        Raises:
            LockproofError: the file cannot be written.

        """
        if self._file.goes_on(head) and not fresh:
            return tuple(self._done)
        self._file.begin(head)
        return ()

    def add(self, done: DoneUnit) -> None:
        """Write what came of a unit."""
        self._file.add(encode(done))

    def end(self) -> None:
        """Write that all units are done: the next run begins anew."""
        self._file.end()
