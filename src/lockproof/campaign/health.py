"""Health checks in the manner of Hypothesis's: signs that a check ran, and could not have found anything.

Each is a doubt with a next step, and the user may excuse it by its code: `--skip nothing-changed`. None applies to a
scenario that the user has given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lockproof.campaign.protocol.answers import Answered
from lockproof.campaign.protocol.messages import Fresh
from lockproof.campaign.schedule_search import FEWEST_SCHEDULES
from lockproof.campaign.thread_search import FEWEST_RUNS
from lockproof.core.evidence import Doubt, Doubted, Tally

ENOUGH_SCENARIOS: Final = 2
"""Scenarios in which something had changed, if the operations changed anything. One may take a whole budget where real
threads wait for each other on a busy machine."""


def health(
    answers: Answered,
    fresh: Fresh | None,
    threads: Tally | None,
    schedules: Tally | None,
    *,
    complete: bool,
    waits: bool = False,
    scenarios: int = ENOUGH_SCENARIOS,
) -> Iterator[Doubted]:
    """Yield what looks unhealthy in a check that has found nothing.

    `fresh` is what was seen of a fresh subject; None: it was not looked at. `threads` and `schedules` are the runs of
    both engines, None for one that was not asked for; `complete`: all schedules of some scenario were run. `waits`:
    calls of the class may wait. Whether they do is seen, and says something of the state. `scenarios`: how many ran.
    Where that is one, and nothing changed in it, time was lacking: other scenarios might change something.
    """
    yield from _few(threads, schedules, complete)
    calls = [each for each in answers.values() if not each.final]
    returned = any(not each.raised for each in calls)
    if not returned or fresh is None or not fresh.has_state or waits:
        return
    final = {each.line: each.always for each in answers.values() if each.final}
    if any(each.always is None for each in calls) or None in final.values():
        return
    if any(each.raised for each in answers.values() if each.final):
        return  # an observer that always raises is a doubt of its own
    if all(each.always == "None" for each in calls) and all(seen == "None" for seen in final.values()):
        yield Doubted(Doubt.NOTHING_OBSERVED, len(calls), _some([each.line for each in calls]))
    elif not fresh.changes and all(dict(fresh.observed).get(line, seen) == seen for line, seen in final.items()):
        if scenarios < ENOUGH_SCENARIOS:
            ran = sum(each.ran for each in (threads, schedules) if each is not None)
            yield Doubted(Doubt.TOO_FEW_RUNS, ran, "(all of one scenario, in which nothing changed)")
        else:
            yield Doubted(Doubt.NOTHING_CHANGED, len(calls), _some([each.line for each in calls]))


def _few(threads: Tally | None, schedules: Tally | None, complete: bool) -> Iterator[Doubted]:
    """Yield a doubt if neither engine made enough runs: one that did speaks for the check."""
    real, controlled = (0 if each is None else each.ran for each in (threads, schedules))
    if 0 < real + controlled and real < FEWEST_RUNS and controlled < FEWEST_SCHEDULES and not complete:
        yield Doubted(Doubt.TOO_FEW_RUNS, real + controlled)


def _some(lines: Sequence[str]) -> str:
    return ", ".join(lines[:3]) + (f" and {len(lines) - 3} more" if len(lines) > 3 else "")
