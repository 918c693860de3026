"""What became of mutants: the fate of each, and the score of a class, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lockproof.core.codec import encode
from lockproof.core.evidence import Doubt
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.core.verdict import Masking


class Fate(StrEnum):
    """What became of a mutant.

    KILLED: a check found something. SURVIVED: it did not, and its verdict is HELD. UNDECIDED: its verdict is UNKNOWN,
    so the mutant is neither killed nor survived. EQUIVALENT: it survived, and a person has said why nobody can kill it.
    INVALID: it does not import, or does something else on one thread already. TIMED_OUT: its check did not end.
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

    `seconds` are those to the first finding where it was killed, and those of the check otherwise. `by` is the kind of
    the finding, `scenario` the smallest that shows it ("" for one thread alone), `masking` whether the GIL hides it
    (None: not known), and `why` says what a person should know: of an invalid one what is wrong, of an undecided one
    what was not judged, of an equivalent one the reason in the reviewed file. `undecided` has the codes of the second.
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
    """The fates of all mutants of a class. `budget` is in seconds for each, `seconds` those of the whole run."""

    subject: str
    seed: int
    budget: float
    environment: Mapping[str, Any]
    sites: tuple[SyncSite, ...]
    judged: tuple[Judged, ...]
    seconds: float
    left: int = 0
    notes: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return how many mutants have met it."""
        return sum(each.fate is fate for each in self.judged)

    @property
    def killed(self) -> tuple[Judged, ...]:
        """Those that a check found something in."""
        return tuple(each for each in self.judged if each.fate is Fate.KILLED)

    @property
    def valid(self) -> int:
        """How many mutants could be killed: those that are neither invalid nor equivalent."""
        return len(self.judged) - self.count(Fate.INVALID) - self.count(Fate.EQUIVALENT)

    @property
    def score(self) -> float | None:
        """The killed among the valid: an undecided one counts as not killed. None if there were none."""
        return self.count(Fate.KILLED) / self.valid if self.valid else None

    @property
    def masked(self) -> int:
        """How many were killed by what a standard build does not show."""
        return sum(each.masking is Masking.MASKED for each in self.judged if each.fate is Fate.KILLED)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON has it; `schema` is the version of this form."""
        return {
            "schema": 2,
            "subject": self.subject,
            "seed": self.seed,
            "budget": self.budget,
            "environment": dict(self.environment),
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
    """Return a fate as a report has it: without the text of the mutant's module, of which the diff says as much."""
    data: dict[str, Any] = encode(judged)
    del data["mutant"]["source"]
    return data


class MutationInterrupted(KeyboardInterrupt):
    """Ctrl-C while mutants were checked. `report` has those that were done; the next run goes on from there."""

    def __init__(self, report: MutationReport) -> None:
        super().__init__()
        self.report = report


def named_equivalent(judged: Judged, reason: str) -> Judged:
    """Return the fate of a mutant that a person calls equivalent: a check that killed it knows better."""
    if judged.fate is Fate.SURVIVED:
        return replace(judged, fate=Fate.EQUIVALENT, why=reason)
    if judged.fate is Fate.KILLED:
        return replace(judged, why=f"called equivalent ({reason}), and it is not")
    return judged
