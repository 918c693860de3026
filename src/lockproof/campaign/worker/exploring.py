"""Explores a program in the child: runs its schedules by a portfolio of strategies, until one shows a problem.

The strategies take turns: every trace; all orders of synchronization; all schedules with at most 0, 1, ... preemptions
at instructions; and strategies that draw schedules, until the time is over. Small searches end within their first turn.
Only a search that has ended is called complete. If every trace was run, nothing is left for the others.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, Final

from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.worker.portfolio import SLICE, Stage, next_of, part_of, portfolio
from lockproof.core.evidence import Doubt, Doubted, Evidence
from lockproof.core.foreign import formatted, is_a, message_of, told, trace_of_raised
from lockproof.core.interpreter import VERSION
from lockproof.core.options import DRAWING, EXHAUSTIVE
from lockproof.core.pace import SCHEDULE, pace
from lockproof.core.race import UNSEEN
from lockproof.core.run_steps import Access, RunStep
from lockproof.core.schedule import Strategy, Switching
from lockproof.core.values import NOT_AWAITED, Raised
from lockproof.core.verdict import FindingKind, Masking
from lockproof.engines.control import handover
from lockproof.engines.control.engine import MOST_STEPS
from lockproof.engines.control.garbage import Garbage
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram, ScenarioProgram
from lockproof.engines.control.task import Result, own, place
from lockproof.engines.strategies.exhaustive import Diverged, Preemptions, ScheduleReplay, SyncOrders
from lockproof.engines.strategies.samplers import SAMPLERS
from lockproof.engines.strategies.traces import Traces
from lockproof.engines.threads.compiled import Record

EXPLORING: Final = "exploring a scenario"

MAIN: Final = "main thread"
"""The name of the first thread. In a scenario it only waits for the others, until the final part."""

MOST_CYCLES: Final = 5
MOST_LOOPS: Final = 4
"""Cycles of locks of one run, and loops of one problem, that are reported."""


@dataclass
class Problem:
    """What is wrong with a run.

    `detail` is a sentence, `text` a traceback, `blocked` what threads wait for, and `key` the results of a scenario.
    `until` are the results of a run that did not end and that no judge has seen.
    """

    kind: FindingKind
    detail: str = ""
    text: str = ""
    blocked: list[Any] = field(default_factory=list)
    key: Any = None
    until: Record | None = None

    def same(self, other: Problem | Doubt | None) -> bool:
        """Tell whether another run has a problem of the same kind."""
        return isinstance(other, Problem) and self.kind is other.kind


type Program = ScenarioProgram | FunctionProgram
type Look = Callable[[Result], Problem | Doubt | None]
"""Returns what is wrong with a run, or why it cannot be judged; None for a run that is right."""


def seen_in(result: Result, program: Program) -> Problem | None:
    """Return what is wrong with a run of any program: for that no model is needed."""
    function = isinstance(program, FunctionProgram)
    harmless = program.harmless if isinstance(program, FunctionProgram) else ()
    if errors := [each for each in result.errors if not is_a(each[1], harmless)]:
        thread, error = errors[0]
        text = "".join(_of_the_subject(error)) if function else told(error)
        return Problem(FindingKind.EXCEPTION, f"{told(error)}, in {thread}", text)
    if result.deadlock:
        rows = [row for row in result.deadlock if function or row.thread != MAIN] or result.deadlock
        return Problem(FindingKind.DEADLOCK, "no thread can go on", blocked=rows)
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


def needs_main_thread(result: Result) -> bool:
    """Tell whether a run has ended since its main thread, under control, is not that of the process.

    In other threads the same exception comes without lockproof too.
    """
    return any(
        thread == MAIN and type(error) is ValueError and "only works in main thread" in message_of(error)
        for thread, error in result.errors[:1]
    )


def returns(program: Program) -> bool:
    """Tell whether any call of the last run returned a value. A function need not return one."""
    if isinstance(program, FunctionProgram):
        return True
    return any(
        type(result) is not Raised and result is not NOT_AWAITED for thread in program.results for result in thread
    )


def given_up(result: Result, program: Program) -> bool:
    """Tell whether a run has no outcome: it did not end, and is not known to be stuck."""
    return not program.stuck and (result.bounded or not program.complete)


def _of_the_subject(error: BaseException) -> list[str]:
    """Return the traceback without the frames of lockproof and of Thread that led to the subject's code."""
    trace = trace_of_raised(error)
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not own(file) and file != threading.__file__ and not instrumentation.leaves_alone(file):
            break
        trace = trace.tb_next
    return formatted(error, trace)


