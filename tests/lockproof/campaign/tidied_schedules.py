"""Searches for schedules with fewer preemptions, from schedules that have more than their finding needs."""

from __future__ import annotations

from lockproof.campaign.worker.exploring import Problem, seen_in
from lockproof.campaign.worker.replaying import fewer_preemptions
from lockproof.core.schedule import Schedule
from lockproof.engines.control.program import FunctionProgram
from lockproof.engines.strategies.exhaustive import ScheduleReplay
from tests.lockproof.campaign.races import check_then_act
from tests.lockproof.engines.control.inside import engine, instrumentation


def ask_preemptions() -> dict[str, tuple[int, int]]:
    """Return the preemptions before and after, by schedule."""
    program = FunctionProgram(check_then_act)

    counts = {}
    for text in ("free:1x1,0x4,2x3", "free:0x1,1x1,0x3,2x3"):
        schedule = Schedule.parse(text)
        instrumentation.switch(schedule.switching)
        strategy = ScheduleReplay(list(schedule.choices()), strict=False)
        strategy.begin()
        result = engine.run(program, strategy)
        problem = seen_in(result, program)
        assert isinstance(problem, Problem), text
        ran, _ = fewer_preemptions(
            program, lambda result: seen_in(result, program), result.ran, schedule.switching, problem, 30.0
        )
        counts[text] = result.ran.preemptions, ran.preemptions
    return counts
