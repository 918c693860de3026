"""Exploring, in the child: a program is run under one strategy after the other, and what is found is told.

The portfolio takes turns: all orders of synchronization; all schedules with at most 0, 1, ... preemptions at
instructions; strategies that draw, until the time is over. Small searches end within their first turn. What came to its
end is said to be complete, nothing else.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from lockproof.campaign.protocol.counts import Counts
from lockproof.core import environment
from lockproof.core.evidence import Doubt, Doubted, Evidence
from lockproof.core.interpreter import VERSION
from lockproof.core.schedule import Ran, Schedule, Strategy, Switching
from lockproof.core.values import Raised
from lockproof.core.verdict import Control, FindingKind, Masking
from lockproof.engines.control import handover
from lockproof.engines.control.engine import MOST_STEPS
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram, ScenarioProgram
from lockproof.engines.control.task import Result, own
from lockproof.engines.control.trace import Tracer
from lockproof.engines.strategies.exhaustive import Diverged, Orders, Preemptions, Replay
from lockproof.engines.strategies.sampling import PCT, POS, SURW, RandomWalk

REPLAYS: Final = 10
"""How often a schedule is replayed before its finding is reported."""

REPLAYS_OF_A_LOOP: Final = 2
"""The same where nothing goes on: such a run takes all steps that a run may take."""

SLICE: Final = 0.15
"""Seconds of one turn of a strategy: small searches are over within their first, and nobody waits long for another."""

PARTS: Final = 4
FEWEST: Final = 12
"""A turn is at most a quarter of the schedules that are asked for, but not fewer than these: a short look is one
by several strategies. Few preemptions have half of it: most flaws of small scenarios need just one."""

SAMPLERS: Final[dict[str, Callable[[int], Any]]] = {"surw": SURW, "pct": PCT, "pos": POS, "random": RandomWalk}
EXHAUSTIVE: Final = ("orders", "preemptions")
NAMES: Final = {"surw": "SURW", "pct": "PCT", "pos": "POS", "random": "random-walk"}

MANY: Final = 20
"""Threads of a program for which SURW has half of all turns: searches do not end, and the others draw too widely."""

MOST_CYCLES: Final = 5
MOST_LOOPS: Final = 4


@dataclass
class Problem:
    """What is wrong with a run: `detail` in a sentence, `text` a traceback, `outcome` key of a scenario's results."""

    kind: FindingKind
    detail: str = ""
    text: str = ""
    blocked: list[Any] = field(default_factory=list)
    key: Any = None

    def same(self, other: Problem | Doubt | None) -> bool:
        """Tell whether another run has the same thing wrong."""
        return isinstance(other, Problem) and self.kind is other.kind


type Program = ScenarioProgram | FunctionProgram
type Look = Callable[[Result], Problem | Doubt | None]
"""What is wrong with a run, or why that cannot be told; None for a run that is right."""


def seen_in(result: Result, program: Program) -> Problem | None:
    """Return what is wrong with a run, whatever it was meant to do."""
    function = isinstance(program, FunctionProgram)
    if result.errors:
        thread, error = result.errors[0]
        told = "".join(_of_the_subject(error)) if function else repr(error)
        said = f": {error}" if str(error) else ""
        return Problem(FindingKind.EXCEPTION, f"{type(error).__name__}{said}, in {thread}", told)
    if result.deadlock:
        return Problem(FindingKind.DEADLOCK, "no thread can go on", blocked=result.deadlock)
    if result.left and function:
        names = ", ".join(each.thread for each in result.left)
        return Problem(FindingKind.LEFT_BEHIND, f"{names} still waits when the function has ended", blocked=result.left)
    if result.held and function:
        lock, thread = result.held[0]
        return Problem(FindingKind.LOCK_HELD, f"{lock} was taken by {thread}, which has ended, and nobody released it")
    if result.bounded and result.loops:
        some = ", ".join(result.loops[:MOST_LOOPS]) + (", ..." if len(result.loops) > MOST_LOOPS else "")
        return Problem(FindingKind.NO_PROGRESS, f"after {MOST_STEPS:,} steps every thread goes round in a loop: {some}")
    return None


def returns(program: Program) -> bool:
    """Tell whether any call of the last run returned a value; a function that was explored is not asked for one."""
    if isinstance(program, FunctionProgram):
        return True
    return any(type(result) is not Raised for thread in program.results for result in thread)


def _of_the_subject(error: BaseException) -> list[str]:
    """Return the traceback without the frames of lockproof and of Thread that called the subject's code."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not own(file) and file != threading.__file__:
            break
        trace = trace.tb_next
    return traceback.format_exception(type(error), error, trace)


@dataclass
class Stage:
    """One strategy's part: how it is named, where it switches, how many turns it has had."""

    name: str
    switching: Switching
    strategy: Any
    turns: int = 0
    runs: int = 0
    ended: bool = False


