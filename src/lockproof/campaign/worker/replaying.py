"""Replays schedules under control: is a finding seen again, with fewer preemptions, and step by step?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lockproof.campaign.worker.exploring import Look, Problem, Program
from lockproof.campaign.worker.portfolio import Stage
from lockproof.core import environment
from lockproof.core.pace import SCHEDULE, pace
from lockproof.core.schedule import Ran, Schedule, Switching
from lockproof.core.verdict import Control, FindingKind
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram
from lockproof.engines.control.trace import Tracer
from lockproof.engines.strategies.exhaustive import Diverged, ScheduleReplay

type Parts = tuple[tuple[int, int], ...]
"""A schedule: pairs (thread, number of decisions in a row that chose it)."""

REPLAYS: Final = 10
"""Replays of a schedule before its finding is reported."""

REPLAYS_OF_A_LOOP: Final = 2
"""The same for threads that go round in loops: such a run takes all the steps that a run may take."""


def find_again(
    program: Program, look: Look, schedule: Schedule, problem: Problem | None, times: int
) -> tuple[int, int]:
    """Replay a schedule so many times.

    Returns how many runs had the same problem, or any problem for None, and how many runs left the schedule.
    """
    instrumentation.switch(schedule.switching)
    again = elsewhere = 0
    choices = list(schedule.choices())
    for _ in range(times):
        strategy = ScheduleReplay(choices)
        strategy.begin()
        try:
            result = engine.run(program, strategy)
            strategy.end(result.ran)
        except Diverged:
            elsewhere += 1
            continue
        found = look(result)
        again += isinstance(found, Problem) if problem is None else problem.same(found)
    return again, elsewhere


def _simpler(parts: Parts) -> Iterator[Parts]:
    """Yield schedules that may have fewer preemptions: with two parts made one, then with two parts in another order.

    A thread that starts others may have lost its turn between two of them, which no merging undoes.
    """
    for k in range(1, len(parts)):
        (thread, length), (_, more) = parts[k - 1 : k + 1]
        yield (*parts[: k - 1], (thread, length + more), *parts[k + 1 :])
    for k in range(1, len(parts)):
        yield (*parts[: k - 1], parts[k], parts[k - 1], *parts[k + 1 :])


def fewer_preemptions(
    program: Program, look: Look, ran: Ran, switching: Switching, problem: Problem, seconds: float
) -> tuple[Ran, Problem]:
    """Return a run with the same problem and fewer preemptions, and that problem.

    The search is greedy: it lets one part of the schedule go on where the next one was, or changes the order of two
    parts, as long as that makes the run smaller. It ends after so many seconds.
    """
    instrumentation.switch(switching)
    limit = pace.limit(seconds, "looking for a schedule with fewer preemptions")
    best, found = ran, problem
    progress = True
    while progress:
        progress = False
        parts = Schedule.of(switching, best.choices).runs
        for simpler in _simpler(parts):
            if limit.over():
                return best, found
            pace.did(SCHEDULE)
            strategy = ScheduleReplay(list(Schedule(switching, simpler).choices()), strict=False)
            strategy.begin()
            result = engine.run(program, strategy)
            again = look(result)
            size = result.ran.preemptions, len(Schedule.of(switching, result.ran.choices).runs)
            if size < (best.preemptions, len(parts)) and isinstance(again, Problem) and problem.same(again):
                best, found, progress = result.ran, again, True
                break
    return best, found


def control_of(
    program: Program, look: Look, ran: Ran, switching: Switching, problem: Problem, stage: Stage, schedules: int,
    again: tuple[int, int] | None = None,
) -> Control:  # fmt: skip
    """Replay the schedule of a run, and return the record of it, with each step.

    `again`: how many replays had the same problem, of how many; None: they are made here.
    """
    schedule = Schedule.of(switching, ran.choices)
    instrumentation.switch(switching)
    strategy = ScheduleReplay(list(ran.choices), strict=False)
    strategy.begin()
    with Tracer(engine) as tracer:
        engine.run(program, strategy)
    parallel = None if isinstance(program, FunctionProgram) else range(1, 100)
    steps = tracer.steps(parallel)
    if again is None:
        times = REPLAYS_OF_A_LOOP if problem.kind is FindingKind.NO_PROGRESS else REPLAYS
        again = find_again(program, look, schedule, problem, times)[0], times
    return Control(
        schedule,
        ran.preemptions,
        steps,
        tuple(problem.blocked),
        strategy=stage.name,
        schedules=schedules,
        replayed=again[0],
        replays=again[1],
        python=environment.current().build,
        sources=fingerprints(),
    )


def fingerprints() -> tuple[tuple[str, str], ...]:
    """Return each file whose code ran under control, with its SHA-256, without files of the standard library."""
    return tuple((file, hashlib.sha256(Path(file).read_bytes()).hexdigest()) for file in instrumentation.files())
