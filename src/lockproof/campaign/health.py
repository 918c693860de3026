"""Health checks in the manner of Hypothesis's: signs that a check ran, and could not have found anything.

Each is a doubt with a next step, and the user may excuse it by its code: `--skip nothing-changed`. None applies to a
scenario that the user has given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockproof.campaign.protocol.answers import Answered
from lockproof.campaign.protocol.messages import Fresh
from lockproof.campaign.schedule_search import FEWEST_SCHEDULES
from lockproof.campaign.thread_search import FEWEST_RUNS
from lockproof.core.evidence import Doubt, Doubted, Tally


def health(
    answers: Answered,
    fresh: Fresh | None,
    threads: Tally | None,
    schedules: Tally | None,
    *,
    complete: bool,
    waits: bool = False,
) -> Iterator[Doubted]:
    """Yield what looks unhealthy in a check that has found nothing.

    `fresh` is what was seen of a fresh subject; None: it was not looked at. `threads` and `schedules` are the runs of
    both engines, None for one that was not asked for; `complete`: all schedules of some scenario were run. `waits`:
    calls of the class may wait. Whether they do is seen, and says something of the state.
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
        yield Doubted(Doubt.NOTHING_CHANGED, len(calls), _some([each.line for each in calls]))


def _few(threads: Tally | None, schedules: Tally | None, complete: bool) -> Iterator[Doubted]:
    """Yield a doubt if neither engine made enough runs: one that did speaks for the check."""
    real, controlled = (0 if each is None else each.ran for each in (threads, schedules))
    if 0 < real + controlled and real < FEWEST_RUNS and controlled < FEWEST_SCHEDULES and not complete:
        yield Doubted(Doubt.TOO_FEW_RUNS, real + controlled)


def _some(lines: Sequence[str]) -> str:
    return ", ".join(lines[:3]) + (f" and {len(lines) - 3} more" if len(lines) > 3 else "")