class Exploration:
    """The exploration of one program, which can be gone on with.

    `only` is the portfolio or the name of one strategy; `own` makes a strategy that somebody else has written.
    `counts` are the runs so far, by what came of them.
    """

    def __init__(
        self, program: Program, look: Look, seed: int, *, bound: int = 2, only: str = "portfolio",
        switching: Switching = Switching.FREE, own: Callable[[], Any] | None = None,
    ) -> None:  # fmt: skip
        self.program, self._look, self._seed, self._bound, self._only = program, look, seed, bound, only
        self._own = own
        self._switching = switching
        self.notes: dict[str, None] = {}
        self.cycles: dict[str, None] = {}
        self.runs = 0
        self.counts = Counts()
        self.restarts = 0
        self.unstable = False
        self.threads = 0
        self._went_wrong = False
        self._tries = False
        self._basis = (-1, False)
        self._stages = self._fresh()

    def _fresh(self) -> list[Stage]:
        if self._own is not None:
            return [Stage(self._only, self._switching, self._own())]
        every = [
            Stage("orders", Switching.SYNC, Orders()),
            Stage("preemptions", self._switching, Preemptions(self._bound)),
            *(Stage(name, self._switching, made(self._seed)) for name, made in SAMPLERS.items()),
        ]
        return every if self._only == "portfolio" else [stage for stage in every if stage.name == self._only]

    def go_on(self, seconds: float, most: int) -> tuple[Problem, Result, Stage] | None:
        """Run schedules until something is found, all is known, or one of the bounds is reached."""
        end = time.monotonic() + seconds
        last = self.runs + most
        engine.tries = self._tries
        if not self.runs:
            self.warm_up()
        elif self._grown():
            self._restart()  # other programs have met code that moves the switch points of this one
        shown: tuple[Problem, Result, Stage] | None = None
        while time.monotonic() < end and self.runs < last and (stage := self._next_stage()) is not None:
            instrumentation.switch(stage.switching)
            until = min(end, time.monotonic() + SLICE)
            part = most // (2 if stage.name == "preemptions" else PARTS)
            until_run = min(last, self.runs + max(part, FEWEST))
            try:
                while time.monotonic() < until and self.runs < until_run:
                    if not stage.strategy.begin():
                        stage.ended = True
                        break
                    result, problem = self._run(stage.strategy)
                    stage.runs += 1
                    grown = self._grown()
                    if problem is not None and not grown:
                        self._went_wrong = False
                        return problem, result, stage
                    if grown:
                        # What such a run has shown was shown between other switch points than those to come: its
                        # schedule is of no use to others, so it counts only if it does not show again.
                        shown = shown or (None if problem is None else (problem, result, stage))
                        self._restart()
                        break
            except Diverged:
                self._diverged()
        return shown

    def _grown(self) -> bool:
        self._tries = engine.tries
        return self._basis != (instrumentation.version, engine.tries)

    def _next_stage(self) -> Stage | None:
        """Return the stage whose turn it is; None if no stage has anything more to show."""
        able = [stage for stage in self._stages if not stage.ended]
        if not self._drawing_helps():
            able = [stage for stage in able if stage.name not in SAMPLERS]
        if not able:
            return None
        many = self.threads > MANY
        stage = min(able, key=lambda each: each.turns * (1 if many and each.name == "surw" else len(able) - 1))
        stage.turns += 1
        return stage

    def _stage(self, name: str) -> Stage | None:
        return next((stage for stage in self._stages if stage.name == name), None)

    def _drawing_helps(self) -> bool:
        """Tell whether anything can be drawn that has not been run."""
        everything = self._stage("preemptions")
        return any(stage.name in SAMPLERS for stage in self._stages) and not (
            everything is not None and everything.ended and self.all_schedules
        )

    @property
    def all_schedules(self) -> bool:
        """Whether every schedule there is was run: none of those within the bound had more to try."""
        stage = self._stage("preemptions")
        strategy = stage.strategy if stage is not None and stage.ended else None
        return isinstance(strategy, Preemptions) and strategy.complete

    @property
    def complete(self) -> bool:
        """Whether the exhaustive stages that were asked for came to their ends."""
        return all(stage.ended for stage in self._stages if stage.name not in SAMPLERS)

    def warm_up(self, choices: Sequence[int] = ()) -> None:
        """Run, with these choices too, until no new code is met: what it stores decides where others are switched."""
        engine.tries = self._tries
        instrumentation.switch(self._switching)
        for _ in range(5):
            self._basis = instrumentation.version, engine.tries
            for first in dict.fromkeys(((), tuple(choices))):
                self._warm(first)
            if not self._grown():
                break
        self._basis = instrumentation.version, engine.tries
        self._repeat()

    def _warm(self, choices: Sequence[int]) -> Result:
        """Run these choices. What is wrong with a run before all code was met counts as a finding if it comes again."""
        strategy = Replay(choices, strict=False)
        strategy.begin()
        result, problem = self._run(strategy, counted=False)
        self._went_wrong = self._went_wrong or problem is not None
        return result

    def _repeat(self) -> None:
        """Run one schedule twice: what is not under control shows itself as a difference."""
        seen = []
        for _ in range(2):
            ran = self._warm(()).ran
            seen.append((list(ran.choices), list(ran.steps)))
        if seen[0] != seen[1] and not self._grown():
            self._diverged()

    def _restart(self) -> None:
        self._basis = instrumentation.version, engine.tries
        self.restarts += 1
        self._stages = self._fresh()

    def _diverged(self) -> None:
        self.unstable = True
        self.notes[
            "the same choices led elsewhere: something beside the schedule decides, like the time of day, randomness, "
            "the order of hashes, or what a run left behind for the next; so nothing is said to be complete"
        ] = None
        # What counts on equal runs is of no more use.
        self._stages = [stage for stage in self._stages if stage.name not in EXHAUSTIVE]

    def _run(self, strategy: Strategy, *, counted: bool = True) -> tuple[Result, Problem | None]:
        """Run a schedule. One that is not `counted` is no evidence for anything, unless it could not be judged."""
        result = engine.run(self.program, strategy)
        self.runs += 1
        self.threads = max(self.threads, len(result.ran.steps))
        if self.runs % 200 == 0:
            gc.collect(0)
        seen = None if result.ran.redundant else self._look(result)
        if seen is None and (result.bounded or not self.program.complete):
            seen = Doubt.GIVEN_UP
        problem = seen if isinstance(seen, Problem) else None
        doubt = seen if isinstance(seen, Doubt) else None
        if doubt is not None or (counted and not result.ran.redundant):
            self.counts.note(doubt, returned=returns(self.program), stalled=bool(result.native))
        strategy.end(replace(result.ran, failed=problem is not None))
        for where in result.native:
            self.notes[
                f"a wait that is not under control, at {where or 'a place unknown'}: scheduled around, so nothing is "
                "said to be complete"
            ] = None
            self.unstable = True
        if result.timed:
            self.notes["waits with a time limit ran out whenever that made a difference, not by the clock"] = None
        if result.bounded:
            self.notes["some runs were given up after 20,000 steps"] = None
        for cycle in result.cycles[:MOST_CYCLES]:
            self.cycles[cycle] = None
        return result, problem

    def covered(self) -> list[str]:
        """Return sentences about what was covered, each true of this program."""
        said = []
        for stage in self._stages:
            strategy = stage.strategy
            if isinstance(strategy, Orders) and strategy.runs:
                every = "the one" if strategy.runs == 1 else f"all {strategy.runs:,}"
                what = every if stage.ended and not self.unstable else f"{strategy.runs:,}"
                said.append(f"{what} order{'s' if strategy.runs != 1 else ''} of lock operations")
            elif isinstance(strategy, Preemptions) and strategy.runs:
                said += self._of_preemptions(strategy)
            elif stage.runs:
                said.append(f"{stage.runs:,} {NAMES.get(stage.name, stage.name)} schedules")
        if said and self.counts.undecided:
            said.append(f"{self.counts.undecided:,} of these {self.counts.ran:,} runs were not judged")
        return said

    def open(self) -> tuple[Doubted, ...]:
        """Return what the search leaves open, beside runs that were not judged.

        A search by an exhaustive strategy that has not come to its end leaves a doubt. One that draws schedules does
        not: it was asked for no more than it drew. The portfolio does both, so it is cut off only where nothing was
        drawn; what its exhaustive strategies covered is told by `covered`.
        """
        doubts = [Doubted(Doubt.SEEN_ONCE)] if self._went_wrong else []
        ended = (self.complete or self.all_schedules) and not self.unstable
        if any(stage.name in EXHAUSTIVE for stage in self._fresh()) and not ended:
            drawing = [stage for stage in self._stages if stage.name in SAMPLERS]
            if not self.unstable:
                if not any(stage.runs for stage in drawing):
                    doubts.append(Doubted(Doubt.CUT_OFF, 1, self.estimate()))
            elif self.counts.stalled:
                doubts.append(Doubted(Doubt.NOT_CONTROLLED, self.counts.stalled))
            else:
                doubts.append(Doubted(Doubt.NOT_REPEATABLE))
        return tuple(doubts)

    def _of_preemptions(self, strategy: Preemptions) -> list[str]:
        level = min(strategy.level, self._bound)
        if self.unstable or level < 0:
            return [f"{strategy.runs:,} schedules with few preemptions"]
        if self.all_schedules:
            return [f"all {strategy.runs:,} schedules there are" if strategy.runs != 1 else "the one schedule there is"]
        full = sum(strategy.by_level[: level + 1])
        said = [f"all {full:,} schedules with at most {level} preemption{'s' if level != 1 else ''}"]
        if strategy.runs > full:
            said.append(f"{strategy.runs - full:,} of those with {level + 1}")
        return said

    def estimate(self) -> str:
        """Say what the next complete level would take, where the search was not complete; "" where it was."""
        stage = self._stage("preemptions")
        strategy = stage.strategy if stage is not None else None
        if not isinstance(strategy, Preemptions) or stage is None or stage.ended or not strategy.runs:
            return ""
        return f"{strategy.waiting:,} schedules more are known to be needed for a bound of {strategy.level + 1}"


