"""What the child process answers: it imports the subject, runs scenarios on a crew of threads, and judges them.

`process` reads the requests. Nothing is kept here that the parent needs: the subject may end the process at any moment.
Before user code is run on the main thread, a watchdog is set that writes all stacks and ends the process: it works in
C, so it also sees code that never lets the GIL go.
"""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import importlib.util
import json
import pickle
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from lockproof.campaign.protocol.answers import Answers
from lockproof.campaign.protocol.messages import (
    Avoid,
    CheckNames,
    Conform,
    Conformed,
    Describe,
    Description,
    Done,
    Generate,
    Generated,
    MakeMutants,
    Mutants,
    Named,
    Pickled,
    Request,
    Run,
    RunLines,
    RunResult,
    Setup,
    Watch,
)
from lockproof.campaign.worker.case import Case
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.interpreter import current_frames
from lockproof.core.model import TooManyChoices
from lockproof.core.operation import SUBJECTS, Operation, renamed
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.verdict import Outcome, Verdict
from lockproof.core.watched import Watched
from lockproof.engines.threads.compiled import Key, Program, Record
from lockproof.engines.threads.crew import Crew
from lockproof.engines.threads.patience import LONGEST, Patience
from lockproof.generate.generator import Generator, productive
from lockproof.generate.reach import reached, that_return
from lockproof.inference.conformance import conform
from lockproof.inference.names import refuse_unknown_names, refuse_unknown_names_of
from lockproof.inference.target import load, load_specification
from lockproof.judge.orders import Waiting
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge

FIRST_CHUNK: Final = 48
LONGEST_CHUNK: Final = 4000
CONFIGURATIONS: Final = 4000
"""The most configurations that a judgement of one outcome looks at."""

ATTEMPTS: Final = 3
"""Scenarios with one number that are tried until one is found of which the order is seen."""

PAIR: Final = 3
"""Operations of a scenario that is quickly tried again, where one is aimed at: a pair, in three threads at most."""

ORDER_BLIND_SHARE: Final = 0.15
"""Share of scenarios kept although their results cannot reveal the order of threads."""

KEPT: Final = 200
"""How many scenarios stay compiled."""

SHORT: Final = 1.0
"""Seconds that one thread gets for one program at first."""

SHOWN: Final = 40
"""How many outcomes of a run are told; of those that must not be, all."""


