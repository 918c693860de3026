"""Answers the requests to the child: imports the subject, runs scenarios on a crew of threads, and judges the runs.

`process` reads the requests. The child keeps nothing that the parent needs, since the subject may end the process at
any moment. Before user code runs on the main thread, a watchdog is set that writes all stacks and ends the process. The
watchdog is written in C, so it also ends code that never releases the GIL.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from random import Random
from types import ModuleType
from typing import Any, Final

from lockproof.campaign.protocol.messages import (
    Attempt,
    Avoid,
    CallMember,
    CheckNames,
    Conform,
    Conformed,
    Describe,
    Description,
    Done,
    Fresh,
    Generate,
    Generated,
    LookAtNatives,
    MakeMutants,
    Request,
    Run,
    RunLines,
    RunResult,
    UseWaits,
    UseWatched,
)
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.worker.alone import run_alone
from lockproof.campaign.worker.attempts import attempted, looked_at
from lockproof.campaign.worker.blocking import has_waits, is_own_model, marked, may_wait, parted, rejoined
from lockproof.campaign.worker.case import JUDGING, Case, lenient, summed
from lockproof.campaign.worker.mutating import mutants
from lockproof.campaign.worker.named import named
from lockproof.campaign.worker.natives import natives
from lockproof.campaign.worker.scenario_names import see_names
from lockproof.campaign.worker.watchdog import Watchdog
from lockproof.core import environment
from lockproof.core.adjustment import Adjustment
from lockproof.core.avoided import Avoided
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Omission
from lockproof.core.foreign import is_a
from lockproof.core.lives import lives
from lockproof.core.members import Member
from lockproof.core.model import TooManyChoices
from lockproof.core.operation import SUBJECTS, Operation, renamed
from lockproof.core.own_time import own_time
from lockproof.core.own_time import real as time
from lockproof.core.pace import MODEL, pace
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.verdict import Nonconformance, Verdict
from lockproof.core.watched import Watched
from lockproof.engines.threads.compiled import CompiledProgram, RecordKey
from lockproof.engines.threads.crew import Crew
from lockproof.generate.generator import Generator, beginnings, productive, situations
from lockproof.generate.tuning import ATTEMPTS, GENERATING, ORDER_BLIND_SHARE, PAIR
from lockproof.inference.conformance import conform
from lockproof.inference.generic import with_time
from lockproof.inference.lines import kinds_doing
from lockproof.inference.names import refuse_unknown_names
from lockproof.inference.surface import members, notes, without
from lockproof.inference.target import load, load_specification
from lockproof.judge.orders import Waiting
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge

FIRST_CHUNK: Final = 48
LONGEST_CHUNK: Final = 4000
"""Runs of a scenario between two looks at the clock: at first, and at most."""

JUDGING_ALL: Final = "judging the outcomes of a scenario"

CONFIGURATIONS: Final = 4000
"""Configurations at most that the judge visits for one outcome."""

MOST_CASES: Final = 200
"""Scenarios that stay compiled."""

SHORT_HANG: Final = 1.0
"""Seconds without an answer of one thread that are a hang at first; the parent tries again with the full time."""


class Worker:
    """The state of the child: the specification, a crew of threads, and the scenarios that are compiled."""

    def __init__(self, setup: Setup) -> None:
        self._note = open(setup.note, "r+b", buffering=0)  # noqa: SIM115  (open as long as the process lives)
        self._owner: type | ModuleType = object
        self._hang, self._seed, self._threads = setup.hang, setup.seed, setup.threads
        self._consistency = setup.consistency
        self._crew: Crew | None = None
        self._model_limit = pace.limit(float("inf"), JUDGING_ALL)
        self._cases: dict[Scenario, Case] = {}
        self._aimed, self._differing = setup.aim.kinds, setup.aim.differing
        self._filling = frozenset(setup.aim.filling or ())
        self._beginnings, self._situations = dict[str, tuple[str, ...]](), tuple[tuple[str, ...], ...]()
        self._known, self._waits, self._skip = setup.watched, setup.waits, setup.skip
        self._made: Scenario | None = None
        self._own_threads, self._sanitized = False, setup.sanitized
        self._strict, self._adjustment, self._teardown = setup.strict, setup.adjustment, setup.teardown
        with Watchdog(self._hang + 30):
            self._load(*named(setup.subject))

    def answer(self, request: Request[Any]) -> object:
        """Return the answer to a request.

        Raises:
            LockproofError: the request cannot be met.

        """
        match request:
            case Describe():
                return self.describe()
            case CheckNames(scenario):
                return self.check_names(scenario)
            case Conform():
                return self.conform(request)
            case UseWatched(watched):
                return self.watch(watched)
            case Avoid(together):
                return self.avoid(together)
            case UseWaits(kinds):
                return self.use_waits(kinds)
            case Generate(index, revealing):
                return self.generate(index, revealing)
            case CallMember(member):
                return self.call_member(member)
            case RunLines(lines, hang):
                return self.run_lines(lines, hang)
            case Run():
                return self.run(request)
            case LookAtNatives():
                return natives(self.specification)
            case MakeMutants(operators):
                return mutants(self.specification, operators, self._hang, self.announce)
        raise LockproofError(f"{type(request).__name__} is no request for a child that runs real threads")

    def _load(self, target: Any, model: Any, factory: Any, name: str = "") -> None:
        name = target if isinstance(target, str) else name
        loaded = load(target) if isinstance(target, str) else target
        specification = load_specification(loaded, model, factory, name)
        with Watchdog(self._hang):
            subject = specification.subject()
            specification = lives.serve(specification, subject, self._teardown)
        self._owner = subject if is_a(subject, ModuleType) else type(subject)
        function = is_a(subject, ModuleType) and not isinstance(loaded, (ModuleType, Specification))
        self._only = name.rpartition(":")[2] if function else ""
        self._inferred = not isinstance(loaded, Specification) and model is None
        if isinstance(loaded, Specification):
            refuse_unknown_names(specification, subject)
        self._loaded = without(specification, self._owner, self._skip)
        self.specification = self._adjusted(self._adjustment)
        if self._strict:
            self.specification = replace(self.specification, decides=True)
        self._generator = self._new_generator()
        self._avoided = Avoided(self.specification)

    def _adjusted(self, adjustment: Adjustment | None) -> Specification:
        """Return the specification with what another process has found in comparing class and model."""
        specification = self._loaded
        if adjustment is not None and adjustment.fits(specification):
            self._own_threads = adjustment.threads
            specification = adjustment.applied(specification)
            specification = with_time(specification) if adjustment.timed else specification
            self._filling = self._filling or frozenset(adjustment.filling)
            self._beginnings = {line: tuple(first) for line, *first in adjustment.beginnings}
            self._situations = adjustment.situations
        return marked(specification, self._waits)

    def announce(self, lines: Sequence[str]) -> None:
        """Write to a file which lines one thread is about to run, in case it does not come back; reset the watchdog."""
        self._note.seek(0)
        self._note.write(json.dumps(list(lines)).encode() + b"\n")
        Watchdog.wind_up()

    def describe(self) -> Description:
        """Describe the subject that was loaded."""
        specification = self.specification
        return Description(
            specification.subject_name,
            specification.model_label,
            environment.current(),
            tuple(kind.text for kind in specification.operations),
            notes(specification, found := self._members()),
            tuple(renamed(each, {"a": name}).text for name in SUBJECTS for each in specification.final),
            own_model := is_own_model(specification),
            own_model and self._has_waits(),
            found,
            self._inferred,
            tuple(dict.fromkeys(hole for kind in specification.operations for hole in kind.holes)),
        )

    def _members(self) -> tuple[Member, ...]:
        return members(self.specification, self._owner, self._only)

    def _has_waits(self) -> bool:
        with contextlib.suppress(Exception), Watchdog(self._hang):
            return has_waits(self.specification.subject())
        return False

    def check_names(self, scenario: Scenario) -> Done:
        """See that the names in a scenario exist and its arguments fit, without running the scenario.

        Raises:
            LockproofError: a name does not exist, or arguments do not fit.

        """
        with Watchdog(self._hang):
            see_names(self.specification.bind(scenario), self.specification, self.announce)
        self.announce([])
        return Done()

    def conform(self, request: Conform) -> Conformed:
        """Compare the subject with its model on one thread; from then on the model does what the subject did.

        Operations that do what the lines in `skip` do are left out, since those lines did not come back. The watchdog
        waits only for a short while; the parent runs lines that were too slow again with the full time (`run_lines`).
        """
        found: Sequence[Nonconformance] = ()
        if (known := request.adjustment) is not None and known.fits(self._loaded):
            self.specification = self._adjusted(known)
        else:
            found = self._compare(request.seconds, request.skip)
        watched = self._known if self._known is not None else self._watched(sorted(self._filling), request.seconds)
        self.watch(watched)
        self._cases.clear()
        scope, filling = parted(self.specification), sorted(self._filling)
        with Watchdog(2 * self._hang):  # all of this has come back before
            fresh = Fresh() if scope is None else looked_at(scope, self.announce)
        return Conformed(
            watched,
            self._changes(filling),
            tuple(found),
            (*notes(self.specification, public := self._members()), *lives.notes()),
            tuple(kind.text for kind in self.specification.operations),
            public, fresh,
        )  # fmt: skip

    def call_member(self, name: str) -> Attempt:
        """Return a scenario in which a call of this member returns, if there is one that is not avoided."""
        if (scope := parted(self.specification)) is None:
            return Attempt(None)
        with Watchdog(2 * self._hang):
            found = attempted(scope, name, self.announce)
        if found.scenario is not None and self._avoided.has(found.scenario):
            return Attempt(None, found.raised)
        return found

    def _compare(self, seconds: float, skip: Sequence[str]) -> Sequence[Nonconformance]:
        """Compare class and model without what the lines in `skip` do, and adjust the specification."""
        scope = parted(self.specification)
        if scope is None:
            return ()
        with Watchdog(self._hang if pace.counted else min(self._hang, SHORT_HANG * pace.slower)):
            result = conform(scope, self._seed, seconds, announce=self.announce, skip=kinds_doing(scope, skip),
                             compared=self._compared())  # fmt: skip
        self._own_threads = result.threads
        self.specification = rejoined(result.specification, self.specification)
        if own_time.was_read:
            self.specification = with_time(self.specification)
        with Watchdog(self._hang):
            self._filling = self._filling or productive(result.specification, self.announce)
            if not self._aimed:
                self._beginnings = beginnings(result.specification, self._filling, self.announce)
                self._situations = situations(parted(self.specification) or scope, self.announce)
        return result.nonconformances

    def _changes(self, filling: Sequence[str] = ()) -> Adjustment:
        timed, threads = own_time.was_read, self._own_threads
        return Adjustment.of(self._loaded, self.specification, timed=timed, threads=threads, filling=filling,
                             beginnings=self._beginnings, situations=self._situations)  # fmt: skip

    def _compared(self) -> frozenset[str]:
        """Return the kinds whose results are compared with the model; empty for all."""
        if not self._aimed:
            return frozenset()
        kinds = {self.specification.bound(Operation(line)).kind.text for line in self._differing}
        return frozenset(self._aimed) | kinds

    def _watched(self, filling: Sequence[str], seconds: float) -> Watched:  # noqa: ARG002
        """Return what was seen of each kind of operation; here that is nothing."""
        return Watched()

    def watch(self, watched: Watched) -> Done:
        """From now on make scenarios by what was seen of kinds of operations."""
        self._generator = self._new_generator(watched)
        return Done()

    def use_waits(self, kinds: Sequence[str]) -> Done:
        """From now on these kinds of operations wait."""
        self._waits = tuple({*self._waits, *kinds})
        self.specification = marked(self.specification, self._waits)
        self._cases.clear()
        self._generator = self._new_generator()
        return Done()

    def _scope(self) -> Specification | None:
        """Return what scenarios are made of, None for nothing: real threads leave calls that wait to control."""
        return parted(self.specification)

    def _new_generator(self, watched: Watched | None = None) -> Generator | None:
        scope = self._scope()
        known = {kind.text for kind in scope.operations} if scope is not None else set()
        aimed = {text: count for text, count in self._aimed.items() if text in known}
        if scope is None or (self._aimed and not aimed):
            return None
        return Generator(scope, self._threads, self._seed, self._filling, aimed, watched, self._beginnings,
                         self._situations)  # fmt: skip

    def avoid(self, together: Sequence[Sequence[str]]) -> Done:
        """From now on make no scenario that has the kinds of all lines in one of these lists."""
        self._avoided = Avoided(self.specification, together)
        return Done()

    def generate(self, index: int, revealing: bool = True) -> Generated:
        """Return the first scenario from this index on that is not avoided, and its index; none if there seems none.

        `revealing`: prefer scenarios whose results reveal the order of the threads, and run the model to see that.
        """
        scope = self._scope()
        if scope is None or self._avoided.all_pairs([kind.text for kind in scope.operations]):
            return Generated(None, index)
        self._give_model(GENERATING)
        for number in takewhile(self._has_time, range(index, index + 500 if self._generator is not None else index)):
            scenario = self._revealing(number) if revealing else self._released(number, 0)[0]
            if scenario is not None and not self._avoided.has(scenario):
                self._made = scenario
                return Generated(scenario, number)
        return Generated(None, index)

    def _has_time(self, _: int) -> bool:
        return not self._model_limit.over(2.0)

    def _revealing(self, number: int) -> Scenario | None:
        """Return a scenario of this index in which an operation waits, or whose results reveal the order of threads.

        Threads that cross two subjects may deadlock, whatever their results are: such a scenario is as good.

        A share of the scenarios that do neither is kept: few of them find anything, but no other scenario may find the
        same. Early pairs of the class's own methods are all kept: what they change is observed at the end. An aimed
        search keeps all scenarios, since it makes few. None if there is no such scenario.
        """
        revealing = other = None
        for attempt in range(2 * ATTEMPTS if self._aimed else ATTEMPTS):
            scenario, waiting = self._released(number, attempt)
            if attempt >= ATTEMPTS and scenario is not None and scenario.size[0] > PAIR:
                break
            if waiting is Waiting.FOR_A_WHILE or waiting is None:
                return scenario  # None: the model has too many choices, and the next attempts would take as long
            if scenario is None:
                continue
            other = other or scenario
            self.announce([str(scenario)])
            with Watchdog(self._hang), contextlib.suppress(TooManyChoices):
                if scenario.crosses or self._judge(scenario).order_matters():
                    revealing = revealing or scenario
                    if not any(each.kind.blocking for each in scenario.operations):
                        break
        early = self._generator is not None and self._generator.is_early(number)
        kept = self._aimed or early or Random(f"{self._seed}/{number}").random() < ORDER_BLIND_SHARE
        return revealing or (other if kept else None)

    def _released(self, number: int, attempt: int) -> tuple[Scenario | None, Waiting | None]:
        """Return a scenario of this index in which no operation waits for ever, and how its operations wait.

        The scenario is None if there is none; how its operations wait is None if the model has too many choices.
        """
        assert self._generator is not None
        scenario = self._generator.scenario(number, attempt)
        if not any(each.kind.blocking for each in scenario.operations):
            return scenario, Waiting.NEVER
        self.announce([str(scenario)])
        with Watchdog(self._hang), contextlib.suppress(TooManyChoices):
            for each in (scenario, *self._generator.unblocked(scenario, number)):
                if (waiting := self._judge(each).waiting()) is not Waiting.FOR_EVER:
                    return each, waiting
            return None, Waiting.FOR_EVER
        return scenario, None

    def run_lines(self, lines: Sequence[str], hang: float) -> Done:
        """Run lines by one thread, on fresh subjects (see `run_alone`)."""
        self.announce(lines)
        run_alone(lines, self.specification, hang)
        return Done()

    def run(self, request: Run) -> RunResult:
        """Run a scenario on real threads until one of the bounds of the request is reached."""
        began = time.perf_counter()
        self._give_model(request.seconds + JUDGING * pace.slower)
        seconds, hang = request.seconds, request.hang or self._hang
        case = self._case(request.scenario, hang)
        if case.skipped:
            return RunResult(request.scenario, skipped=case.skipped)
        tally: Counter[RecordKey] = Counter()
        # Under a sanitizer the first run takes much longer than the others, so it tells nothing of them.
        size, failed = FIRST_CHUNK if self._sanitized else case.first_runs(FIRST_CHUNK, seconds), False
        while (left := request.invocations - tally.total()) > 0 and not (failed and request.until_failure):
            tally.update(self._chunk(case, min(size, left), hang))
            failed = any(case.judged(key)[0].verdict is Verdict.VIOLATION for key in tally)
            spent = time.perf_counter() - began
            if pace.counted:
                pace.did(0.0)
                size = min(size * 3, LONGEST_CHUNK)
                continue
            if spent > seconds:
                break
            fit = int(tally.total() / spent * (seconds - spent)) + 1
            size = min(size * 3, LONGEST_CHUNK, max(min(FIRST_CHUNK, size), fit))
        return summed(case, request.scenario, tally, time.perf_counter() - began)

    def _chunk(self, case: Case, invocations: int, hang: float) -> Counter[RecordKey]:
        assert self._crew is not None
        return self._crew.run(case.program, invocations, hang=hang, batch=case.batch)

    def _judge(self, scenario: Scenario) -> ScenarioJudge:
        model = ReplayModel(self.specification, scenario.init, scenario.subjects, self._model_goes_on)
        return ScenarioJudge(
            scenario.threads, scenario.final, model, consistency=self._consistency, limit=CONFIGURATIONS,
            key=self.specification.partition,
        )  # fmt: skip

    def _model_goes_on(self) -> None:
        """Take note that the model has not hung.

        Raises:
            TooManyChoices: the time for it is over. A model that is slow is as bad as one with too many choices.

        """
        Watchdog.wind_up()
        pace.did(MODEL)
        if self._model_limit.over():
            raise TooManyChoices

    def _give_model(self, seconds: float) -> None:
        """Let the model run for at most so many seconds from now on."""
        self._model_limit = pace.limit(seconds, JUDGING_ALL)

    def _case(self, given: Scenario, hang: float) -> Case:
        case = self._cases.get(given)
        if case is None:
            scenario = self._made if self._made is not None and self._made == given else self.specification.bind(given)
            if len(scenario.threads) < 2:
                raise LockproofError(
                    f"a scenario of one thread shows nothing: {given}", "", "separate the threads by ||"
                )
            if len(self._cases) >= MOST_CASES:
                del self._cases[next(iter(self._cases))]
            program = self._program(scenario)  # starts threads of lockproof, perhaps slowly
            self.announce([str(scenario)])
            with Watchdog(hang):
                judge = self._judge_or_reason(scenario)
                case = self._cases[given] = Case(
                    scenario, program, judge, lenient(scenario, self.specification, self._judge)
                )
            self.announce([])
        return case

    def _judge_or_reason(self, scenario: Scenario) -> ScenarioJudge | Omission:
        """Return the judge of a scenario, or why there is none."""
        if any(each.kind.blocking for each in scenario.operations) and may_wait(self.specification, scenario):
            return Omission.LEFT_TO_CONTROL
        return self._judge(scenario)

    def _program(self, scenario: Scenario) -> CompiledProgram:
        """Return the compiled code of a scenario, and make the crew large enough for it."""
        if self._crew is None or self._crew.size < len(scenario.threads):
            if self._crew is not None:
                self._crew.close()
            self._crew = Crew(max(self._threads, len(scenario.threads)), self._seed, looks=not self._sanitized)
        return self._crew.program(scenario, self.specification.subject, self.specification.globals)