class Exploration:
    """The exploration of one program. Each call of `go_on` continues it.

    `only` names the strategy, or the portfolio of all. `own` is a factory of the user's strategy. `bound` is the most
    preemptions of the exhaustive search. `unstable`: equal choices led to different runs, or a run waited for something
    that is not under control; then no search can be called complete. `gaps`: why runs may have had accesses that the
    search for every trace did not see.
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
        self.unstable = False
        self.gaps: dict[str, None] = {}
        self.trusted: dict[str, None] = {}
        self.threads = 0
        self._garbage = Garbage()
        self._seen_once = False
        self._tries = False
        self._basis = (-1, False)
        self._stages = self._new_stages()

    def _new_stages(self) -> list[Stage]:
        if self._own is not None:
            return [Stage(self._only, self._switching, self._own())]
        every = portfolio(self._switching, self._bound, self._seed)
        return every if self._only == "portfolio" else [stage for stage in every if stage.name == self._only]

    def go_on(self, seconds: float, most: int) -> tuple[Problem, Result, Stage] | None:
        """Run schedules until one has a problem, none is left, or `seconds` or `most` schedules are spent."""
        limit = pace.limit(seconds, EXPLORING)
        last = self.runs + most
        instrumentation.touched = self.trusted
        engine.tries = self._tries
        if not self.runs:
            self.warm_up()
        elif self._grown():
            self._restart()  # other programs have run code that adds switch points to this one
        shown: tuple[Problem, Result, Stage] | None = None
        while not limit.over() and self.runs < last and (stage := self._next_stage()) is not None:
            instrumentation.switch(stage.switching)
            turn = pace.limit(min(limit.left(), SLICE), EXPLORING)
            until_run = min(last, self.runs + part_of(most, stage))
            try:
                while not turn.over() and self.runs < until_run:
                    if not stage.strategy.begin():
                        stage.ended = True
                        if isinstance(stage.strategy, Traces):
                            self.gaps |= stage.strategy.gaps
                        break
                    result, problem = self._run(stage.strategy)
                    stage.runs += 1
                    grown = self._grown()
                    if problem is not None and not grown:
                        self._seen_once = False
                        return problem, result, stage
                    if grown:
                        # This run has met new switch points, so its schedule does not lead to the same place again.
                        # Its problem is only returned if no later run shows one.
                        shown = shown or (None if problem is None else (problem, result, stage))
                        self._restart()
                        break
            except Diverged:
                self._diverged()
        return shown

    def _grown(self) -> bool:
        """Tell whether there are more switch points than when the stages began."""
        self._tries = engine.tries
        return self._basis != (instrumentation.version, engine.tries)

    def _next_stage(self) -> Stage | None:
        """Return the stage whose turn it is; None if no stage has a schedule left."""
        able = [stage for stage in self._stages if not stage.ended]
        if self.every_behaviour:
            return None
        if not self._drawing_helps():
            able = [stage for stage in able if stage.name not in SAMPLERS]
        return next_of(able, self.threads)

    def _stage(self, name: str) -> Stage | None:
        return next((stage for stage in self._stages if stage.name == name), None)

    def _drawing_helps(self) -> bool:
        """Tell whether strategies that draw can find a schedule that has not run."""
        everything = self._stage("preemptions")
        return any(stage.name in SAMPLERS for stage in self._stages) and not (
            everything is not None and everything.ended and self.all_schedules
        )

    @property
    def every_behaviour(self) -> bool:
        """Whether every trace of the program has run, and the steps of all runs were seen (docs/adr/0042)."""
        stage = self._stage("traces")
        return stage is not None and stage.strategy.exhausted and self.claims_all and not self.gaps

    @property
    def all_schedules(self) -> bool:
        """Whether every schedule of the program has run, with any number of preemptions, or one of each trace."""
        if self.every_behaviour:
            return True
        stage = self._stage("preemptions")
        strategy = stage.strategy if stage is not None and stage.ended else None
        return isinstance(strategy, Preemptions) and strategy.complete

    @property
    def complete(self) -> bool:
        """Whether all exhaustive stages have ended, or every trace has run."""
        return self.every_behaviour or all(stage.ended for stage in self._stages if stage.name not in SAMPLERS)

    def warm_up(self, choices: Sequence[int] = ()) -> None:
        """Run, with these choices too, until no new code is met: what new code stores adds switch points elsewhere."""
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
        """Run these choices. A problem of this run is a finding only if a later run has one too."""
        strategy = ScheduleReplay(choices, strict=False)
        strategy.begin()
        result, problem = self._run(strategy, counted=False)
        self._seen_once = self._seen_once or problem is not None
        return result

    def _repeat(self) -> None:
        """Run one schedule twice: a difference shows that something is not under control."""
        seen = []
        for _ in range(2):
            ran = self._warm(()).ran
            seen.append((list(ran.choices), list(ran.steps)))
        if seen[0] != seen[1] and not self._grown():
            self._diverged()

    def _restart(self) -> None:
        self._basis = instrumentation.version, engine.tries
        self._stages = self._new_stages()
        self.gaps.clear()

    def _diverged(self) -> None:
        self.unstable = True
        self.notes[
            "the same choices led elsewhere: something besides the schedule decides, like the time of day, randomness, "
            "the order of hashes, or what a run left behind for the next; so no search is called complete"
        ] = None
        # An exhaustive strategy needs runs that repeat.
        self._stages = [stage for stage in self._stages if stage.name not in EXHAUSTIVE]

    def _run(self, strategy: Strategy, *, counted: bool = True) -> tuple[Result, Problem | None]:
        """Run a schedule. A run that is not `counted` is no evidence, unless it could not be judged."""
        result = engine.run(self.program, strategy)
        self.runs += 1
        pace.did(SCHEDULE)
        self.threads = max(self.threads, len(result.ran.steps))
        self._garbage.after_run()
        seen = None if result.ran.redundant else self._look(result)
        stuck_again = result.ran.redundant and bool(result.deadlock)  # the run that shows the same was judged
        if seen is None and not stuck_again and given_up(result, self.program):
            seen = Doubt.GIVEN_UP
        problem = seen if isinstance(seen, Problem) else None
        doubt = seen if isinstance(seen, Doubt) else None
        if doubt is not None or (counted and not result.ran.redundant):
            self.counts.note(doubt, returned=returns(self.program), stalled=bool(result.native))
        strategy.end(result.ran if problem is None else replace(result.ran, failed=True))
        for where in result.native:
            self.notes[
                f"a wait that is not under control, at {where or 'an unknown place'}: the other threads ran on, so no "
                "search is called complete"
            ] = None
            self.unstable = True
        for name in self.trusted:
            self.notes[
                f"{name} of the standard library touched what threads share, and has no switch points, so no search "
                "is called complete"
            ] = None
        if result.timed:
            self.notes["waits with a time limit ran out whenever that made a difference, not by the clock"] = None
        if result.bounded:
            self.notes["some runs were given up after 20,000 steps"] = None
        for gap in gaps_in(result):
            self.gaps[gap] = None
        for cycle in result.cycles[:MOST_CYCLES]:
            self.cycles[cycle] = None
        return result, problem

    def covered(self) -> list[str]:
        """Return sentences about what was covered; where that is every behaviour, of the search that showed it."""
        sentences = []
        for stage in self._stages[:1] if self.every_behaviour else self._stages:
            strategy = stage.strategy
            if isinstance(strategy, Traces) and strategy.runs:
                sentences.append(self._of_traces(strategy, stage))
            elif isinstance(strategy, SyncOrders) and strategy.runs:
                every = "the one" if strategy.runs == 1 else f"all {strategy.runs:,}"
                what = every if stage.ended and self.claims_all else f"{strategy.runs:,}"
                sentences.append(f"{what} order{'s' if strategy.runs != 1 else ''} of lock operations")
            elif isinstance(strategy, Preemptions) and strategy.runs:
                sentences += self._of_preemptions(strategy)
            elif stage.runs:
                sentences.append(f"{stage.runs:,} {DRAWING.get(stage.name, stage.name)} schedules")
        if sentences and self.counts.undecided:
            sentences.append(f"{self.counts.undecided:,} of these {self.counts.ran:,} runs were not judged")
        return sentences

    @property
    def claims_all(self) -> bool:
        """Whether a search that has ended may be called complete: runs repeat, and all code had switch points."""
        return not self.unstable and not self.trusted

    def open(self) -> tuple[Doubted, ...]:
        """Return the doubts that the search leaves, besides runs that were not judged.

        An exhaustive search that has not ended leaves a doubt. A search that draws schedules leaves none, since it
        promises no more than it drew. The portfolio does both, so it leaves a doubt only if it drew nothing; `covered`
        says how far its exhaustive strategies came.
        """
        doubts = [Doubted(Doubt.SEEN_ONCE)] if self._seen_once else []
        if self.trusted and any(stage.name in EXHAUSTIVE for stage in self._new_stages()):
            doubts.append(Doubted(Doubt.TRUSTED_CODE, 1, ", ".join(sorted(self.trusted))))
        if self._only == "traces" and self.gaps:
            doubts.append(Doubted(Doubt.UNSEEN_ACCESS, 1, next(iter(self.gaps))))
        ended = (self.complete or self.all_schedules) and not self.unstable
        if any(stage.name in EXHAUSTIVE for stage in self._new_stages()) and not ended:
            drawing = [stage for stage in self._stages if stage.name in SAMPLERS]
            if not self.unstable:
                if not any(stage.runs for stage in drawing):
                    doubts.append(Doubted(Doubt.CUT_OFF, 1, self.estimate()))
            elif self.counts.stalled:
                doubts.append(Doubted(Doubt.NOT_CONTROLLED, self.counts.stalled))
            else:
                doubts.append(Doubted(Doubt.NOT_REPEATABLE))
        return tuple(doubts)

    @property
    def traces(self) -> int:
        """How many traces there are; 0 if not every one is known to have run."""
        stage = self._stage("traces") if self.every_behaviour else None
        return 0 if stage is None else stage.strategy.runs

    def data_races(self, cls: object) -> list[str]:
        """Return sentences on data races, where every behaviour was run: they changed no result that was judged.

        To read or write what `cls`, the class of the subject, computes (a property) is a call, and no access.
        """
        stage = self._stage("traces") if self.every_behaviour else None
        found: dict[str, None] = {}
        for one, other in () if stage is None else stage.strategy.races:
            access = one.shared(other)
            if access.name.startswith(".") and _is_computed(cls, access.name[1:]):
                continue
            places = sorted(f"{_where(step)} {_does(step, access)}" for step in (one, other))
            found[f"{UNSEEN}{' beside '.join(places)}"] = None
        return list(found)

    def _of_traces(self, strategy: Traces, stage: Stage) -> str:
        counted = f"{strategy.runs:,} trace{'s' if strategy.runs != 1 else ''}"
        if self.every_behaviour:
            return f"every behaviour ({counted})"
        why = f", not called every behaviour: {next(iter(self.gaps))}" if stage.ended and self.gaps else ""
        return counted + why

    def _of_preemptions(self, strategy: Preemptions) -> list[str]:
        level = min(strategy.level, self._bound)
        if not self.claims_all or level < 0:
            return [f"{strategy.runs:,} schedules with few preemptions"]
        if self.all_schedules:
            return [f"all {strategy.runs:,} schedules there are" if strategy.runs != 1 else "the one schedule there is"]
        full = sum(strategy.by_level[: level + 1])
        sentences = [f"all {full:,} schedules with at most {level} preemption{'s' if level != 1 else ''}"]
        if strategy.runs > full:
            sentences.append(f"{strategy.runs - full:,} of those with {level + 1}")
        return sentences

    def estimate(self) -> str:
        """Say how many schedules the next level needs at least; "" if the search has ended."""
        stage = self._stage("preemptions")
        strategy = stage.strategy if stage is not None else None
        if not isinstance(strategy, Preemptions) or stage is None or stage.ended or not strategy.runs:
            return ""
        return f"{strategy.waiting:,} schedules more are known to be needed for a bound of {strategy.level + 1}"


def _is_computed(cls: object, name: str) -> bool:
    """Tell whether a class runs code of Python where an attribute of this name is written."""
    member = inspect.getattr_static(cls, name, None)
    slot = isinstance(member, (MemberDescriptorType, GetSetDescriptorType))
    return hasattr(type(member), "__set__") and not slot


def _where(step: RunStep) -> str:
    """Return the place of a step; of code that was made at run time, as by `dataclasses`, the function."""
    where = place(step.site)
    return f"{step.site[0].co_name} (made at run time)" if step.site and where.startswith("<string>") else where


def _does(step: RunStep, access: Access) -> str:
    """Return what a step does with something, in words."""
    writes = any(each.writes for each in step.accesses() if each.name == access.name)
    return f"{'writes' if writes else 'reads'} {access.name}"


def gaps_in(result: Result) -> Iterator[str]:
    """Yield why the steps of a run may be incomplete, or its schedule not one of all that there are."""
    yield from result.ran.gaps
    if result.timed:
        yield "a wait has a time limit"
    if result.forced:
        yield "a thread that may have been spinning had to let the others go first"
    if result.bounded:
        yield "a run was given up"


def masking_of(
    program: Program, look: Look, problem: Problem, preemptions: int, seconds: float
) -> tuple[Masking, str, tuple[Doubt, ...]]:
    """Return whether a standard build can show a problem, by all its schedules with so many preemptions or fewer.

    Returns the label, what it rests on in words, and the doubts that leave it unknown.
    """
    if not handover.known():
        unknown = f"it is not known where a standard {VERSION} build hands over the GIL"
        return Masking.UNKNOWN, unknown, (Doubt.NOT_CONTROLLED,)
    bound = max(2, preemptions)
    exploration = Exploration(program, look, 0, bound=bound, only="preemptions", switching=Switching.GIL)
    limit = pace.limit(seconds, "looking for a schedule of a standard build")
    unended = 0  # runs without progress that were given up: their ends are unknown
    while not limit.over():
        found = exploration.go_on(limit.left(), 10**9)
        unended += found is not None and found[1].bounded
        if found is not None and problem.same(found[0]):
            many = found[1].ran.preemptions
            label, _ = Masking.by(Evidence(schedules=exploration.counts.tally, findings=1))
            some = f"{many} preemption{'s' if many != 1 else ''}"
            return label, f"a schedule that a standard build can take shows it, with {some}", ()
        if exploration.complete or found is None:
            break
    # If each call raises in all these runs, that is no doubt: the finding shows that the calls can return.
    tally = replace(exploration.counts.tally, returned=exploration.counts.judged)
    given_up = (Doubted(Doubt.GIVEN_UP, unended),) if unended else ()
    doubts = (*exploration.counts.doubted(), *given_up, *exploration.open())
    label, reasons = Masking.by(Evidence(schedules=tally, doubts=doubts))
    covered = "; ".join(exploration.covered()) or "nothing"
    where = f"switching only where a standard {VERSION} build can"
    but = f"; but {'; '.join(each.text for each in reasons)}" if reasons else ""
    return label, f"{covered}, {where}: none has it{but}", tuple(each.code for each in reasons)
