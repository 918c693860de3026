"""The file between two runs of `lockproof mutate`: the fates that are known, and what has killed each mutant.

There is one file for each subject and build. What has killed a mutant stays in it when a new run begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lockproof.core.codec import decode, encode
from lockproof.core.evidence import Evidence
from lockproof.core.mutation_report import Judged
from lockproof.core.resume_file import ResumeFile

VERSION: Final = 3


class FateFile:
    """The file of one subject and build. `earlier` has what killed mutants in any earlier run, by their ids."""

    def __init__(self, store: Path, subject: str, build: str) -> None:
        self._file = ResumeFile(store / "mutants", [subject, build], VERSION, "the fates of mutants are")
        self.earlier: dict[str, str] = {}
        self._known: dict[str, Judged] = {}
        self._passed: dict[str, Evidence] = {}
        for line in self._file.read():
            if "head" in line:
                self._known, self._passed = {}, {}
            elif "passed" in line:
                self._passed[line["passed"]] = decode(Evidence, line["evidence"])
            else:
                judged = decode(Judged, line)
                self._known[judged.mutant.id] = judged
                if judged.scenario:
                    self.earlier[judged.mutant.id] = judged.scenario

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._file.path

    def seed(self, head: Mapping[str, Any]) -> int | None:
        """Return the seed of the interrupted run with this head but for its seed; None if there is no such run."""
        return self._file.seed(head)

    def begin(self, head: Mapping[str, Any]) -> tuple[dict[str, Judged], dict[str, Evidence]]:
        """Go on with the interrupted run that has this head, or begin a new run.

        Returns what the interrupted run knew, by the ids of mutants: fates, and the evidence of mutants that passed
        control and have not run on real threads. Both are empty for a new run.

        Raises:
            LockproofError: the file cannot be written.

        """
        if self._file.goes_on(head):
            return self._known, self._passed
        self._file.begin(head, (_line(judged) for judged in self._known.values() if judged.scenario))
        return {}, {}

    def add(self, judged: Judged) -> None:
        """Write a fate."""
        self._file.add(_line(judged))

    def add_passed(self, name: str, evidence: Evidence) -> None:
        """Write the evidence of control for a mutant in which it found nothing; real threads come next."""
        self._file.add({"passed": name, "evidence": encode(evidence)})

    def end(self) -> None:
        """Write that all mutants were judged: the next run begins anew."""
        self._file.end()


def _line(judged: Judged) -> Any:
    """Return a fate as the file has it, without the text of the mutant's module: the next run makes it anew."""
    return encode(replace(judged, mutant=replace(judged.mutant, source="")))
