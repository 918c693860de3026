"""Findings and reports: what was observed, the verdict on it, and all that is needed to repeat it.

Everything here is plain data. JSON keeps all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Final

from lockproof.core.codec import Misfit, decode_fields, encode
from lockproof.core.consistency import Consistency as Consistency
from lockproof.core.environment import Environment
from lockproof.core.evidence import Decision, Doubt, Evidence, LeftOut, Omission, Reason, verdict_of
from lockproof.core.evidence import Verdict as Verdict
from lockproof.core.race import Race
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule


class FindingKind(StrEnum):
    """What went wrong.

    NOT_LINEARIZABLE: the model does not explain the results. HANG: a process made no progress. CRASH: a signal ended
    it. EXIT: it ended by itself. MEMORY: it used too much. DATA_RACE: ThreadSanitizer saw two accesses without an
    order, in C code. Only runs under control show the others. EXCEPTION: an
    exception ended a thread. DEADLOCK: all threads wait for each other. LEFT_BEHIND: a thread still waits after the
    function has ended. LOCK_HELD: a lock was never released. NO_PROGRESS: all threads spin.
    """

    NOT_LINEARIZABLE = "not linearizable"
    HANG = "hang"
    CRASH = "crash"
    EXIT = "exit"
    MEMORY = "memory"
    DATA_RACE = "data race"
    EXCEPTION = "exception"
    DEADLOCK = "deadlock"
    LEFT_BEHIND = "thread left behind"
    LOCK_HELD = "lock never released"
    NO_PROGRESS = "no progress"


ASSERTIONS: Final = "its own assertions"
"""The name of the model in the report on a function, which has no model but asserts by itself."""


class Masking(StrEnum):
    """Whether the GIL of a standard build hides a finding.

    MASKED: all schedules that a standard build can take, within the bound in the report, were run and judged, and none
    has the finding. SHOWN: one of them has it. UNKNOWN: there were too many, or not all of them could be judged.
    """

    MASKED = "GIL-masked"
    SHOWN = "shown with the GIL too"
    UNKNOWN = "not known whether the GIL masks it"

    @classmethod
    def by(cls, evidence: Evidence) -> tuple[Masking, tuple[Reason, ...]]:
        """Return the label that follows from schedules of a standard build, and why it is UNKNOWN, if it is.

        `findings` of the evidence counts the runs that have the same finding.
        """
        verdict, reasons = verdict_of(evidence)
        labels = {Verdict.HELD: cls.MASKED, Verdict.VIOLATION: cls.SHOWN, Verdict.UNKNOWN: cls.UNKNOWN}
        return labels[verdict], reasons


@dataclass(frozen=True)
class Outcome:
    """The results of a run.

    Attributes:
        threads: for each thread the results of its operations, as text.
        final: the results of the final part, as text.
        count: how many runs had these results.
        verdict: the verdict on these results.
        order_only: whether some order explains the results, but none that keeps to the real time of the calls.
        raised: which calls raised an exception, with its message and its line, in sentences. Not compared.

    """

    threads: tuple[tuple[str, ...], ...]
    final: tuple[str, ...]
    count: int
    verdict: Verdict
    order_only: bool = False
    raised: tuple[str, ...] = field(default=(), compare=False)

    @property
    def raises(self) -> bool:
        """Whether a result is an exception."""
        return any(text.startswith("raises ") for thread in (*self.threads, self.final) for text in thread)


@dataclass(frozen=True)
class Explanation:
    """Why no order of the operations explains an outcome.

    Attributes:
        why: the reasons, as sentences.
        nearest: outcomes that the model allows, the most similar one first. Their counts are 0.

    """

    why: tuple[str, ...]
    nearest: tuple[Outcome, ...] = ()


@dataclass(frozen=True)
class TracedStep:
    """What one thread did on one line.

    Attributes:
        thread: the name of the thread.
        place: the file and the line, as `file:line`.
        source: the text of the line.
        notes: the values that it read and wrote, and its operations on locks.
        marked: whether the line has an access that collided with another thread's.
        switch: why another thread continued after it; "" if none did.

    """

    thread: str
    place: str
    source: str
    notes: tuple[str, ...]
    marked: bool = False
    switch: str = ""


@dataclass(frozen=True)
class BlockedThread:
    """A thread that waits for ever.

    Attributes:
        thread: the name of the thread.
        waits_for: the lock or event that it waits for, in words, and the place in the standard library where, if it
            has called that.
        place: where it waits, as `file:line`, in code outside of the library if there is such; "" if unknown.
        owner: the thread that holds the lock; "" if no thread does.
        owned_since: where the owner took the lock, as `file:line`; "" if unknown.
        count: how many times the owner has taken the lock without releasing it.

    """

    thread: str
    waits_for: str
    place: str
    owner: str
    owned_since: str
    count: int


@dataclass(frozen=True)
class Control:
    """What a run under control adds to a finding: its schedule, and what the threads did.

    Attributes:
        schedule: the schedule of the run.
        preemptions: how many preemptions the schedule has.
        steps: the steps of the threads that matter, in their order.
        blocked: the threads that wait for ever.
        masking: whether the GIL hides the finding; None if this was not examined.
        rests_on: in words, the schedules on which `masking` rests.
        strategy: the name of the strategy that found the schedule.
        schedules: how many schedules had been run when it was found.
        replayed: how many of the replays had the finding again.
        replays: how many times the schedule was run again.
        python: the version of Python that the schedule belongs to.
        sources: the files that the schedule belongs to, each with its SHA-256.
        undecided: why `masking` is UNKNOWN, if it is.

    """

    schedule: Schedule
    preemptions: int
    steps: tuple[TracedStep, ...] = ()
    blocked: tuple[BlockedThread, ...] = ()
    masking: Masking | None = None
    rests_on: str = ""
    strategy: str = ""
    schedules: int = 0
    replayed: int = 0
    replays: int = 0
    python: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    undecided: tuple[Doubt | Omission, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A failure, with all that shows and repeats it.

    Attributes:
        kind: what went wrong.
        scenario: the smallest scenario that shows the failure; empty for a function that starts its own threads.
        outcome: the forbidden outcome; None if the failure is no outcome that was judged.
        explanation: why the outcome is forbidden.
        histogram: all outcomes of the scenario that were seen.
        failures: how many of the runs failed.
        tries: how many runs of the scenario were made.
        detail: in a sentence, what ended the run.
        stacks: the stacks of the threads of a run that did not end, or the traceback of an exception.
        seconds: the time until the failure was first seen.
        repeat: what repeats the failure; None if nothing does.
        concurrent: False if one thread alone shows the failure; the scenario then has one thread.
        control: the run under control that found the failure; None if real threads found it.
        race: the accesses that ThreadSanitizer reported; None for every other kind.

    """

    kind: FindingKind
    scenario: Scenario
    outcome: Outcome | None = None
    explanation: Explanation = field(default_factory=lambda: Explanation(()))
    histogram: tuple[Outcome, ...] = ()
    failures: int = 0
    tries: int = 0
    detail: str = ""
    stacks: str = ""
    seconds: float = 0.0
    repeat: Repeat | None = None
    concurrent: bool = True
    control: Control | None = None
    race: Race | None = None

    @property
    def command(self) -> str:
        """The shell command that repeats the finding; "" if there is none."""
        return "" if self.repeat is None else str(self.repeat)


