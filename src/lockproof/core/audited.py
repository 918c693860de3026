"""Many checks as one: the units that one command has planned on one build, and what came of those that were run.

Each shard of a job plans the same units, and runs some of them. So shards know each other by the digest of the plan: it
says the targets, the options, the seeds, the sources and the version of lockproof.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockproof.core.codec import decode_fields, encode
from lockproof.core.survey import Survey
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import Report


@dataclass(frozen=True)
class DoneUnit:
    """What came of a unit, and its number in the plan, from 0."""

    number: int
    outcome: UnitOutcome

    def to_json(self) -> dict[str, Any]:
        """Return it for a JSON file: the report has all of its evidence."""
        outcome = self.outcome
        return {
            "number": self.number,
            "unit": encode(outcome.unit),
            "ending": outcome.ending.value,
            "report": outcome.report.to_json() if outcome.report is not None else None,
            "refusal": encode(outcome.refusal),
            "trace": outcome.trace,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DoneUnit:
        """Return what `to_json` wrote.

        Raises:
            Misfit: the data is nothing of this kind.

        """
        outcome = {name: part for name, part in data.items() if name != "number"}
        return decode_fields(cls, {"number": data["number"], "outcome": outcome})


@dataclass(frozen=True)
class Audit:
    """The units of one plan on one build.

    Attributes:
        build: the build of Python and the system, as text.
        digest: what names the plan.
        planned: how many units the plan has.
        done: what came of units, in the order of their numbers. Those that were not run have no entry.
        shards: which parts of the plan these are, each as (number from 1, count); empty for the whole plan.
        surveys: what was found in each package.

    """

    build: str
    digest: str
    planned: int
    done: tuple[DoneUnit, ...] = ()
    shards: tuple[tuple[int, int], ...] = ()
    surveys: tuple[Survey, ...] = field(default=())

    @property
    def missing(self) -> int:
        """How many units of these parts of the plan did not come to an end."""
        ended = {each.number for each in self.done if each.outcome.ending is not Ending.INTERRUPTED}
        return len(self.numbers - ended)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the units of these parts of the plan."""
        if not self.shards:
            return frozenset(range(self.planned))
        return frozenset(each for number, count in self.shards for each in range(number - 1, self.planned, count))

    @property
    def missing_shards(self) -> tuple[tuple[int, int], ...]:
        """The other parts of the plan: those of a job whose reports are not here."""
        counts = {count for _, count in self.shards}
        return tuple(
            (number, count)
            for count in sorted(counts)
            for number in range(1, count + 1)
            if not frozenset(range(number - 1, self.planned, count)) <= self.numbers
        )

    def to_json(self) -> dict[str, Any]:
        """Return the audit for a JSON file: each report has all of its evidence."""
        return {
            "build": self.build,
            "digest": self.digest,
            "planned": self.planned,
            "done": [each.to_json() for each in self.done],
            "shards": encode(self.shards),
            "surveys": encode(self.surveys),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Audit:
        """Return the audit that `to_json` wrote.

        Raises:
            Misfit: the data is no audit.

        """
        return decode_fields(cls, data)


def plan_of(targets: Sequence[Unit], seeds: int) -> tuple[Unit, ...]:
    """Return the units of a plan: each target with as many seeds in a row. The longest budgets come first.

    Shard number `k` of `n` takes the units `k`, `k + n`, `k + 2n` and so on. So the shards of one plan have about the
    same work, and the same unit is in the same shard each time.
    """
    ordered = sorted(targets, key=lambda each: (-each.options.budget, each.target))
    return tuple(
        replace(each, options=replace(each.options, seed=(each.options.seed or 0) + more))
        for each in ordered
        for more in range(seeds)
    )


def digest_of(units: Sequence[Unit], more: Iterable[str]) -> str:
    """Return what names a plan: its units and `more`, which are the version of lockproof and the digests of sources."""
    text = json.dumps([encode(tuple(units)), list(more)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def merged(audits: Iterable[Audit]) -> tuple[Audit, ...]:
    """Return the audits with those of one plan and one build made into one. Of a unit that is there twice, the first
    outcome counts that came to its end.
    """
    found: dict[tuple[str, str], Audit] = {}
    for each in audits:
        key = each.build, each.digest
        found[key] = _joined(found[key], each) if key in found else each
    return tuple(replace(each, shards=() if _is_whole(each.shards) else each.shards) for each in found.values())


def _joined(one: Audit, other: Audit) -> Audit:
    by_number: dict[int, DoneUnit] = {}
    for each in (*one.done, *other.done):
        before = by_number.get(each.number)
        if before is None or before.outcome.ending is not Ending.CHECKED:
            by_number[each.number] = each
    shards = tuple(sorted({*one.shards, *other.shards})) if one.shards and other.shards else ()
    return replace(one, done=tuple(by_number[each] for each in sorted(by_number)), shards=shards)


def _is_whole(shards: Sequence[tuple[int, int]]) -> bool:
    counts = {count for _, count in shards}
    return any(all((number, count) in shards for number in range(1, count + 1)) for count in counts)


def audit_of_report(report: Report, unit: Unit, digest: str) -> Audit:
    """Return the audit that one check is by itself."""
    build = build_of(report.environment.build, report.environment.system, gil_on=report.environment.gil)
    return Audit(build, digest, 1, (DoneUnit(0, UnitOutcome(unit, Ending.CHECKED, report)),))


def build_of(build: str, system: str, *, gil_on: bool) -> str:
    """Return the name of a build: reports of two of them are never added up."""
    gil = ", GIL on" if gil_on and build.endswith("t") else ""
    return f"{build}{gil}, {system.partition('-')[0]}"