def find_again(
    program: Program, look: Look, schedule: Schedule, problem: Problem | None, times: int
) -> tuple[int, int]:
    """Replay a schedule so often; return how many runs had the same problem, or any, and how many led elsewhere."""
    instrumentation.switch(schedule.switching)
    again = elsewhere = 0
    choices = list(schedule.choices())
    for _ in range(times):
        strategy = Replay(choices)
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


def fewer_preemptions(
    program: Program, look: Look, ran: Ran, switching: Switching, problem: Problem, seconds: float
) -> tuple[Ran, Problem]:
    """Return a run with the same problem and few preemptions: greedily, one hand-over less each time."""
    instrumentation.switch(switching)
    end = time.monotonic() + seconds
    best, found = ran, problem
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        runs = list(Schedule.of(switching, best.choices).runs)
        for k in range(1, len(runs)):
            if time.monotonic() > end:
                break
            merged = [*runs[: k - 1], (runs[k - 1][0], runs[k - 1][1] + runs[k][1]), *runs[k + 1 :]]
            strategy = Replay(list(Schedule(switching, tuple(merged)).choices()), strict=False)
            strategy.begin()
            result = engine.run(program, strategy)
            again = look(result)
            smaller = (result.ran.preemptions, len(Schedule.of(switching, result.ran.choices).runs)) < (
                best.preemptions,
                len(runs),
            )
            if smaller and isinstance(again, Problem) and problem.same(again):
                best, found, progress = result.ran, again, True
                break
    return best, found


