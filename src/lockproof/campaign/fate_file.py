"""The file between two runs of `lockproof mutate`: the fates that are known, and what has killed each mutant.

There is one file of JSON lines for each subject and build: a head that says what the fates belong to, then a line for
each fate as soon as it is known, then a last line when the run is complete. A file that was cut off still has the fates
of all its whole lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lockproof.core.codec import decode, encode
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Evidence
from lockproof.core.mutation_report import Judged

VERSION: Final = 3


class FateFile:
    """The file of one subject and build. `earlier` has what killed mutants in any earlier run, by their ids."""

    def __init__(self, store: Path, subject: str, build: str) -> None:
        digest = hashlib.sha256(f"{subject} {build}".encode()).hexdigest()[:12]
        name = re.sub(r"[^A-Za-z0-9]+", "-", subject)[-60:]
        self.path = store / "mutants" / f"{name}-{digest}.jsonl"
        self.earlier: dict[str, str] = {}
        self._head: Mapping[str, Any] = {}
        self._known: dict[str, Judged] = {}
        self._complete = False
        self._passed: dict[str, Evidence] = {}
        for line in self._lines():
            if "head" in line:
                self._head, self._known, self._passed, self._complete = line["head"], {}, {}, False
            elif "passed" in line:
                self._passed[line["passed"]] = decode(Evidence, line["evidence"])
            elif "complete" in line:
                self._complete = True
            else:
                judged = decode(Judged, line)
                self._known[judged.mutant.id] = judged
                if judged.scenario:
                    self.earlier[judged.mutant.id] = judged.scenario

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
        """Return the seed of the interrupted run with this head; None if there is no such run."""
        same = {**self._head, "seed": None} == {**head, "seed": None, "version": VERSION}
        return int(self._head["seed"]) if same and not self._complete else None

    def begin(self, head: Mapping[str, Any]) -> tuple[dict[str, Judged], dict[str, Evidence]]:
        """Go on with the interrupted run that has this head, or begin a new run.

        Returns what the interrupted run knew, by the ids of mutants: fates, and the evidence of mutants that passed
        control and have not run on real threads. Both are empty for a new run.

        Raises:
            LockproofError: the file cannot be written.

        """
        head = {**head, "version": VERSION}
        if self._head == head and not self._complete:
            return self._known, self._passed
        earlier = [judged for judged in self._known.values() if judged.scenario]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            (self.path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            part = self.path.with_suffix(".part")
            lines = [*({"head": {}}, *(_line(each) for each in earlier))] if earlier else []
            part.write_text("".join(json.dumps(line) + "\n" for line in (*lines, {"head": head})), encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            raise LockproofError(
                f"{self.path} cannot be written: {error.strerror or error}",
                "the fates of mutants are kept there, so that the next run can go on from an interrupted one",
                "run it from a directory in which you may write",
            ) from None
        return {}, {}

    def add(self, judged: Judged) -> None:
        """Write a fate."""
        self._append(_line(judged))

    def add_passed(self, name: str, evidence: Evidence) -> None:
        """Write the evidence of control for a mutant in which it found nothing; real threads come next."""
        self._append({"passed": name, "evidence": encode(evidence)})

    def end(self) -> None:
        """Write that all mutants were judged: the next run begins anew."""
        self._append({"complete": True})

    def _append(self, line: Mapping[str, Any]) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _line(judged: Judged) -> Any:
    """Return a fate as the file has it, without the text of the mutant's module: the next run makes it anew."""
    return encode(replace(judged, mutant=replace(judged.mutant, source="")))
