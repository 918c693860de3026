"""The child process: it imports the subject, runs scenarios on a crew of threads, and judges them.

It answers requests, one JSON object a line on standard input, with one on what was its standard output; what the
subject prints goes to standard error. Nothing is kept here that the parent needs: the subject may end this process
at any moment. Before user code is run on the main thread, a watchdog is set that writes all stacks and ends the
process: it works in C, so it also sees code that never lets the GIL go.
"""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import importlib.util
import json
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import permutations
from typing import Any, Final

from lockproof import environment
from lockproof.campaign.loading import load_specification
from lockproof.campaign.protocol import RunResult
from lockproof.conformance import conform
from lockproof.errors import LockproofError
from lockproof.generation import Generator
from lockproof.judge.scenario import Judgement, ScenarioJudge
from lockproof.model import TooManyChoices
from lockproof.models.replay import ReplayModel
from lockproof.operation import SUBJECTS, UNKNOWN_KIND, Operation
from lockproof.run.crew import BATCH, Crew, Hang, in_turn
from lockproof.run.program import Key, Program, Record
from lockproof.scenario import Scenario
from lockproof.specification import Specification
from lockproof.values import show
from lockproof.verdict import Consistency, Outcome, Verdict

FIRST_CHUNK: Final = 48
LONGEST_CHUNK: Final = 4000
CONFIGURATIONS: Final = 4000
"""The most configurations that a judgement of one outcome looks at."""

JUDGING: Final = 2.0
"""Seconds for judging the outcomes of one scenario; those that come after are UNKNOWN."""

KEPT: Final = 200
"""How many scenarios stay compiled."""

SHORT: Final = 1.0
"""Seconds that one thread gets for one program at first."""

SHOWN: Final = 40
"""How many outcomes of a run are told; of those that must not be, all."""


class Case:
    """A scenario made ready: its code, its judge, and what it has been judged before."""

    def __init__(self, scenario: Scenario, specification: Specification, crew: Crew, judge: ScenarioJudge) -> None:
        self.scenario, self.judge = scenario, judge
        self.program: Program = crew.program(self.scenario, specification.subject, specification.globals)
        self.batch = BATCH
        # An operation of which nothing is known may be one that waits.
        waits = any(each.kind.blocking or each.kind is UNKNOWN_KIND for each in scenario.operations)
        self._judging = 0.0
        self._verdicts: dict[Key, tuple[Outcome, Record]] = {}
        self.skipped = ""
        try:
            if waits and self.judge.may_block():
                self.skipped = "its operations can wait for ever"
            else:
                self._on_one_thread()
        except TooManyChoices:
            self.skipped = "the model has too many choices"

    def _on_one_thread(self) -> None:
        """See that the subject, run by one thread, does what the model says; or no run of many means anything."""
        if any(each.kind.blocking for each in self.scenario.operations):
            return  # one thread alone might wait for ever
        for order in list(permutations(range(len(self.scenario.threads))))[:6]:
            if not self._all_allowed(in_turn(self.program, order)):
                self.skipped = "run by one thread, the subject already differs from the model"
                return
        if not self._all_allowed(in_turn(self.program, range(len(self.scenario.threads)), 2)):
            self.batch = 1  # its objects share state

    def _all_allowed(self, records: Sequence[Record]) -> bool:
        return all(self.judge.judge(r.results, r.final, r.seen).verdict is not Verdict.VIOLATION for r in records)

    def judged(self, key: Key) -> tuple[Outcome, Record]:
        """Return the outcome of a key, with its verdict; its count is 0."""
        known = self._verdicts.get(key)
        if known is None:
            record = self.program.record(key)
            began = time.perf_counter()
            judgement = Judgement(Verdict.UNKNOWN)
            if self._judging < JUDGING:
                with contextlib.suppress(TooManyChoices):
                    judgement = self.judge.judge(record.results, record.final, record.seen)
            self._judging += time.perf_counter() - began
            outcome = Outcome(
                tuple(tuple(map(show, results)) for results in record.results),
                tuple(map(show, record.final)),
                0,
                judgement.verdict,
                judgement.order_only,
            )
            known = self._verdicts[key] = outcome, record
        return known


