"""The child process under control: answers the requests of a worker, and those that explore and replay.

It takes control of the interpreter before it imports the subject. All else, models and judges for instance, runs on a
thread that is not under control and has real locks.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lockproof.campaign.protocol.answers import Answers
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import (
    Attempt,
    Description,
    Done,
    Explore,
    Explored,
    FindWaits,
    Found,
    FoundWaits,
    Label,
    Labelled,
    Replay,
    Replayed,
    Request,
    WatchOperations,
)
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.worker.attempts import attempted_one_at_a_time
from lockproof.campaign.worker.beside import MOST_ORDERS_BESIDE
from lockproof.campaign.worker.blocking import is_own_model, may_wait
from lockproof.campaign.worker.case import JUDGING, Case
from lockproof.campaign.worker.exploring import (
    Exploration,
    Problem,
    Program,
    given_up,
    masking_of,
    needs_main_thread,
    returns,
    seen_in,
)
from lockproof.campaign.worker.exposure import watched
from lockproof.campaign.worker.portfolio import Stage
from lockproof.campaign.worker.replaying import control_of, fewer_preemptions, find_again
from lockproof.campaign.worker.requests import Worker
from lockproof.campaign.worker.self_model import MOST_ORDERS, SelfModel, orders
from lockproof.campaign.worker.watchdog import Watchdog
from lockproof.core import environment
from lockproof.core.adjustment import Adjustment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.foreign import told
from lockproof.core.lives import lives
from lockproof.core.own_time import real as time
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule
from lockproof.core.specification import Specification
from lockproof.core.values import NOT_BEGUN, WAITS
from lockproof.core.verdict import ASSERTIONS, Control, Explanation, FindingKind, Nonconformance, Outcome, Verdict
from lockproof.core.watched import Watched
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram, ScenarioProgram
from lockproof.engines.control.task import Result
from lockproof.engines.strategies.exhaustive import ScheduleReplay
from lockproof.engines.threads.compiled import CompiledProgram, Record
from lockproof.inference.target import load
from lockproof.judge.orders import Waiting
from lockproof.judge.run import ScenarioJudge
from lockproof.judge.stuck import StuckJudge

MOST_EXPLORATIONS: Final = 400
"""Explorations that can be gone on with; after that all begin anew."""

_OWN: Final = str(Path(__file__).parents[2])
"""Where lockproof's own locks are, which stand for those of the threading module: no code of the user's."""

STUCK: Final = (FindingKind.DEADLOCK, FindingKind.NO_PROGRESS)
"""What a run shows that ended with calls that wait; for a right class it may be right."""

TIDYING: Final = 1.0
"""Seconds for the search for a schedule with fewer preemptions."""


class _JudgedProgram:
    """A program with the judge of its runs. `case` is None for a function, which its assertions judge.

    `outcomes` are all distinct ones; `answers` is what each line returned or raised.
    """

    def __init__(self, program: Program, case: Case | None) -> None:
        self.program, self.case = program, case
        self.outcomes: set[Any] = set()
        self.answers = None if case is None else Answers(case.scenario)
        self._verdicts: dict[Any, Outcome] = {}

    def look(self, result: Result) -> Problem | Doubt | None:
        """Return what is wrong with the run that has just ended, or why it cannot be judged; None if nothing is."""
        if needs_main_thread(result):
            return Doubt.NEEDS_MAIN_THREAD
        problem = seen_in(result, self.program)
        program = self.program
        if problem is not None and problem.kind in STUCK and (judged := self._of_stuck()) is not None:
            outcome, key = judged
            if self.answers is not None:
                self.answers.note(key[0], key[1])
            if outcome.verdict is Verdict.VIOLATION and any(WAITS in row for row in key[0]):
                return replace(problem, detail=f"{problem.detail}, and in no order of the calls, one at a time, "
                               "do just these calls wait", key=key)  # fmt: skip
            if outcome.verdict is Verdict.VIOLATION:
                return Problem(FindingKind.NOT_LINEARIZABLE, key=key)  # all calls ended; only an observer waits
            return self.case.doubt_of(outcome) if self.case is not None else None
        if problem is not None or self.case is None or not isinstance(program, ScenarioProgram):
            return problem if problem is None or problem.kind not in STUCK else replace(problem, until=self._until())
        if not program.complete:
            return Doubt.GIVEN_UP
        assert self.answers is not None
        self.answers.note(program.results, program.final)
        key = (tuple(map(tuple, program.results)), tuple(program.final), tuple(map(tuple, program.seen)))
        outcome = self._judged(self.case, key)
        if outcome.verdict is Verdict.VIOLATION:
            return Problem(FindingKind.NOT_LINEARIZABLE, key=key)
        return self.case.doubt_of(outcome)

    def _until(self) -> Record | None:
        """Return what the calls of a run that did not end came to; None of a function."""
        program, case = self.program, self.case
        if case is None or not isinstance(program, ScenarioProgram):
            return None
        rows = []
        for calls, results, seen in zip(case.scenario.threads, program.results, program.seen, strict=True):
            row = [*results, *[WAITS] * (len(seen) > len(results))]
            rows.append((*row, *[NOT_BEGUN] * (len(calls) - len(row))))
        return Record(tuple(rows), tuple(program.ended()), ())

    def _of_stuck(self) -> tuple[Outcome, Any] | None:
        """Return the judged outcome of a run that ended with calls that wait, and its key; None if it is not judged."""
        program, case = self.program, self.case
        if case is None or not isinstance(program, ScenarioProgram) or not program.began:
            return None
        if case.skipped or not isinstance(case.judge, StuckJudge):
            return None
        program.stuck = True
        results, final, seen = case.judge.whole(program.results, program.seen, program.ended())
        key = (tuple(map(tuple, results)), tuple(final), tuple(tuple(map(tuple, each)) for each in seen))
        return self._judged(case, key), key

    def _judged(self, case: Case, key: Any) -> Outcome:
        outcome = self._verdicts.get(key)
        if outcome is None:
            self.outcomes.add(key[:2])
            outcome = self._verdicts[key] = case.outcome(Record(*key))
        return outcome


class ControlledWorker(Worker):
    """A worker that also explores, labels and replays."""

    def __init__(self, setup: Setup) -> None:
        self._function: Callable[[], object] | None = None
        self._name = ""
        self._self_model: SelfModel | None = None
        self._explorations: dict[tuple[Scenario | None, int, str], tuple[_JudgedProgram, Exploration]] = {}
        super().__init__(setup)
        engine.limit = max(engine.limit, self._hang)

    def answer(self, request: Request[Any]) -> object:
        """Return the answer to a request."""
        match request:
            case FindWaits(scenario, seconds):
                return self._find_waits(scenario, seconds)
            case WatchOperations(filling, seconds):
                return self._watched(filling, seconds)
            case Explore():
                return self.explore(request)
            case Label():
                return self.label(request)
            case Replay():
                return self.replay(request)
        return super().answer(request)

    def _load(self, target: Any, model: Any, factory: Any, name: str = "") -> None:
        loaded = load(target) if isinstance(target, str) else target
        if inspect.isfunction(loaded):
            if model is not None or factory is not None:
                raise LockproofError("a function has no model and no factory", "", "leave the options out")
            needed = [
                each.name
                for each in inspect.signature(loaded).parameters.values()
                if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
            ]
            _refuse_lazy(loaded)
            if needed:
                raise LockproofError(
                    f"{loaded.__qualname__} has parameters: {', '.join(needed)}",
                    "lockproof explores a function without parameters that starts threads and asserts",
                    "write a function around it that gives the arguments",
                )
            if sys.flags.optimize:
                raise LockproofError(
                    "assertions are switched off, and a function is judged by them",
                    "PYTHONOPTIMIZE is set",
                    "run it again without PYTHONOPTIMIZE",
                )
            self._function = loaded
            self._name = target if isinstance(target, str) else f"{loaded.__module__}:{loaded.__qualname__}"
            return
        super()._load(loaded, model, factory, target if isinstance(target, str) else name)
        if (file := _file_of(loaded)) and not file.startswith(_OWN):
            instrumentation.ask_about(file)

    def describe(self) -> Description:
        """Describe the subject or the function that was loaded."""
        if self._function is None:
            return super().describe()
        return Description(self._name, ASSERTIONS, environment.current())

    def _watched(self, filling: Sequence[str], seconds: float) -> Watched:
        with Watchdog(self._hang):
            return watched(self.specification, filling, seconds, self.announce)

    def _adjusted(self, adjustment: Adjustment | None) -> Specification:
        return super()._adjusted(None if adjustment is None else adjustment.controlled(self._loaded))

    def _compare(self, seconds: float, skip: Sequence[str]) -> Sequence[Nonconformance]:
        found = super()._compare(seconds, skip)
        if self._own_threads:
            self.specification = self._adjusted(self._changes())
        return found

    def _find_waits(self, scenario: Scenario | None, seconds: float) -> FoundWaits:
        """Find out which operations wait, and take note of them."""
        if not is_own_model(self.specification):
            return FoundWaits()
        model = SelfModel(replace(self.specification, model=None), self.announce)
        with Watchdog(self._hang + seconds):
            found = [] if scenario is not None else model.waiting_calls(seconds)
            kinds = {each.call.kind.text for each in found}
            if scenario is not None:
                given = self.specification.bind(scenario)
                kinds = model.waiting_in(given) or (set() if model.fault else model.ending_with_time(given))
            final = self.specification.final
            scenarios = tuple(dict.fromkeys(made for each in found for made in model.scenarios(each, final)))
        self.announce([])
        every = dict.fromkeys(k.text for k in (*self.specification.operations, *(self.specification.init or ())))
        known = tuple(text for text in every if text in kinds)
        self.use_waits(known)
        return FoundWaits(known, bool(kinds), scenarios, model.fault)

    def _itself(self) -> SelfModel:
        """Return the class as its own model. It remembers which locks are released, as long as nothing is adjusted."""
        if self._self_model is None or self._self_model.specification is not self.specification:
            self._self_model = SelfModel(self.specification, self.announce)
        return self._self_model

    def _case(self, given: Scenario, hang: float) -> Case:
        started = lives.started
        case = super()._case(given, hang)
        if lives.started > started and self.specification.model is None and not self._own_threads:
            self._own_threads = True  # not known before: no process has compared the class with itself
            self._cases.clear()
            case = super()._case(given, hang)
        return case

    def _scope(self) -> Specification | None:
        return self.specification

    def call_member(self, name: str) -> Attempt:
        """Return a scenario in which a call of this member returns, though calls of the class may wait."""
        if self.specification.model is not None:
            return super().call_member(name)
        with Watchdog(self._hang):
            found = attempted_one_at_a_time(self._itself(), name)
        self.announce([])
        return found

    def use_waits(self, kinds: Sequence[str]) -> Done:
        """From now on these kinds of operations wait."""
        self._explorations.clear()
        return super().use_waits(kinds)

    def _released(self, number: int, attempt: int) -> tuple[Scenario | None, Waiting | None]:
        assert self._generator is not None
        scenario = self._generator.scenario(number, attempt)
        if not self._own_threads and not may_wait(self.specification, scenario):
            return super()._released(number, attempt)
        if orders(scenario) > (MOST_ORDERS_BESIDE if self._own_threads else MOST_ORDERS):
            return None, None
        with Watchdog(self._hang):
            self.announce([str(scenario)])
            if not self._itself().begins(scenario):
                scenario = replace(scenario, init=())
        return scenario, None

    def _judge_or_reason(self, scenario: Scenario) -> ScenarioJudge | Omission:
        if self.specification.model is None:
            model = self._itself()
            if self._own_threads:
                return model.judge_beside(scenario, self._consistency)
            if may_wait(self.specification, scenario) or model.waits_in_turn(scenario):
                return model.judge(scenario, self._consistency)
        return super()._judge_or_reason(scenario)

    def explore(self, request: Explore) -> Explored:
        """Go on exploring a scenario, or the function; return what was covered, and what was found."""
        self._give_model(request.seconds + JUDGING)
        judged, exploration = self._exploration(request.scenario, request.bound, request.only)
        if judged.case is not None and judged.case.skipped:
            return Explored(skipped=judged.case.skipped)
        began = time.monotonic()
        before, counts = exploration.runs, replace(exploration.counts, doubts=Counter(exploration.counts.doubts))
        found = exploration.go_on(request.seconds, request.most)
        reported = None
        if found is not None:
            problem, result, stage = found
            ran, problem = fewer_preemptions(judged.program, judged.look, result.ran, stage.switching, problem, TIDYING)
            control = control_of(judged.program, judged.look, ran, stage.switching, problem, stage, exploration.runs)
            reported = self._found(judged, problem, control)
        case = judged.case
        return Explored(
            schedules=exploration.runs - before,
            counts=exploration.counts - counts,
            open=exploration.open(),
            answers=() if judged.answers is None else judged.answers.all(),
            covered=tuple(exploration.covered()),
            complete=exploration.complete and exploration.claims_all,
            everything=exploration.all_schedules and exploration.claims_all,
            traces=exploration.traces,
            outcomes=len(judged.outcomes),
            kinds=() if case is None else tuple(sorted({o.kind.text for t in case.scenario.threads for o in t})),
            threads=exploration.threads,
            seconds=time.monotonic() - began,
            notes=(*exploration.notes, *(exploration.data_races(self._owner) if found is None else ())),
            cycles=tuple(exploration.cycles),
            found=reported,
        )

    def label(self, request: Label) -> Labelled:
        """Return whether a standard build can show a finding of a kind, and what that rests on."""
        self._give_model(request.seconds + JUDGING)
        judged, _ = self._exploration(request.scenario, 2, "portfolio")
        if judged.case is not None and judged.case.skipped:
            return Labelled(skipped=judged.case.skipped)
        expected = Problem(request.kind)
        label, rests_on, undecided = masking_of(
            judged.program, judged.look, expected, request.preemptions, request.seconds
        )
        return Labelled(label, rests_on, tuple(undecided))

    def replay(self, request: Replay) -> Replayed:
        """Run a schedule so many times; return how many runs had a finding of a kind, or any finding with the first."""
        self._give_model(2 * JUDGING)
        judged, exploration = self._exploration(request.scenario, 2, "portfolio")
        if request.kind is None and judged.case is not None and judged.case.skipped:
            return Replayed(skipped=judged.case.skipped)
        seen: list[Problem] = []
        counts = Counts()

        def look(result: Result) -> Problem | Doubt | None:
            found = judged.look(result)
            if isinstance(found, Problem):
                seen.append(found)
            unended = found is None and given_up(result, judged.program)
            doubt = Doubt.GIVEN_UP if unended else found if isinstance(found, Doubt) else None
            counts.note(doubt, returned=returns(judged.program), stalled=bool(result.native))
            return found

        exploration.warm_up(list(request.schedule.choices()))
        seen.clear()
        counts = Counts()
        expected = Problem(request.kind) if request.kind is not None else None
        again, elsewhere = find_again(judged.program, look, request.schedule, expected, request.times)
        found = None
        if seen and expected is None:
            control = self._control(judged, request.schedule, seen[0], (again, request.times))
            found = self._found(judged, seen[0], control)
        return Replayed(again, elsewhere, counts, found)

    def _control(self, judged: _JudgedProgram, schedule: Schedule, problem: Problem, again: tuple[int, int]) -> Control:
        strategy = ScheduleReplay(list(schedule.choices()), strict=False)
        strategy.begin()
        instrumentation.switch(schedule.switching)
        result = engine.run(judged.program, strategy)
        stage = Stage("replay", schedule.switching, strategy)
        return control_of(judged.program, judged.look, result.ran, schedule.switching, problem, stage, 1, again)

    def _exploration(self, scenario: Scenario | None, bound: int, only: str) -> tuple[_JudgedProgram, Exploration]:
        key = scenario, bound, only
        known = self._explorations.get(key)
        if known is None:
            if scenario is None:
                judged = _JudgedProgram(self._function_program(), None)
            else:
                case = self._case(scenario, self._hang)
                program = ScenarioProgram(case.scenario, self.specification.subject, self.specification.globals)
                judged = _JudgedProgram(program, case)
            if len(self._explorations) > MOST_EXPLORATIONS:
                self._explorations.clear()
            own = _own_strategy(only, self._seed) if ":" in only else None
            known = self._explorations[key] = (
                judged,
                Exploration(judged.program, judged.look, self._seed, bound=bound, only=only, own=own),
            )
        return known

    def _function_program(self) -> FunctionProgram:
        assert self._function is not None
        return FunctionProgram(self._function)

    def _program(self, scenario: Scenario) -> CompiledProgram:
        return CompiledProgram(scenario, self.specification.subject, self.specification.globals, patience=0)

    def _found(self, judged: _JudgedProgram, problem: Problem, control: Control) -> Found:
        outcome, explanation = None, Explanation(())
        if problem.key is not None and judged.case is not None:
            record = Record(*problem.key)
            with Watchdog(self._hang + 30):
                outcome = judged.case.outcome(record)
                explanation = judged.case.explained(record)
        elif problem.until is not None and judged.case is not None:
            outcome = judged.case.forbidden(problem.until)
        return Found(problem.kind, control, problem.detail, problem.text, outcome, explanation)


def _refuse_lazy(function: Callable[..., object]) -> None:
    """Refuse a function whose call runs none of its code.

    Raises:
        LockproofError: it is an async function or a generator.

    """
    lazy = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    if not lazy and not inspect.isgeneratorfunction(function):
        return
    kind = "an async function" if lazy else "a generator function"
    raise LockproofError(
        f"{function.__qualname__} is {kind}: a call of it runs none of its code",
        "lockproof explores a function that starts threads and asserts when it is called",
        "write a function around it that runs it, with asyncio.run; the tasks of one loop are out of sight"
        if lazy
        else "take the yield out, or write a function around it that goes through it",
    )


def _own_strategy(name: str, seed: int) -> Callable[[], Any]:
    """Return a factory of the strategy that `module:Class` names.

    Raises:
        LockproofError: the class does not exist, cannot be made, or lacks a method.

    """
    kind = load(name)
    try:
        made = kind(seed)
    except Exception as error:
        raise LockproofError(
            f"{name} cannot be made: {told(error)}",
            "a strategy is called with one argument, the seed",
            "give its __init__ a parameter `seed`",
        ) from None
    missing = [each for each in ("begin", "choose", "end") if not callable(getattr(made, each, None))]
    if missing:
        raise LockproofError(
            f"{name} is no strategy: it has no {', '.join(missing)}",
            "",
            "see lockproof.core.schedule.Strategy for the three methods",
        )
    return lambda: kind(seed)


def _file_of(subject: Any) -> str:
    """Return the file of a class's source; "" if it has none."""
    try:
        return inspect.getsourcefile(subject) or ""
    except TypeError:
        return ""
