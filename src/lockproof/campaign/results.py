"""What the parent makes of results: runs added up, scenarios refused, and what limits a verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from lockproof.campaign.protocol.answers import joined
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.environment import Environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission, clause, next_step
from lockproof.core.verdict import Outcome


def not_judged(why: Doubt | Omission) -> LockproofError:
    """Return the error for a scenario that the user has given and that cannot be judged."""
    step = next_step(why) if isinstance(why, Doubt) else "change the scenario or the model"
    return LockproofError(f"the scenario cannot be judged: {clause(why)}", "", step)


def enough(result: RunResult) -> bool:
    """Tell whether enough runs have failed to estimate how often the scenario fails."""
    return result.failures >= 100


def merged(one: RunResult, other: RunResult) -> RunResult:
    """Return two results of the same scenario as one."""
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
        dict(Counter(one.doubts) + Counter(other.doubts)),
        one.returned + other.returned,
        tuple(replace(outcome, count=n) for outcome, n in sorted(counts.items(), key=lambda each: -each[1])),
        max(one.distinct, other.distinct, len(counts)),
        worse.worst and replace(worse.worst, count=counts.get(replace(worse.worst, count=0), worse.worst.count)),
        worse.explanation,
        kinds=one.kinds,
        answers=tuple(joined({}, (*one.answers, *other.answers)).values()),
    )


def limits(facts: Environment) -> list[str]:
    """Return a sentence for each fact of the environment that limits a verdict."""
    notes = []
    if facts.free_threaded and facts.gil:
        notes.append("importing the subject turned the GIL on: nothing here is about free threading; try PYTHON_GIL=0")
    if not Path("/proc/self/statm").exists():
        notes.append("the memory of the subject was not limited: this system has no /proc to read it from")
    if facts.processors < 2:
        notes.append("there is one processor: threads never ran at the same time")
    return notes
