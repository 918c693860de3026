"""What a check makes of its results: runs taken together, and the command that repeats a finding."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockproof.campaign.options import CheckOptions
from lockproof.campaign.protocol import RunResult
from lockproof.verdict import Consistency, Finding, Outcome


@dataclass
class Tried:
    """A scenario in the pool: for how long it was run, how many different outcomes it showed."""

    text: str
    operations: int
    seconds: float = 0.0
    outcomes: int = 0


def enough(result: RunResult) -> bool:
    """Tell whether so many runs failed that more would not tell more."""
    return result.failures >= 100


def merged(one: RunResult, other: RunResult) -> RunResult:
    """Return the runs of both, of the same scenario, as one result."""
    counts: dict[Outcome, int] = {}
    for outcome in (*one.outcomes, *other.outcomes):
        known = replace(outcome, count=0)
        counts[known] = counts.get(known, 0) + outcome.count
    worse = one if one.worst is not None else other
    return RunResult(
        one.scenario,
        one.invocations + other.invocations,
        one.seconds + other.seconds,
        one.failures + other.failures,
        one.unknown + other.unknown,
        tuple(replace(outcome, count=n) for outcome, n in sorted(counts.items(), key=lambda each: -each[1])),
        max(one.distinct, other.distinct, len(counts)),
        worse.worst and replace(worse.worst, count=counts.get(replace(worse.worst, count=0), worse.worst.count)),
        worse.explanation,
        kinds=one.kinds,
    )


def command(target: str, options: CheckOptions, seed: int, finding: Finding) -> str:
    """Return the command that repeats a finding."""
    words = ["lockproof", "check", target]
    if len(finding.scenario.threads) > 1:
        words += ["--scenario", str(finding.scenario)]
    words += ["--seed", str(seed)]
    for name in ("model", "factory"):
        if (value := getattr(options, name)) is not None:
            words += [f"--{name}", value]
    if options.consistency is not Consistency.LINEARIZABLE:
        words += ["--consistency", options.consistency.value]
    return shlex.join(words)


def limits(facts: Mapping[str, Any]) -> list[str]:
    """Say what in the environment limits a verdict."""
    notes = []
    if facts["free_threaded"] and facts["gil"]:
        notes.append("importing the subject turned the GIL on: nothing here is about free threading; try PYTHON_GIL=0")
    if not Path("/proc/self/statm").exists():
        notes.append("the memory of the subject was not limited: this system has no /proc to read it from")
    if facts["processors"] < 2:
        notes.append("there is one processor: threads never ran at the same time")
    return notes