def told(
    program: Program, look: Look, ran: Ran, switching: Switching, problem: Problem, stage: Stage, schedules: int,
    again: tuple[int, int] | None = None,
) -> Control:  # fmt: skip
    """Replay the schedule of a run, and tell its story. `again`: so many of so many replays had the same problem."""
    schedule = Schedule.of(switching, ran.choices)
    instrumentation.switch(switching)
    strategy = Replay(list(ran.choices), strict=False)
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
    """Return, with its SHA-256, each file whose code ran under control, without those of the standard library."""
    return tuple((file, hashlib.sha256(Path(file).read_bytes()).hexdigest()) for file in instrumentation.files())


def masking_of(
    program: Program, look: Look, problem: Problem, preemptions: int, seconds: float
) -> tuple[Masking, str, tuple[Doubt, ...]]:
    """Say whether a standard build can show a problem, by all its schedules up to a number of preemptions.

    Returns the label, what it rests on in words, and why it is not known if so.
    """
    if not handover.known():
        said = f"it is not known where a standard {VERSION} build hands over the GIL"
        return Masking.UNKNOWN, said, (Doubt.NOT_CONTROLLED,)
    bound = max(2, preemptions)
    exploration = Exploration(program, look, 0, bound=bound, only="preemptions", switching=Switching.GIL)
    end = time.monotonic() + seconds
    unended = 0  # runs with no progress were given up: what they would have come to is not known
    while time.monotonic() < end:
        found = exploration.go_on(end - time.monotonic(), 10**9)
        unended += found is not None and found[1].bounded
        if found is not None and problem.same(found[0]):
            many = found[1].ran.preemptions
            label, _ = Masking.by(Evidence(schedules=exploration.counts.tally, findings=1))
            said = f"with {many} preemption{'s' if many != 1 else ''}"
            return label, f"a schedule that a standard build can take shows it, {said}", ()
        if exploration.complete or found is None:
            break
    # That each call raises in each of these runs says nothing: the finding shows that the calls can do otherwise.
    tally = replace(exploration.counts.tally, returned=exploration.counts.judged)
    given_up = (Doubted(Doubt.GIVEN_UP, unended),) if unended else ()
    doubts = (*exploration.counts.doubted(), *given_up, *exploration.open())
    label, reasons = Masking.by(Evidence(schedules=tally, doubts=doubts))
    covered = "; ".join(exploration.covered()) or "nothing"
    where = f"switching only where a standard {VERSION} build can"
    but = f"; but {'; '.join(each.text for each in reasons)}" if reasons else ""
    return label, f"{covered}, {where}: none has it{but}", tuple(each.code for each in reasons)
