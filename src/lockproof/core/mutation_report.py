"""The report on the mutants of a class, as data: the fate of each mutant, and the score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from lockproof.core.codec import encode
from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.verdict import Masking


class Fate(StrEnum):
    """What a check of a mutant came to.

    KILLED: the check found something. SURVIVED: the verdict of the check is HELD. UNDECIDED: the verdict is UNKNOWN.
    EQUIVALENT: the mutant survived, and a reviewed file gives the reason why no check can kill it. INVALID: the mutant
    cannot be imported, or one thread alone already shows the flaw. TIMED_OUT: the check did not end.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    UNDECIDED = "undecided"
    EQUIVALENT = "equivalent"
    INVALID = "invalid"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Judged:
    """A mutant and its fate.

    Attributes:
        mutant: the mutant.
        fate: what the check came to.
        seconds: the time to the first finding if the mutant was killed, else the time of the whole check.
        by: the kind of the finding that killed it.
        scenario: the smallest scenario that shows the finding; "" if one thread alone shows it.
        masking: whether the GIL hides the finding; None if that was not examined.
        why: what is wrong with an invalid mutant, what was not judged of an undecided one, or the reviewed reason of
            an equivalent one. Of a killed mutant that the reviewed file calls equivalent, that the file is wrong.
        undecided: the codes of what was not judged.

    """

    mutant: Mutant
    fate: Fate
    seconds: float
    by: str = ""
    scenario: str = ""
    masking: Masking | None = None
    why: str = ""
    undecided: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class MutationReport:
    """The fates of all mutants of a class.

    Attributes:
        SCHEMA: the version of the JSON form.
        subject: the class, as `module:Class`.
        seed: the seed of the random choices.
        budget: seconds for the check of each mutant.
        environment: the interpreter and the machine.
        sites: the synchronization in the source of the class.
        judged: the mutants that were run, with their fates.
        seconds: the time of the whole run.
        left: how many mutants were not run, because the run was interrupted.
        notes: what limits the report.

    """

    SCHEMA: ClassVar[int] = 2

    subject: str
    seed: int
    budget: float
    environment: Environment
    sites: tuple[SyncSite, ...]
    judged: tuple[Judged, ...]
    seconds: float
    left: int = 0
    notes: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return how many mutants have this fate."""
        return sum(each.fate is fate for each in self.judged)

    @property
    def killed(self) -> tuple[Judged, ...]:
        """The mutants that a check killed."""
        return tuple(each for each in self.judged if each.fate is Fate.KILLED)

    @property
    def valid(self) -> int:
        """How many mutants count for the score: all but the invalid and the equivalent ones."""
        return len(self.judged) - self.count(Fate.INVALID) - self.count(Fate.EQUIVALENT)

    @property
    def score(self) -> float | None:
        """The share of killed mutants among the valid ones, from 0 to 1; None if no mutant is valid.

        An undecided mutant counts as not killed.
        """
        return self.count(Fate.KILLED) / self.valid if self.valid else None

    @property
    def masked(self) -> int:
        """How many mutants were killed by a finding that a standard build does not show."""
        return sum(each.masking is Masking.MASKED for each in self.judged if each.fate is Fate.KILLED)

    def to_json(self) -> dict[str, Any]:
        """Return the report for a JSON file, as docs/schema describes it; `schema` is the version of the format."""
        return {
            "schema": self.SCHEMA,
            "subject": self.subject,
            "seed": self.seed,
            "budget": self.budget,
            "environment": self.environment.to_json(),
            "score": self.score,
            "counts": {fate.value: self.count(fate) for fate in Fate},
            "masked": self.masked,
            "sites": encode(self.sites),
            "mutants": [_shown(each) for each in self.judged],
            "seconds": self.seconds,
            "left": self.left,
            "notes": list(self.notes),
        }


def _shown(judged: Judged) -> dict[str, Any]:
    """Return a fate for a report. The text of the mutant's module is left out: the diff shows the change."""
    data: dict[str, Any] = encode(judged)
    del data["mutant"]["source"]
    return data


class MutationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a run of mutants. `report` has the finished ones; the next run goes on from there."""

    def __init__(self, report: MutationReport) -> None:
        super().__init__()
        self.report = report


class MutationFailed(Exception):
    """A fault of lockproof itself during a run of mutants. `report` has the finished ones, `trace` is to be sent."""

    def __init__(self, report: MutationReport, trace: str) -> None:
        super().__init__(f"a fault of lockproof itself; please report it with these lines:\n{trace}")
        self.report, self.trace = report, trace


def named_equivalent(judged: Judged, reason: str) -> Judged:
    """Return the fate of a mutant that a reviewed file calls equivalent.

    A mutant that survived becomes EQUIVALENT. A killed one stays KILLED, and `why` says that the file is wrong.
    """
    if judged.fate is Fate.SURVIVED:
        return replace(judged, fate=Fate.EQUIVALENT, why=reason)
    if judged.fate is Fate.KILLED:
        return replace(judged, why=f"called equivalent ({reason}), and it is not")
    return judged
