"""Findings and reports: what was seen, what it was judged to be, and all that is needed to see it again.

Everything here is plain data and goes through JSON unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from lockproof.core.codec import encode
from lockproof.core.consistency import Consistency as Consistency
from lockproof.core.evidence import Decision, Doubt, Evidence, LeftOut, Omission, Reason, verdict_of
from lockproof.core.evidence import Verdict as Verdict
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule


class FindingKind(StrEnum):
    """What went wrong. The first is judged against the model; those up to MEMORY end a process; the rest end, or
    follow from, a run under control.

    EXCEPTION left a thread; DEADLOCK: all wait for each other; LEFT_BEHIND: a thread still waits when the function has
    ended; LOCK_HELD: nobody released it; NO_PROGRESS: all threads spin.
    """

    NOT_LINEARIZABLE = "not linearizable"
    HANG = "hang"
    CRASH = "crash"
    EXIT = "exit"
    MEMORY = "memory"
    EXCEPTION = "exception"
    DEADLOCK = "deadlock"
    LEFT_BEHIND = "thread left behind"
    LOCK_HELD = "lock never released"
    NO_PROGRESS = "no progress"


ASSERTIONS: Final = "its own assertions"
"""What stands for a model where a function is explored."""


class Masking(StrEnum):
    """Whether the GIL of a standard build covers a finding.

    MASKED: all schedules that a standard build can take, within the bound that is told, were run and judged, and none
    has it. SHOWN: one of them has it. UNKNOWN: they were too many, or not all of them could be judged.
    """

    MASKED = "GIL-masked"
    SHOWN = "shown with the GIL too"
    UNKNOWN = "not known whether the GIL masks it"

    @classmethod
    def by(cls, evidence: Evidence) -> tuple[Masking, tuple[Reason, ...]]:
        """Return the label that schedules of a standard build are evidence for, and why it is not known if so.

        `findings` of the evidence are runs that have the same finding.
        """
        verdict, reasons = verdict_of(evidence)
        labels = {Verdict.HELD: cls.MASKED, Verdict.VIOLATION: cls.SHOWN, Verdict.UNKNOWN: cls.UNKNOWN}
        return labels[verdict], reasons


@dataclass(frozen=True)
class Outcome:
    """The results of a run: of each thread and of the final part, as shown, how often seen, and as what judged.

    `order_only`: an order explains the results, but none that keeps to the real time of the calls.
    """

    threads: tuple[tuple[str, ...], ...]
    final: tuple[str, ...]
    count: int
    verdict: Verdict
    order_only: bool = False


@dataclass(frozen=True)
class Explanation:
    """Why no order of the operations explains an outcome.

    `why` are sentences. `nearest` are outcomes that the model allows, nearest first (their counts are 0).
    """

    why: tuple[str, ...]
    nearest: tuple[Outcome, ...] = ()


@dataclass(frozen=True)
class TracedStep:
    """What one thread did on one line. `marked`: an access that collided. `switch`: why it stopped there."""

    thread: str
    place: str
    source: str
    notes: tuple[str, ...]
    marked: bool = False
    switch: str = ""


@dataclass(frozen=True)
class BlockedThread:
    """A thread that waits for ever: for what, and where; who has that, since which place, and how many times."""

    thread: str
    waits_for: str
    place: str
    owner: str
    owned_since: str
    count: int


@dataclass(frozen=True)
class Control:
    """What a run under control adds to a finding: its schedule, and the story of it.

    `replayed` of `replays` runs of the schedule had the finding again. `masking` with `rests_on`, in words, and
    `undecided`, why it is not known if so. `python` and `sources` (files with their SHA-256) are what the schedule
    belongs to. `strategy` found it after so many `schedules`.
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
    """A failure with all that shows and repeats it.

    `outcome` is the one that must not be (None unless judged); `histogram` all that were seen in `tries` runs of the
    scenario, of which `failures` failed; `stacks` the threads' stacks of a run that did not end; `detail` says in a
    sentence what ended it. `seconds` is how long it took to see it first, `repeat` is what repeats it. Not
    `concurrent`: one thread alone does it, and `scenario` has one thread. `control` is there if it was found under
    control; a function that starts its own threads has an empty scenario.
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

    @property
    def command(self) -> str:
        """The shell command that repeats the finding; "" if nothing does."""
        return "" if self.repeat is None else str(self.repeat)


@dataclass(frozen=True)
class Nonconformance:
    """What one thread alone shows: the subject does not do what its model does. Not a concurrency bug.

    `lines` is the shortest program found: operations one after the other, of which the last one differs.
    """

    kind: str
    lines: tuple[str, ...]
    subject: str
    model: str
    detail: str = ""


@dataclass(frozen=True)
class Coverage:
    """What was tried: how many scenarios and runs of them, which kinds of operations, for how long.

    `schedules` counts runs under control, which are not among the invocations; `explored` says in sentences what they
    covered.
    """

    scenarios: int = 0
    invocations: int = 0
    kinds: tuple[str, ...] = ()
    seconds: float = 0.0
    outcomes: int = 0
    schedules: int = 0
    explored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that a check says. The verdict follows from the evidence, which counts the findings too.

    `notes` tell what limits the verdict, `environment` where it was reached.
    """

    subject: str
    model: str
    consistency: Consistency
    evidence: Evidence
    seed: int
    environment: Mapping[str, Any]
    coverage: Coverage
    findings: tuple[Finding, ...] = ()
    nonconformances: tuple[Nonconformance, ...] = ()
    notes: tuple[str, ...] = ()
    threads: Sequence[int] = field(default=(2,))

    def __post_init__(self) -> None:
        counted = (self.evidence.findings, self.evidence.differences)
        if counted != (len(self.findings), len(self.nonconformances)):
            raise ValueError(f"the evidence counts {counted} findings and differences, and the report has others")

    @cached_property
    def decision(self) -> Decision:
        """The verdict, and what was not judged."""
        return verdict_of(self.evidence)

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.decision.verdict

    @property
    def unknown(self) -> tuple[Reason, ...]:
        """What could not be judged, and why."""
        return self.decision.reasons

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out before anything was run."""
        return self.evidence.left_out

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON has it; `schema` is the version of this form."""
        judged = {
            engine: tally and {"ran": tally.ran, "judged": tally.judged, "returned": tally.returned}
            for engine, tally in (("threads", self.evidence.threads), ("schedules", self.evidence.schedules))
        }
        return {
            "schema": 2,
            "subject": self.subject,
            "model": self.model,
            "consistency": self.consistency,
            "verdict": self.verdict,
            "seed": self.seed,
            "environment": dict(self.environment),
            "coverage": encode(self.coverage),
            "judged": judged,
            "unknown": encode(self.unknown),
            "left_out": [each.to_json() for each in self.left_out],
            "findings": [{**encode(finding), "command": finding.command} for finding in self.findings],
            "nonconformances": encode(self.nonconformances),
            "notes": list(self.notes),
            "threads": list(self.threads),
        }


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check. `report` says what was found and covered until then; without a finding it is UNKNOWN."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report
