"""Checks the mutants of a class: each in processes of its own, with both engines.

The class itself is checked first: where it already fails, that a mutant fails says nothing. Then come the controlled
schedules of all mutants, as many mutants at a time as there are processors, since one runs one thread at a time. What
passes has its turn on real threads, one mutant after the other: they need all processors to run in parallel.

Scenarios that have killed a mutant are tried first on the others, since flaws of one function are mostly seen by the
same; and all scenarios run the function that was changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import tempfile
import threading
import time
import tokenize
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final

from lockproof.campaign.check_target import check
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.mutants_kept import Kept
from lockproof.campaign.protocol.child import Child, Died, not_started
from lockproof.campaign.protocol.messages import Aim, CheckNames, Explored, LookOn, MakeMutants, Setup
from lockproof.campaign.reviewed import Reviewed
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Evidence, Reason, clause, verdict_of
from lockproof.core.mutant import Mutant, Site
from lockproof.core.mutation_report import Fate, Judged, MutationInterrupted, MutationReport, named_equivalent
from lockproof.core.operation import OperationKind, kind_of
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions, Progress, Tell
from lockproof.core.repeat import Repeat, of_check
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Masking, Report, Verdict
from lockproof.core.watched import Watched

FIRST: Final = 8
"""Scenarios that have killed other mutants and are tried first."""

WATCHING: Final = 3.0
"""Seconds at most for looking at the operations of the class itself, one after the other, and for its conformance."""

EXPLAINED: Final = 0.25
"""The part of the budget for a mutant that has a reason: enough for a reason that is plainly wrong."""

PASSING: Final = 2.0
SCHEDULES: Final = 100
"""Seconds and schedules at most for seeing that the class itself passes what has killed a mutant."""

LATE: Final = 4.0
"""Budgets after which a check that has not ended is given up, beside half a minute."""


class _Stop(Exception):
    """Raised in a check that is to end: nobody waits for it, or it takes too long."""


@dataclass
class _Sources:
    """The files that take part, as they were when the mutants were made.

    `reach` has for functions of theirs, by file and qualified name, and for lines, by file and number, the kinds of
    operations that run them, and `filling` lines that change a fresh subject. `kinds` are all that there are.
    """

    texts: dict[str, str]
    mutants: tuple[Mutant, ...]
    sites: tuple[Site, ...]
    filling: tuple[str, ...]
    reach: dict[tuple[str, str | int], tuple[str, ...]]
    kinds: tuple[OperationKind, ...]

    def knows(self, scenario: Scenario) -> bool:
        """Tell whether all operations are such as are tried. Others may do anything, also on the class itself."""
        return all(kind_of(each, self.kinds) for part in (scenario.init, *scenario.threads) for each in part)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(sorted(self.texts.items())).encode()).hexdigest()

    def aimed(self, mutant: Mutant) -> dict[str, int]:
        """Return the kinds of operations that run what was changed, with how many functions each runs.

        Where no operation alone runs the line, it may be one for when others are there too: the function has to do.
        """
        places = ((mutant.file, mutant.line), (mutant.file, mutant.function))
        kinds = next((self.reach[place] for place in places if place in self.reach), ())
        return {kind: self._breadth[kind] for kind in kinds}

    @cached_property
    def _breadth(self) -> Counter[str]:
        return Counter(kind for (_, place), kinds in self.reach.items() if isinstance(place, str) for kind in kinds)

    def refuse_changes(self) -> None:
        for file, text in self.texts.items():
            try:
                same = _read(file) == text
            except (OSError, SyntaxError, UnicodeDecodeError):
                same = False
            if not same:
                raise LockproofError(
                    f"{file} has changed while its mutants were checked",
                    "it was edited, or another branch was checked out",
                    "run the same command again: it makes the mutants anew",
                )


def _read(file: str) -> str:
    with tokenize.open(file) as lines:
        return lines.read()


def mutate_target(target: str, options: MutateOptions, progress: Tell | None = None) -> MutationReport:
    """Check the mutants of the class that `target` names, and return what became of them.

    Raises:
        LockproofError: the target or an option is wrong, there is no lock, the class itself fails, or a file changed.
        MutationInterrupted: Ctrl-C; what was done is kept, and the next run goes on from there.

    """
    reviewed = Reviewed.read(options.equivalents)
    sources = mutants_for(target, options, reviewed)
    facts = environment.current()
    kept = Kept(options.store, target, facts.build)
    head = {
        "digest": sources.digest,
        "options": json.loads(json.dumps({name: getattr(options, name) for name in _DECIDING})),
        "seed": options.seed,
    }
    if options.seed is None:
        options = replace(options, seed=kept.seed(head)).seeded()
    head["seed"] = options.seed
    run = _Mutating(
        target, options, sources, kept, progress or (lambda _: None), reviewed,
        facts.to_json(), *kept.begin(head),
    )  # fmt: skip
    return run.run()


_DECIDING: Final = ("budget", "threads", "model", "factory", "operators")
"""Options that fates depend on."""


def mutants_for(target: str, options: MutateOptions, reviewed: Reviewed | None = None) -> _Sources:
    """Return the mutants of what a target names, by the operators that were asked for.

    Raises:
        LockproofError: the target is wrong, has no source, or has no lock, or a scenario of the reviewed file asks for
            what the class has not.

    """
    with Child(_setup(target, replace(options, seed=0)), memory=options.memory) as child:
        try:
            answer = child.ask(MakeMutants(options.operators or None), 60.0)
            for text in sorted(set(reviewed.killers.values())) if reviewed is not None else ():
                child.ask(CheckNames(Scenario.parse(text)))
        except Died as died:
            raise not_started(died) from None
    if not answer.sites:
        from lockproof.mutation.mutants import what_was_looked_for

        raise LockproofError(
            f"no locks were found in {', '.join(answer.files)}",
            f"looked for: {what_was_looked_for()}",
            "if the class is to be safe without a lock, lockproof check says whether it is",
        )
    return _Sources(
        answer.files,
        answer.mutants,
        answer.sites,
        answer.filling,
        {(file, place): kinds for file, place, kinds in answer.reach},
        tuple(OperationKind(text, dict.fromkeys(holes, ())) for text, holes in answer.kinds),
    )


def _setup(target: str, options: MutateOptions) -> Setup:
    return Setup.of(target, options, threads=options.threads)


@dataclass
class _Mutating:
    target: str
    options: MutateOptions
    sources: _Sources
    kept: Kept
    tell: Tell
    reviewed: Reviewed
    facts: dict[str, object]
    known: dict[str, Judged]
    passed: dict[str, Evidence]
    began: float = field(default_factory=time.monotonic)
    judged: dict[str, Judged] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.setup = _setup(self.target, self.options)
        self._lock, self._alone = threading.Lock(), threading.Lock()
        self._own = ControlledChild(self.setup, self.options.memory)
        self._passing: set[str] = set()
        self._killers: Counter[str] = Counter()
        self._of_function: dict[str, list[str]] = {}
        self._stopped = threading.Event()
        self._took: dict[str, list[float]] = {"schedules": [], "threads": []}
        self._usual: set[str] = set()
        self._differing: tuple[str, ...] = ()
        self._jobs = self.options.jobs or os.process_cpu_count() or 1

    def run(self) -> MutationReport:
        """Check the class itself and then its mutants."""
        todo = [each for each in self.sources.mutants if each.id not in self.known]
        for each in self.sources.mutants:
            if each.id in self.known:
                self._took_note(replace(self.known[each.id], mutant=each))
        if self.known:
            self.notes.append(
                f"{len(self.known)} fates are of a run that was interrupted ({self.kept.path}; remove it to begin anew)"
            )
        try:
            if todo:
                self._itself()
            self._all(todo)
        except KeyboardInterrupt:
            raise MutationInterrupted(self._report()) from None
        finally:
            self._own.child.close()
        self.kept.end()
        return self._report()

    def _progress(self, now: str) -> None:
        total, done = len(self.sources.mutants), len(self.judged)
        counts = Counter(each.fate for each in self.judged.values())
        told = ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate])
        if self.passed:
            told += f"{', ' if told else ''}{len(self.passed)} to run on real threads"
        if (left := self._left()) is not None:
            told += f"; about {left / 60:.0f} min left" if left > 90 else f"; about {left:.0f} s left"
        self.tell(Progress(f"{done} of {total} mutants", time.monotonic() - self.began, 0.0, text=f"{told}: {now}"))

    def _left(self) -> float | None:
        """Estimate the seconds that are left by the mutants until now; None before the first of them."""
        if not self._took["schedules"]:
            return None
        waiting = len(self.sources.mutants) - len(self.judged)
        unexplored = waiting - len(self.passed)
        survive = len(self.passed) / max(1, len(self.passed) + len(self.judged))
        alone = statistics.mean(self._took["threads"] or [self.options.budget / 2])
        explored = statistics.mean(self._took["schedules"]) * unexplored / self._jobs
        return explored + alone * (len(self.passed) + survive * unexplored)

    def _itself(self) -> None:
        """See that the class itself passes what its mutants must not.

        Raises:
            LockproofError: it does not.

        """
        self._progress("the class itself")
        report = check(self.setup, self._checked("both", self.options.budget), repeat=self._repeat,
                       progress=lambda _: self._progress("the class itself"))  # fmt: skip
        if report.findings:
            finding = report.findings[0]
            shown = str(finding.scenario) if finding.scenario.threads else ""
            raise LockproofError(
                f"{self.target} fails as it is: {finding.kind.value}{': ' + shown if shown else ''}",
                "that a mutant fails says nothing then",
                f"see what is wrong and mend it first: {finding.command}",
            )
        if report.verdict is Verdict.UNKNOWN:
            self.notes.append(f"the class itself could not be judged: {_texts(report.unknown)}")
        self._usual = _differences(report)
        self._differing = tuple(sorted({line for each in report.nonconformances for line in each.lines[-2:]}))
        self.setup = replace(self.setup, watched=self._seen())

    def _seen(self) -> Watched:
        """Return what is seen of all operations of the class itself: beside those that look exposed, mutants show."""
        with Child(replace(self.setup, controlled=True), memory=self.options.memory) as child:
            try:
                return child.ask(LookOn(self.sources.filling, WATCHING), WATCHING)
            except (Died, LockproofError) as error:
                self.notes.append(f"which operations look exposed is not known: {error}")
                return Watched()

    def _checked(self, engine: str, budget: float) -> CheckOptions:
        options = self.options
        return CheckOptions(
            budget=budget, seed=options.seed, threads=options.threads, model=options.model, factory=options.factory,
            hang=options.hang, memory=options.memory, engine=engine,
        )  # fmt: skip

    def _repeat(self, finding: Finding) -> Repeat:
        return of_check(self.target, self._checked("both", self.options.budget), finding.scenario)

    def _all(self, todo: Sequence[Mutant]) -> None:
        for engine, jobs in (("schedules", self._jobs), ("threads", 1)):
            waiting = [each for each in reversed(todo) if each.id not in self.judged]
            if engine == "schedules":
                waiting = [each for each in waiting if each.id not in self.passed]
            self._with(engine, jobs, waiting)
        self.sources.refuse_changes()

    def _with(self, engine: str, jobs: int, waiting: list[Mutant]) -> None:
        """Check mutants with one engine, so many at a time. What nothing is found in passes on to the next engine."""
        running: set[Future[tuple[Judged, Evidence]]] = set()
        with ThreadPoolExecutor(jobs, thread_name_prefix="lockproof-mutant") as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < jobs:
                        self.sources.refuse_changes()
                        running.add(pool.submit(self._judge, waiting.pop(), engine))
                    done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for each in done:
                        judged, evidence = each.result()
                        if engine == "schedules" and judged.fate in (Fate.SURVIVED, Fate.UNDECIDED):
                            self.kept.add_passed(judged.mutant.id, evidence)
                            self.passed[judged.mutant.id] = evidence
                        else:
                            self.kept.add(judged)
                            self._took_note(judged)
            except BaseException:
                self._stopped.set()
                raise

    def _took_note(self, judged: Judged) -> None:
        with self._lock:
            self.judged[judged.mutant.id] = judged
            self.passed.pop(judged.mutant.id, None)
            if judged.fate is Fate.KILLED and judged.scenario:
                self._killers[judged.scenario] += 1
                self._of_function.setdefault(judged.mutant.function, []).append(judged.scenario)

    def _first(self, mutant: Mutant) -> list[Scenario]:
        """Return the scenarios to try first: what killed it earlier, then what killed its siblings."""
        with self._lock:
            texts = [self.kept.earlier.get(mutant.id, ""), self.reviewed.killers.get(mutant.id, "")]
            texts += reversed(self._of_function.get(mutant.function, []))
            texts += [text for text, _ in self._killers.most_common(FIRST)]
        scenarios = map(Scenario.parse, dict.fromkeys(filter(None, texts)))
        return list(islice(filter(self.sources.knows, scenarios), FIRST))

    def _judge(self, mutant: Mutant, engine: str) -> tuple[Judged, Evidence]:
        """Check a mutant with one engine; return its fate, and the evidence of all engines until now."""
        began = time.monotonic()
        end = began + LATE * self.options.budget + 30
        share = EXPLAINED if mutant.id in self.reviewed.reasons else 1.0
        options = self._checked(engine, self.options.budget / 2 * share)

        def tell(_: Progress) -> None:
            if self._stopped.is_set() or time.monotonic() > end:
                raise _Stop
            self._progress(f"{mutant.id} ({engine})")

        with tempfile.TemporaryDirectory(prefix="lockproof-mutant-") as place:
            file = Path(place) / Path(mutant.file).name
            file.write_text(mutant.source, encoding="utf-8")
            replaced = {mutant.module: str(file), mutant.file: str(file)}
            aim = Aim(self.sources.aimed(mutant), self._differing, self.sources.filling)
            setup = replace(self.setup, replaced=replaced, aim=aim)
            try:
                report = check(setup, options, repeat=self._repeat, first=self._first(mutant), progress=tell)
            except LockproofError as error:
                return Judged(mutant, Fate.INVALID, time.monotonic() - began, why=error.fact), Evidence()
            except _Stop:
                return Judged(mutant, Fate.TIMED_OUT, time.monotonic() - began), Evidence()
            finally:
                self._took[engine].append(time.monotonic() - began)
        judged, evidence = _fate(mutant, report, self._usual, self.passed.get(mutant.id, Evidence()))
        if judged.scenario:
            self._pass(judged.scenario)
        return self._with_reason(judged), evidence

    def _pass(self, text: str) -> None:
        """See that the class itself passes what has killed a mutant.

        Raises:
            LockproofError: it does not, so neither this nor another mutant is killed by it.

        """
        with self._alone:
            if text in self._passing:
                return
            try:
                if not self._passing:
                    self._own.start(conform=min(WATCHING, self.options.budget / 4))
                looked = self._own.look(Scenario.parse(text), PASSING, SCHEDULES, ExploreOptions.bound)
                kind = None if looked.found is None else looked.found.kind
            except Died as died:
                looked, kind = Explored(), died.kind
            if kind is not None:
                raise LockproofError(
                    f"{self.target} fails as it is: {kind.value}: {text}",
                    "this killed a mutant, and says nothing then",
                    f"see what is wrong and mend it first: {self._repeat(Finding(kind, Scenario.parse(text)))}",
                )
            if looked.skipped:
                why = clause(looked.skipped)
                self.notes.append(f"the class itself was not tried on what killed a mutant: {why}: {text}")
            elif not looked.counts.judged:
                self.notes.append(f"the class itself could not be judged on what killed a mutant: {text}")
            self._passing.add(text)

    def _with_reason(self, judged: Judged) -> Judged:
        reason = self.reviewed.reasons.get(judged.mutant.id)
        return judged if reason is None else named_equivalent(judged, reason)

    def _report(self) -> MutationReport:
        assert self.options.seed is not None
        stale = [] if self.options.operators else self.reviewed.stale(each.id for each in self.sources.mutants)
        notes = [*self.notes, *(f"{name} is in the reviewed file, and is no mutant (any more)" for name in stale)]
        return MutationReport(
            self.target,
            self.options.seed,
            self.options.budget,
            self.facts,
            self.sources.sites,
            tuple(self.judged[each.id] for each in self.sources.mutants if each.id in self.judged),
            time.monotonic() - self.began,
            len(self.sources.mutants) - len(self.judged),
            tuple(notes),
        )


def _differences(report: Report) -> set[str]:
    return {each.lines[-1] for each in report.nonconformances}


def _texts(reasons: Sequence[Reason]) -> str:
    return "; ".join(reason.text for reason in reasons)


def _fate(mutant: Mutant, report: Report, usual: set[str], before: Evidence) -> tuple[Judged, Evidence]:
    """Return the fate of a mutant by a check and the evidence of the engine before, and both evidences together.

    What differs on one thread in the class itself too is not counted.
    """
    evidence = before + replace(report.evidence, differences=0)
    verdict, reasons = verdict_of(evidence)
    seconds = report.coverage.seconds
    if new := sorted(_differences(report) - usual):
        return Judged(mutant, Fate.INVALID, seconds, why=f"does something else on one thread: {new[0]}"), evidence
    if verdict is Verdict.HELD:
        return Judged(mutant, Fate.SURVIVED, seconds), evidence
    if verdict is Verdict.UNKNOWN:
        undecided = tuple(reason.code for reason in reasons)
        return Judged(mutant, Fate.UNDECIDED, seconds, why=_texts(reasons), undecided=undecided), evidence
    finding = report.findings[0]
    masking = None
    if finding.control is not None:
        masking = finding.control.masking
    elif not finding.concurrent or report.environment["gil"]:
        masking = Masking.SHOWN  # with the GIL, real threads have shown it; and one thread needs no GIL
    scenario = str(finding.scenario) if len(finding.scenario.threads) > 1 else ""
    by = finding.kind.value + ("" if finding.concurrent else ", one thread alone")
    return Judged(mutant, Fate.KILLED, finding.seconds, by, scenario, masking), evidence
