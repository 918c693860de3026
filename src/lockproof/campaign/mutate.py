"""Checks the mutants of a class: each in processes of its own, with both engines.

The class itself is checked first: where it already fails, that a mutant fails says nothing. Then all mutants run under
control, as many at a time as there are processors, since control runs one thread of a mutant at a time. The mutants in
which control finds nothing run on real threads, one mutant after the other: they need all processors at once.

A scenario that has killed a mutant is tried first on the others, since flaws of one function are mostly seen by the
same scenario; and each scenario runs the function that was changed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.fate_file import FateFile
from lockproof.campaign.fates import Fates
from lockproof.campaign.killers import Killers
from lockproof.campaign.known_waits import waits_of
from lockproof.campaign.mutant_judge import MutantJudge
from lockproof.campaign.mutant_sources import MutantSources
from lockproof.campaign.original import Original
from lockproof.campaign.protocol.child import Child, Died, not_started, trace_of
from lockproof.campaign.protocol.messages import CheckNames, MakeMutants
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.reviewed import Reviewed
from lockproof.campaign.time_left import TimeLeft
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Evidence
from lockproof.core.mutant import Mutant
from lockproof.core.mutation_report import Fate, Judged, MutationFailed, MutationInterrupted, MutationReport
from lockproof.core.operation import OperationKind
from lockproof.core.options import MutateOptions, Progress, Tell
from lockproof.core.scenario import Scenario

DECIDING: Final = ("budget", "threads", "model", "factory", "teardown", "operators")
"""Options that fates depend on: a run with other ones does not go on from an interrupted one."""


def mutate_target(target: str, options: MutateOptions, progress: Tell | None = None) -> MutationReport:
    """Check the mutants of the class that `target` names, and return what became of them.

    Raises:
        LockproofError: the target or an option is wrong, there is no lock, the class itself fails, or a file changed.
        MutationInterrupted: Ctrl-C; what was done is kept, and the next run goes on from there.

    """
    reviewed = Reviewed.read(options.equivalents)
    sources = mutants_for(target, options, reviewed)
    facts = environment.current()
    file = FateFile(options.store, target, facts.build)
    head = {
        "digest": sources.digest,
        "options": json.loads(json.dumps({name: getattr(options, name) for name in DECIDING})),
        "seed": options.seed,
    }
    if options.seed is None:
        options = replace(options, seed=file.seed(head)).seeded()
    head["seed"] = options.seed
    known, passed = file.begin(head)
    fates = Fates(sources.mutants, file, known, passed)
    run = _Run(target, options, sources, fates, reviewed, facts, progress or (lambda _: None))
    if known:
        run.notes.append(
            f"{len(known)} fates come from an interrupted run ({file.path}; remove the file to begin anew)"
        )
    report = run.run(file.earlier)
    file.end()
    return report


def mutants_for(target: str, options: MutateOptions, reviewed: Reviewed | None = None) -> MutantSources:
    """Return the mutants of the class that `target` names, made by the operators in the options.

    Raises:
        LockproofError: the target is wrong, has no source, or has no lock, or a scenario of the reviewed file asks for
            what the class has not.

    """
    setup = _setup(target, replace(options, seed=0))
    with Child(setup, memory=options.memory) as child:
        try:
            waits = waits_of(child, setup, options.memory)
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
    return MutantSources(
        answer.files,
        answer.mutants,
        answer.sites,
        answer.filling,
        {(file, place): kinds for file, place, kinds in answer.reach},
        tuple(OperationKind(text, dict.fromkeys(holes, ())) for text, holes in answer.kinds),
        waits,
    )


def _setup(target: str, options: MutateOptions) -> Setup:
    return Setup.of(target, options, threads=options.threads)


@dataclass
class _Run:
    """The run over all mutants: two engines, one after the other, with the progress and the report."""

    target: str
    options: MutateOptions
    sources: MutantSources
    fates: Fates
    reviewed: Reviewed
    facts: environment.Environment
    tell: Tell
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._jobs = self.options.jobs or os.process_cpu_count() or 1
        self._time_left = TimeLeft(self.options.budget, self._jobs)
        setup = replace(_setup(self.target, self.options), waits=self.sources.waits)
        self._original = Original(self.target, self.options, setup, self.sources.filling)
        self._judge = MutantJudge(self.options, self.sources, self._original, self.reviewed, self._progress)

    def run(self, earlier: Mapping[str, str]) -> MutationReport:
        """Check the class itself, and then each mutant that has no fate.

        `earlier` has the scenarios that killed mutants in earlier runs, by the ids of mutants.
        """
        killers = Killers(earlier, self.reviewed.killers, self.sources.knows)
        for each in self.fates.judged():
            killers.add(each)
        try:
            if len(self.fates.judged()) < len(self.sources.mutants):
                self._original.check(self._progress)
            for engine, jobs in (("schedules", self._jobs), ("threads", 1)):
                self._check_all(engine, jobs, killers)
            self.sources.refuse_changes()
        except KeyboardInterrupt:
            raise MutationInterrupted(self._report()) from None
        except (LockproofError, Died):
            raise
        except Exception as error:
            raise MutationFailed(self._report(), trace_of(error)) from error
        finally:
            self._original.close()
        return self._report()

    def _check_all(self, engine: str, jobs: int, killers: Killers) -> None:
        """Check mutants with one engine, `jobs` at a time. Those in which control finds nothing wait for real threads.

        Raises:
            LockproofError: the class itself fails, or a file changed.

        """
        waiting = self.fates.waiting_for(engine)[::-1]
        running: set[Future[tuple[Judged, Evidence]]] = set()
        with ThreadPoolExecutor(jobs, thread_name_prefix="lockproof-mutant") as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < jobs:
                        self.sources.refuse_changes()
                        running.add(pool.submit(self._check, waiting.pop(), engine, killers))
                    done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for each in done:
                        judged, evidence = each.result()
                        if engine == "schedules" and judged.fate in (Fate.SURVIVED, Fate.UNDECIDED):
                            self.fates.add_passed(judged.mutant, evidence)
                        else:
                            self.fates.add(judged)
                            killers.add(judged)
            except BaseException:
                self._judge.stopped.set()
                self._keep_killed(running)
                raise

    def _keep_killed(self, running: Iterable[Future[tuple[Judged, Evidence]]]) -> None:
        """Keep which mutants were killed when the run was stopped. The others begin anew in the next run."""
        for each in wait(running).done:
            if each.exception() is None and (judged := each.result()[0]).fate is Fate.KILLED:
                self.fates.add(judged)

    def _check(self, mutant: Mutant, engine: str, killers: Killers) -> tuple[Judged, Evidence]:
        began = time.monotonic()
        try:
            return self._judge.judge(mutant, engine, killers.to_try_on(mutant), self.fates.evidence_of(mutant))
        finally:
            self._time_left.add(engine, time.monotonic() - began)

    def _progress(self, now: str) -> None:
        fates, passed = self.fates.counts()
        total, done = len(self.sources.mutants), fates.total()
        parts = [f"{fates[fate]} {fate.value}" for fate in Fate if fates[fate]]
        if passed:
            parts.append(f"{passed} to run on real threads")
        text = ", ".join(parts)
        if (left := self._time_left.estimate(total, done, passed)) is not None:
            text += f"; about {left / 60:.0f} min left" if left > 90 else f"; about {left:.0f} s left"
        self.tell(
            Progress(
                f"{done} of {total} mutants", time.monotonic() - self.began, 0.0, text=f"{text}: {now}" if text else now
            )
        )

    def _report(self) -> MutationReport:
        assert self.options.seed is not None
        stale = [] if self.options.operators else self.reviewed.stale(each.id for each in self.sources.mutants)
        stale_notes = (f"the reviewed file names {name}, which is not a mutant (any more)" for name in stale)
        judged = self.fates.judged()
        return MutationReport(
            self.target,
            self.options.seed,
            self.options.budget,
            self.facts,
            self.sources.sites,
            judged,
            time.monotonic() - self.began,
            len(self.sources.mutants) - len(judged),
            (*self.notes, *self._original.notes, *stale_notes),
        )