@dataclass(frozen=True)
class Nonconformance:
    """A difference between the subject and its model that one thread alone shows. It is no concurrency bug.

    Attributes:
        kind: what differs.
        lines: the operations of the shortest program found; the last one differs.
        subject: what the subject did, as text.
        model: what the model did, as text.
        detail: a sentence about the likely cause; "" for none.
        decides: whether the difference makes the verdict VIOLATION.

    """

    kind: str
    lines: tuple[str, ...]
    subject: str
    model: str
    detail: str = ""
    decides: bool = True


@dataclass(frozen=True)
class Coverage:
    """What was run.

    Attributes:
        scenarios: how many scenarios were run.
        invocations: how many runs on real threads were made.
        kinds: the kinds of operations in them, by their texts.
        seconds: the time of the whole campaign.
        outcomes: how many different outcomes were seen.
        schedules: how many runs under control were made; `invocations` does not count them.
        explored: in sentences, which schedules they covered.
        called: the public members of the class of which a call returned; those by operators as `__len__`.
        uncalled: its other public members, without those that the user has excused.
        skipped: what the user has excused.
        excused: those of `uncalled` that HELD does not need, each with the reason: "close: it starts threads".

    """

    scenarios: int = 0
    invocations: int = 0
    kinds: tuple[str, ...] = ()
    seconds: float = 0.0
    outcomes: int = 0
    schedules: int = 0
    explored: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    uncalled: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The report of a check or an exploration. Its verdict follows from `evidence`, which counts the findings too.

    Attributes:
        SCHEMA: the version of the JSON form.
        subject: the class or function, as `module:name`.
        model: the name of the model.
        consistency: the condition that histories were judged by.
        evidence: the facts that decide the verdict.
        seed: the seed of the random choices.
        environment: the interpreter and the machine.
        coverage: what was run.
        findings: the failures.
        nonconformances: the differences from the model that one thread alone shows.
        notes: sentences on what limits the verdict.
        threads: the numbers of threads that the scenarios had.

    Raises:
        ValueError: the evidence counts other findings than the report has.

    """

    SCHEMA: ClassVar[int] = 4

    subject: str
    model: str
    consistency: Consistency
    evidence: Evidence
    seed: int
    environment: Environment
    coverage: Coverage
    findings: tuple[Finding, ...] = ()
    nonconformances: tuple[Nonconformance, ...] = ()
    notes: tuple[str, ...] = ()
    threads: Sequence[int] = field(default=(2,))

    def __post_init__(self) -> None:
        counted = (self.evidence.findings, self.evidence.differences)
        if counted != (len(self.findings), sum(each.decides for each in self.nonconformances)):
            raise ValueError(f"the evidence counts {counted} findings and differences, and the report has others")

    @cached_property
    def decision(self) -> Decision:
        """The verdict, and the reasons why not everything was judged."""
        return verdict_of(self.evidence)

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.decision.verdict

    @property
    def unknown(self) -> tuple[Reason, ...]:
        """The reasons why not everything was judged."""
        return self.decision.reasons

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out before it was run."""
        return self.evidence.left_out

    def to_json(self) -> dict[str, Any]:
        """Return the report for a JSON file, as docs/schema describes it; `schema` is the version of the format."""
        return {
            "schema": self.SCHEMA,
            "subject": self.subject,
            "model": self.model,
            "consistency": self.consistency,
            "verdict": self.verdict,
            "seed": self.seed,
            "environment": self.environment.to_json(),
            "coverage": encode(self.coverage),
            "evidence": encode(self.evidence),
            "unknown": encode(self.unknown),
            "left_out": [each.to_json() for each in self.left_out],
            "findings": [{**encode(finding), "command": finding.command} for finding in self.findings],
            "nonconformances": encode(self.nonconformances),
            "notes": list(self.notes),
            "threads": list(self.threads),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """Return the report that `to_json` wrote. What follows from the evidence is not read, but made anew.

        Raises:
            Misfit: a field is missing, or there is one too many, or one has another type, or the verdict is not the one
                that follows from the evidence.

        """
        if missing := {"schema", *_FOLLOWING, *(each.name for each in fields(cls))} - data.keys():
            raise Misfit(f"Report lacks its field {min(missing)}")
        findings = [{name: part for name, part in each.items() if name != "command"} for each in data["findings"]]
        kept = {name: part for name, part in data.items() if name not in ("schema", *_FOLLOWING)}
        report = decode_fields(cls, {**kept, "findings": findings})
        if report.verdict != data["verdict"]:
            raise Misfit(f"the verdict is {data['verdict']!r}, and the evidence says {report.verdict.value!r}")
        return report


_FOLLOWING: Final = ("verdict", "unknown", "left_out")
"""The fields of a JSON report that follow from its evidence."""


class InternalError(Exception):
    """A fault of lockproof itself. `report` has what was found and covered so far; `trace` is the traceback to send."""

    def __init__(self, report: Report, trace: str) -> None:
        super().__init__(f"a fault of lockproof itself; please report it with these lines:\n{trace}")
        self.report, self.trace = report, trace


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check. `report` has what was found and covered so far; without a finding, it is UNKNOWN."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report