class Worker:
    """What the child knows: the specification, a crew, and the scenarios that it has made ready."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._note = open(setup["note"], "r+b", buffering=0)  # noqa: SIM115  (open as long as the process lives)
        self._hang = float(setup["hang"])
        self._seed, self._threads = int(setup["seed"]), int(setup["threads"])
        self._consistency = Consistency(setup["consistency"])
        self._crew: Crew | None = None
        self._cases: dict[str, Case] = {}
        self._avoided: list[frozenset[str]] = []
        self._made: dict[str, Scenario] = {}
        with Watchdog(self._hang + 30):
            self.specification = load_specification(*_named(setup))
        with Watchdog(self._hang):
            self.specification.subject()
        self._generator = Generator(self.specification, self._threads, self._seed)

    def announce(self, lines: Sequence[str]) -> None:
        """Write down what one thread is about to run, in case it does not come back, and wind up the watchdog."""
        self._note.seek(0)
        self._note.write(json.dumps(list(lines)).encode() + b"\n")
        Watchdog.wind_up()

    def describe(self) -> dict[str, Any]:
        """Answer what was loaded."""
        specification = self.specification
        model = specification.model_name
        if not model:
            own = specification.model is None
            model = (
                "itself, run by one thread" if own else getattr(specification.model, "__qualname__", "its own model")
            )
        return {
            "subject": specification.subject_name,
            "model": model,
            "environment": environment.current().to_json(),
            "kinds": [kind.text for kind in specification.operations],
            "notes": list(specification.notes),
        }

    def conform(self, seconds: float, skip: Sequence[str]) -> dict[str, Any]:
        """Compare the subject with its model on one thread; afterwards the model does what the subject does there.

        Operations that do what the lines in `skip` do are left out: these did not come back. The bound is short, as
        most of them do not; whoever asks tries the lines again with the whole time (see `program`).
        """
        left_out = [Operation(line).deeds for line in skip]
        kinds = {
            kind.text
            for kind in self.specification.operations
            if any(deeds & Operation(kind.text).deeds for deeds in left_out)
        }
        with Watchdog(min(self._hang, SHORT)):
            result = conform(self.specification, self._seed, seconds, announce=self.announce, skip=frozenset(kinds))
        self.specification = result.specification
        self._generator = Generator(self.specification, self._threads, self._seed)
        self._cases.clear()
        return {
            "nonconformances": [asdict(each) for each in result.nonconformances],
            "notes": list(self.specification.notes),
            "kinds": [kind.text for kind in self.specification.operations],
        }

    def avoid(self, together: Sequence[Sequence[str]]) -> dict[str, Any]:
        """From now on make no scenario that has the kinds of all lines in one of these lists."""
        kinds = [frozenset(self.specification.bound(Operation(line)).kind.text for line in lines) for lines in together]
        self._avoided = [each for each in kinds if each]
        return {}

    def generate(self, index: int) -> dict[str, Any]:
        """Answer the first scenario from this number on that is not avoided, and its number; none if all are."""
        for number in range(index, index + 500):
            scenario: Scenario | None = self._generator.scenario(number)
            assert scenario is not None
            kinds = {each.kind.text for thread in scenario.threads for each in thread}
            kinds |= {each.kind.text for each in scenario.init}
            if len(scenario.threads) < 2 or any(each <= kinds for each in self._avoided):
                continue
            if any(each.kind.blocking for each in scenario.operations):
                candidates = (scenario, *self._generator.unblocked(scenario, number))
                with contextlib.suppress(TooManyChoices):
                    scenario = next((each for each in candidates if not self._judge(each).may_block()), None)
            if scenario is not None:
                text = str(scenario)
                self._made = {text: scenario}
                return {"scenario": text, "index": number}
        return {"scenario": None, "index": index}

    def program(self, lines: Sequence[str], hang: float) -> dict[str, Any]:
        """Run lines on fresh subjects, by one thread; the results do not matter, only whether this comes back."""
        operations = [Operation(line) for line in lines]
        subjects = {name: self.specification.subject() for name in SUBJECTS}
        self.announce(lines)
        with Watchdog(hang):
            for operation in operations:
                with contextlib.suppress(BaseException):
                    operation.compiled(self.specification.globals)(*subjects.values())
        return {}

    def run(
        self, text: str, invocations: int, seconds: float, until_failure: bool, hang: float | None = None
    ) -> dict[str, Any]:
        """Run a scenario until one of the bounds is reached, or the first failure if that is enough."""
        began = time.perf_counter()
        case = self._case(text)
        if case.skipped:
            return asdict(RunResult(text, skipped=case.skipped))
        tally: Counter[Key] = Counter()
        size, failed = FIRST_CHUNK, False
        while (left := invocations - tally.total()) > 0 and not (failed and until_failure):
            tally.update(self._chunk(case, min(size, left), hang or self._hang))
            failed = any(case.judged(key)[0].verdict is Verdict.VIOLATION for key in tally)
            spent = time.perf_counter() - began
            if spent > seconds:
                break
            size = min(size * 3, LONGEST_CHUNK, max(FIRST_CHUNK, int(tally.total() / spent * (seconds - spent)) + 1))
        return asdict(_summed(case, text, tally, time.perf_counter() - began))

    def _chunk(self, case: Case, invocations: int, hang: float) -> Counter[Key]:
        assert self._crew is not None
        return self._crew.run(case.program, invocations, hang=hang, batch=case.batch)

    def _judge(self, scenario: Scenario) -> ScenarioJudge:
        model = ReplayModel(self.specification, scenario.init, scenario.subjects, Watchdog.wind_up)
        return ScenarioJudge(
            scenario.threads, scenario.final, model, consistency=self._consistency, limit=CONFIGURATIONS
        )

    def _case(self, text: str) -> Case:
        case = self._cases.get(text)
        if case is None:
            scenario = self._made.get(text) or self.specification.bind(Scenario.parse(text))
            if len(scenario.threads) < 2:
                raise LockproofError(f"a scenario of one thread shows nothing: {text}", "", "part the threads by ||")
            if self._crew is None or self._crew.size < len(scenario.threads):
                if self._crew is not None:
                    self._crew.close()
                self._crew = Crew(max(self._threads, len(scenario.threads)), self._seed)
            if len(self._cases) >= KEPT:
                del self._cases[next(iter(self._cases))]
            self.announce([text])
            with Watchdog(self._hang):
                case = self._cases[text] = Case(scenario, self.specification, self._crew, self._judge(scenario))
            self.announce([])
        return case


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


def _summed(case: Case, text: str, tally: Counter[Key], seconds: float) -> RunResult:
    """Return the result of these runs: equal outcomes counted as one, whatever was read of the other threads."""
    counts: Counter[Outcome] = Counter()
    example: dict[Outcome, Record] = {}
    for key, count in tally.items():
        outcome, record = case.judged(key)
        counts[outcome] += count
        example.setdefault(outcome, record)
    bad = [outcome for outcome in counts if outcome.verdict is Verdict.VIOLATION]
    worst = min(bad, key=lambda outcome: (outcome.order_only, -counts[outcome]), default=None)
    shown = bad + [outcome for outcome, _ in counts.most_common() if outcome not in bad][:SHOWN]
    result = RunResult(
        text,
        tally.total(),
        seconds,
        sum(counts[outcome] for outcome in bad),
        sum(count for outcome, count in counts.items() if outcome.verdict is Verdict.UNKNOWN),
        tuple(replace(outcome, count=counts[outcome]) for outcome in sorted(shown, key=lambda each: -counts[each])),
        len(counts),
        kinds=tuple(sorted({each.kind.text for thread in case.scenario.threads for each in thread})),
    )
    if worst is None:
        return result
    record = example[worst]
    explanation = case.judge.explain(record.results, record.final, record.seen)
    return replace(result, worst=replace(worst, count=counts[worst]), explanation=explanation)


def _named(setup: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return the target, the model and the factory, or their names."""
    if setup["payload"] is None:
        return setup["target"], setup["model"], setup["factory"]
    for name, file in setup["modules"].items():
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    target, model, factory = pickle.loads(base64.b64decode(setup["payload"]))
    return target, model, factory


def _requests() -> queue.SimpleQueue[str]:
    """Return the lines of standard input as they come. Its end is the parent's end, and ends this process too."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def main() -> None:
    """Answer requests until the parent goes away."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = _requests()
    setup = json.loads(requests.get())
    sys.path[:] = setup["path"]
    worker: Worker | None = None
    message: dict[str, Any] = {"do": "describe"}
    while True:
        try:
            if worker is None:
                worker = Worker(setup)
            worker.announce([])
            result = getattr(worker, message.pop("do"))(**message)
        except Hang as hang:
            result = {"hang": {"stacks": hang.stacks, "finished": hang.finished, "seconds": hang.seconds}}
        except LockproofError as error:
            result = {"error": [error.fact, error.cause, error.step]}
        except Exception:
            result = {"fault": traceback.format_exc()}
        answer.write(json.dumps(result) + "\n")
        answer.flush()
        message = json.loads(requests.get())


if __name__ == "__main__":
    main()