class ThreadHung(Exception):
    """One thread did not come back from these lines; `stacks` shows where it is."""

    def __init__(self, detail: str, stacks: str, announced: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.stacks, self.announced = stacks, announced


class Worker:
    """What the child knows: the specification, a crew, and the scenarios that it has made ready."""

    def __init__(self, setup: Setup) -> None:
        self._note = open(setup.note, "r+b", buffering=0)  # noqa: SIM115  (open as long as the process lives)
        self._hang, self._seed, self._threads = setup.hang, setup.seed, setup.threads
        self._consistency = setup.consistency
        self._crew: Crew | None = None
        self._cases: dict[Scenario, Case] = {}
        self._avoided: list[frozenset[str]] = []
        self._aimed, self._differing = setup.aim.kinds, setup.aim.differing
        self._filling = frozenset(setup.aim.filling or ())
        self._known = setup.watched
        self._made: Scenario | None = None
        with Watchdog(self._hang + 30):
            self._load(*_named(setup.subject))

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
            case Conform(seconds, skip):
                return self.conform(seconds, skip)
            case Watch(watched):
                return self.watch(watched)
            case Avoid(together):
                return self.avoid(together)
            case Generate(index, telling):
                return self.generate(index, telling)
            case RunLines(lines, hang):
                return self.run_lines(lines, hang)
            case Run():
                return self.run(request)
            case MakeMutants(operators):
                return self.mutants(operators)
        raise LockproofError(f"{type(request).__name__} is no request for a child that runs real threads")

    def _load(self, target: Any, model: Any, factory: Any, name: str = "") -> None:
        name = target if isinstance(target, str) else name
        loaded = load(target) if isinstance(target, str) else target
        self.specification = load_specification(loaded, model, factory, name)
        with Watchdog(self._hang):
            subject = self.specification.subject()
        if isinstance(loaded, Specification):
            refuse_unknown_names(self.specification, subject)
        self._generator = Generator(self.specification, self._threads, self._seed)

    def announce(self, lines: Sequence[str]) -> None:
        """Write down what one thread is about to run, in case it does not come back, and wind up the watchdog."""
        self._note.seek(0)
        self._note.write(json.dumps(list(lines)).encode() + b"\n")
        Watchdog.wind_up()

    def describe(self) -> Description:
        """Answer what was loaded."""
        specification = self.specification
        return Description(
            specification.subject_name,
            specification.model_label,
            environment.current(),
            tuple(kind.text for kind in specification.operations),
            tuple(specification.notes),
            tuple(renamed(each, {"a": name}).text for name in SUBJECTS for each in specification.final),
        )

    def check_names(self, scenario: Scenario) -> Done:
        """See that the names in a scenario exist and its arguments fit, without running it.

        Only where a class makes attributes dynamically, the lines of the initial part are run by one thread: nothing
        else tells that such a line is misspelt.

        Raises:
            LockproofError: a name does not exist, or arguments do not fit.

        """
        scenario = self.specification.bind(scenario)
        with Watchdog(self._hang):
            subjects = {name: self.specification.subject() for name in SUBJECTS}
            unsure = refuse_unknown_names_of(scenario, self.specification, subjects["a"])
            for line in scenario.init if any(each in scenario.init for each in unsure) else ():
                self.announce([line.text])
                try:
                    line.compiled(self.specification.globals)(*subjects.values())
                except (AttributeError, NameError) as error:
                    raise LockproofError(
                        f"`{line}` of the initial part raises {type(error).__name__}: {error}",
                        "a misspelt name",
                        "correct the name, or have an operation before it that makes the attribute",
                    ) from None
                except Exception:
                    continue
        self.announce([])
        return Done()

    def mutants(self, operators: Sequence[str] | None) -> Mutants:
        """Answer the mutants of the class, its synchronization, and the texts of the files that both are found in."""
        from lockproof.mutation.mutants import OPERATORS, mutants_of_class
        from lockproof.mutation.scope import mutated, parts_of

        if unknown := [name for name in operators or () if name not in OPERATORS]:
            raise LockproofError(
                f"there is no operator {unknown[0]}", "a misspelt name", f"choose from {', '.join(OPERATORS)}"
            )
        with Watchdog(self._hang):
            owner = mutated(self.specification.subject())
        parts = parts_of(owner)
        if not parts:
            raise LockproofError(
                f"{owner.__qualname__} has no source",
                "it is written in C, or only its compiled form is installed",
                "mutants are made of Python source; lockproof check needs none",
            )
        with Watchdog(self._hang):
            filling = that_return(self.specification, sorted(productive(self.specification, self.announce)))
            files = {part.file for part in parts}
            reach = reached(self.specification, files, filling, self.announce)
        found = mutants_of_class(owner, operators=operators, ran=reach.keys())
        kinds = (*self.specification.operations, *(self.specification.init or ()))
        return Mutants(
            tuple(filling),
            tuple((kind.text, tuple(kind.holes)) for kind in kinds),
            tuple((file, place, tuple(sorted(kinds))) for (file, place), kinds in reach.items()),
            {part.file: part.text for part in parts},
            tuple(mutant for each in found for mutant in each.mutants),
            tuple(site for each in found for site in each.sites),
        )

    def conform(self, seconds: float, skip: Sequence[str]) -> Conformed:
        """Compare the subject with its model on one thread; afterwards the model does what the subject does there.

        Operations that do what the lines in `skip` do are left out: these did not come back. The bound is short, as
        most of them do not; the parent tries the lines again with the whole time (`run_lines`).
        """
        left_out = [Operation(line).actions for line in skip]
        kinds = {
            kind.text
            for kind in self.specification.operations
            if any(actions & Operation(kind.text).actions for actions in left_out)
        }
        with Watchdog(min(self._hang, SHORT)):
            result = conform(self.specification, self._seed, seconds, announce=self.announce, skip=frozenset(kinds),
                             compared=self._compared())  # fmt: skip
        self.specification = result.specification
        with Watchdog(self._hang):
            self._filling = self._filling or productive(self.specification, self.announce)
        watched = self._known if self._known is not None else self._watched(sorted(self._filling), seconds)
        self.watch(watched)
        self._cases.clear()
        return Conformed(
            watched,
            tuple(result.nonconformances),
            tuple(self.specification.notes),
            tuple(kind.text for kind in self.specification.operations),
        )

    def _compared(self) -> frozenset[str]:
        """Return the kinds whose results are to be compared; none for all."""
        if not self._aimed:
            return frozenset()
        kinds = {self.specification.bound(Operation(line)).kind.text for line in self._differing}
        return frozenset(self._aimed) | kinds

    def _watched(self, filling: Sequence[str], seconds: float) -> Watched:  # noqa: ARG002
        """Return what was seen of each kind of operation; here that is nothing."""
        return Watched()

    def watch(self, watched: Watched) -> Done:
        """From now on make scenarios by what was seen of kinds of operations."""
        self._generator = Generator(self.specification, self._threads, self._seed, self._filling, self._aimed, watched)
        return Done()

    def avoid(self, together: Sequence[Sequence[str]]) -> Done:
        """From now on make no scenario that has the kinds of all lines in one of these lists."""
        kinds = [frozenset(self.specification.bound(Operation(line)).kind.text for line in lines) for lines in together]
        self._avoided = [each for each in kinds if each]
        return Done()

    def generate(self, index: int, telling: bool = True) -> Generated:
        """Answer the first scenario from this number on that is not avoided, and its number; none if all are.

        `telling`: most of them are such whose results tell which thread was first, which the model is run to see.
        """
        for number in range(index, index + 500):
            scenario = self._telling(number) if telling else self._released(number, 0)[0]
            if scenario is not None and not self._is_avoided(scenario):
                self._made = scenario
                return Generated(scenario, number)
        return Generated(None, index)

    def _is_avoided(self, scenario: Scenario) -> bool:
        kinds = {each.kind.text for thread in scenario.threads for each in thread}
        kinds |= {each.kind.text for each in scenario.init}
        return len(scenario.threads) < 2 or any(each <= kinds for each in self._avoided)

    def _telling(self, number: int) -> Scenario | None:
        """Return a scenario with this number in which something waits, or whose results tell the order of its threads.

        Now and then another one: of those where the order is not seen few find anything, but what they find nothing
        else may. So where few are made, for operations that are aimed at, none is left out: an answer of yes or no is
        wrong only where the order makes no difference to it. None if nothing is had.
        """
        told = other = None
        for attempt in range(2 * ATTEMPTS if self._aimed else ATTEMPTS):
            scenario, waiting = self._released(number, attempt)
            if attempt >= ATTEMPTS and scenario is not None and scenario.size[0] > PAIR:
                break
            if waiting is Waiting.FOR_A_WHILE or waiting is None:
                return scenario  # where it is not known, the next attempts would meet as many choices, and take as long
            if scenario is None:
                continue
            other = other or scenario
            self.announce([str(scenario)])
            with Watchdog(self._hang), contextlib.suppress(TooManyChoices):
                if self._judge(scenario).order_matters():
                    told = told or scenario
                    if not any(each.kind.blocking for each in scenario.operations):
                        break
        return told or (other if self._aimed or Random(f"{self._seed}/{number}").random() < ORDER_BLIND_SHARE else None)

    def _released(self, number: int, attempt: int) -> tuple[Scenario | None, Waiting | None]:
        """Return a scenario with this number in which nothing waits for ever, and how its operations wait.

        None if it cannot be had; None also for how they wait, where the model has too many choices to tell.
        """
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
        """Run lines on fresh subjects, by one thread; the results do not matter, only whether this comes back.

        It is a thread beside this one, so that a busy machine is not taken for a hang. One that keeps the GIL for
        itself is ended by the watchdog.
        """
        operations = [Operation(line).compiled(self.specification.globals) for line in lines]
        subjects = {name: self.specification.subject() for name in SUBJECTS}

        def run() -> None:
            for operation in operations:
                with contextlib.suppress(BaseException):
                    operation(*subjects.values())

        self.announce(lines)
        thread = threading.Thread(target=run, daemon=True)
        patience = Patience(hang)
        with Watchdog(hang * LONGEST + 1):
            thread.start()
            while thread.is_alive():
                thread.join(min(hang / 4, 0.1))
                if thread.is_alive() and patience.over():
                    frame = current_frames().get(thread.ident or 0)
                    stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
                    detail = f"one thread alone did not come back within {hang:g} s"
                    raise ThreadHung(detail, stack, tuple(lines))
        return Done()

    def run(self, request: Run) -> RunResult:
        """Run a scenario until one of the bounds is reached, or the first failure if that is enough."""
        began = time.perf_counter()
        case = self._case(request.scenario)
        if case.skipped:
            return RunResult(request.scenario, skipped=case.skipped)
        tally: Counter[Key] = Counter()
        seconds, hang = request.seconds, request.hang or self._hang
        size, failed = FIRST_CHUNK, False
        while (left := request.invocations - tally.total()) > 0 and not (failed and request.until_failure):
            tally.update(self._chunk(case, min(size, left), hang))
            failed = any(case.judged(key)[0].verdict is Verdict.VIOLATION for key in tally)
            spent = time.perf_counter() - began
            if spent > seconds:
                break
            size = min(size * 3, LONGEST_CHUNK, max(FIRST_CHUNK, int(tally.total() / spent * (seconds - spent)) + 1))
        return _summed(case, request.scenario, tally, time.perf_counter() - began)

    def _chunk(self, case: Case, invocations: int, hang: float) -> Counter[Key]:
        assert self._crew is not None
        return self._crew.run(case.program, invocations, hang=hang, batch=case.batch)

    def _judge(self, scenario: Scenario) -> ScenarioJudge:
        model = ReplayModel(self.specification, scenario.init, scenario.subjects, Watchdog.wind_up)
        return ScenarioJudge(
            scenario.threads, scenario.final, model, consistency=self._consistency, limit=CONFIGURATIONS,
            key=self.specification.partition,
        )  # fmt: skip

    def _case(self, asked: Scenario) -> Case:
        case = self._cases.get(asked)
        if case is None:
            scenario = self._made if self._made == asked else self.specification.bind(asked)
            if len(scenario.threads) < 2:
                raise LockproofError(f"a scenario of one thread shows nothing: {asked}", "", "part the threads by ||")
            if len(self._cases) >= KEPT:
                del self._cases[next(iter(self._cases))]
            self.announce([str(scenario)])
            with Watchdog(self._hang):
                case = self._cases[asked] = Case(scenario, self._program(scenario), self._judge(scenario))
            self.announce([])
        return case

    def _program(self, scenario: Scenario) -> Program:
        """Return the code of a scenario, and have threads enough for it."""
        if self._crew is None or self._crew.size < len(scenario.threads):
            if self._crew is not None:
                self._crew.close()
            self._crew = Crew(max(self._threads, len(scenario.threads)), self._seed)
        return self._crew.program(scenario, self.specification.subject, self.specification.globals)


class Watchdog:
    """While inside, a main thread that has not announced anything for `seconds` ends the process, with its stacks."""

    _seconds = 0.0
    _wound = 0.0

    def __init__(self, seconds: float) -> None:
        self._mine = seconds

    def __enter__(self) -> None:
        Watchdog._seconds, Watchdog._wound = self._mine, 0.0
        self.wind_up()

    @classmethod
    def wind_up(cls) -> None:
        """Give the main thread the whole time again. Each starts a thread, so not more often than is of use."""
        now = time.monotonic()
        if cls._seconds and now - cls._wound > cls._seconds / 10:
            cls._wound = now
            faulthandler.dump_traceback_later(cls._seconds * 1.1, exit=True)

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        Watchdog._seconds = 0.0


def _summed(case: Case, scenario: Scenario, tally: Counter[Key], seconds: float) -> RunResult:
    """Return the result of these runs: equal outcomes counted as one, whatever was read of the other threads."""
    counts: Counter[Outcome] = Counter()
    example: dict[Outcome, Record] = {}
    doubts: Counter[Doubt] = Counter()
    answers, returned = Answers(case.scenario), 0
    for key, count in tally.items():
        outcome, record = case.judged(key)
        counts[outcome] += count
        example.setdefault(outcome, record)
        some = answers.note(record.results, record.final)
        if (doubt := case.doubt_of(outcome)) is not None:
            doubts[doubt] += count
        elif some:
            returned += count
    bad = [outcome for outcome in counts if outcome.verdict is Verdict.VIOLATION]
    worst = min(bad, key=lambda outcome: (outcome.order_only, -counts[outcome]), default=None)
    shown = bad + [outcome for outcome, _ in counts.most_common() if outcome not in bad][:SHOWN]
    result = RunResult(
        scenario,
        tally.total(),
        seconds,
        sum(counts[outcome] for outcome in bad),
        dict(doubts),
        returned,
        tuple(replace(outcome, count=counts[outcome]) for outcome in sorted(shown, key=lambda each: -counts[each])),
        len(counts),
        kinds=tuple(sorted({each.kind.text for thread in case.scenario.threads for each in thread})),
        answers=answers.all(),
    )
    if worst is None:
        return result
    explanation = case.explained(example[worst])
    return replace(result, worst=replace(worst, count=counts[worst]), explanation=explanation)


def _named(subject: Named | Pickled) -> tuple[Any, Any, Any]:
    """Return the target, the model and the factory, or their names."""
    if isinstance(subject, Named):
        return subject.target, subject.model, subject.factory
    for name, file in subject.modules.items():
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    target, model, factory = pickle.loads(base64.b64decode(subject.payload))
    return target, model, factory
