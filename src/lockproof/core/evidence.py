"""From evidence to a verdict: what was run and judged, what stayed undecided and why, and the function that decides.

The verdict of a check, an exploration and a mutant, and the label that says whether the GIL masks a finding, all come
from `verdict_of`. For HELD, each requested engine must have run something and judged all of it. A doubt is a member of
an enumeration with a count. This module turns the doubt into the sentence and the next step that a report shows, so
no decision depends on the wording of a sentence.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final, NamedTuple


class Verdict(StrEnum):
    """HELD: every run was judged, and none broke the requested consistency. VIOLATION: something was found.

    UNKNOWN: nothing was found, and not everything was judged. No report and no exit status shows it as a pass.
    """

    HELD = "held"
    VIOLATION = "violation"
    UNKNOWN = "unknown"

    @property
    def status(self) -> int:
        """The exit status of a command that ends with this verdict."""
        return {"held": 0, "violation": 1, "unknown": 3}[self.value]


class Doubt(StrEnum):
    """Why a verdict is not HELD although nothing was found. The values are the codes of the JSON report.

    `verdict_of` adds NOTHING_RUN, NOTHING_RETURNED, OUTCOMES_UNDECIDED and CHILD_LOST itself where the counts of the
    evidence show them.
    """

    NOTHING_RUN = "nothing-run"
    NOTHING_RETURNED = "nothing-returned"
    MEMBER_NEVER_CALLED = "member-never-called"
    OPERATION_ALWAYS_RAISED = "operation-always-raised"
    NEVER_AWAITED = "never-awaited"
    NOTHING_CHANGED = "nothing-changed"
    NOTHING_OBSERVED = "nothing-observed"
    TOO_FEW_RUNS = "too-few-runs"
    TRUSTED_CODE = "trusted-code"
    UNSEEN_ACCESS = "unseen-access"
    CALL_NEVER_WORKED = "call-never-worked"
    OBSERVER_NEVER_WORKED = "observer-never-worked"
    OUTCOMES_UNDECIDED = "outcomes-undecided"
    JUDGE_FAILED = "judge-failed"
    GIVEN_UP = "given-up"
    MODEL_TOO_WIDE = "model-too-wide"
    ALONE_DIFFERS = "alone-differs"
    CHILD_LOST = "child-lost"
    NO_CONTROL = "no-control"
    NOT_CONTROLLED = "not-controlled"
    NOT_REPEATABLE = "not-repeatable"
    SEEN_ONCE = "seen-once"
    LED_ELSEWHERE = "led-elsewhere"
    CUT_OFF = "cut-off"
    NEEDS_MAIN_THREAD = "needs-main-thread"
    CONFORMANCE_UNFINISHED = "conformance-unfinished"
    SANITIZER_BLIND = "sanitizer-blind"
    INTERRUPTED = "interrupted"
    INTERNAL_ERROR = "internal-error"


RUN_DOUBTS: Final = (
    Doubt.OUTCOMES_UNDECIDED, Doubt.JUDGE_FAILED, Doubt.GIVEN_UP, Doubt.LED_ELSEWHERE, Doubt.NEEDS_MAIN_THREAD
)  # fmt: skip
"""The doubts whose count is a number of runs without a judgement. Other doubts count calls, scenarios or processes."""


HEALTH: Final = (Doubt.OPERATION_ALWAYS_RAISED, Doubt.NOTHING_CHANGED, Doubt.NOTHING_OBSERVED, Doubt.TOO_FEW_RUNS)
"""The doubts of the health checks: signs that a check could not have found anything. The user may excuse them."""

ONE_BY_ONE: Final = (
    Doubt.NOTHING_RUN, Doubt.MEMBER_NEVER_CALLED, Doubt.OPERATION_ALWAYS_RAISED, Doubt.NEVER_AWAITED,
    Doubt.TOO_FEW_RUNS,
)  # fmt: skip
"""The doubts that a report shows once for each example; it adds up the counts of the others."""


class Omission(StrEnum):
    """Why something was left out before it was run. A report shows omissions beside HELD, since they limit it."""

    WAITS_FOR_EVER = "waits-for-ever"
    TOO_SLOW = "too-slow"
    TOO_MANY_ORDERS = "too-many-orders"
    LEFT_TO_CONTROL = "left-to-control"


@dataclass(frozen=True)
class Doubted:
    """A doubt, how often it came up (`count`), and one example of it as text (`about`).

    `step` is what the reader can do about this example; "": what helps against all doubts of the kind.
    """

    doubt: Doubt
    count: int = 1
    about: str = ""
    step: str = ""


@dataclass(frozen=True)
class LeftOut:
    """An omission, how often it came up (`count`), and one example of it as text (`about`)."""

    omission: Omission
    count: int = 1
    about: str = ""

    def __str__(self) -> str:
        return _OMITTED[self.omission].text(self.count, self.about)

    def to_json(self) -> dict[str, Any]:
        """Return the code, the count and the sentence for a JSON report."""
        return {"code": self.omission.value, "count": self.count, "text": str(self)}


def fieldwise[D](combine: Callable[[Any, Any], Any], one: D, other: D) -> D:
    """Return a dataclass whose fields are those of both, combined pair by pair."""
    names = [each.name for each in fields(one)]  # type: ignore[arg-type]  # only a dataclass has fields
    return type(one)(*(combine(getattr(one, name), getattr(other, name)) for name in names))


@dataclass(frozen=True)
class Tally:
    """The runs of one engine.

    Attributes:
        ran: how many runs were made.
        judged: how many of these the judge decided.
        returned: in how many of the judged runs at least one call returned a value. In the others each call raised.

    """

    ran: int = 0
    judged: int = 0
    returned: int = 0

    def __add__(self, other: Tally) -> Tally:
        return fieldwise(operator.add, self, other)


@dataclass(frozen=True)
class Evidence:
    """The facts that decide a verdict.

    Attributes:
        threads: the runs on real threads; None if this engine was not requested.
        schedules: the runs under control; None if this engine was not requested.
        doubts: what stayed undecided, and why.
        findings: how many findings there are.
        differences: how many differences from the model one thread alone shows, of those that decide the verdict.
        left_out: what was never run, and why.
        deaths: how many child processes ended or hung.
        deaths_found: how many of these deaths became findings.

    """

    threads: Tally | None = None
    schedules: Tally | None = None
    doubts: tuple[Doubted, ...] = ()
    findings: int = 0
    differences: int = 0
    left_out: tuple[LeftOut, ...] = ()
    deaths: int = 0
    deaths_found: int = 0

    def __add__(self, other: Evidence) -> Evidence:
        """Return the sum of both, as if one longer check had collected it."""
        return fieldwise(lambda a, b: a if b is None else b if a is None else a + b, self, other)


@dataclass(frozen=True)
class Reason:
    """A doubt as a report shows it.

    Attributes:
        code: the doubt.
        count: how often it came up.
        text: the sentence for the reader.
        step: what the reader can do next.

    """

    code: Doubt
    count: int
    text: str
    step: str

    def __str__(self) -> str:
        return self.text


class Decision(NamedTuple):
    """A verdict, and the reasons why it is not HELD. Beside a VIOLATION, the reasons say what was not judged."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def verdict_of(evidence: Evidence) -> Decision:
    """Return the verdict on the evidence, and the reasons. No other function decides a verdict.

    A finding or a difference makes it a VIOLATION, even if something else stayed undecided. Without them, any doubt
    makes it UNKNOWN, whether the doubt was recorded or follows from the counts.
    """
    reasons = tuple(_reason(each) for each in _collected(_doubts_of(evidence)))
    if evidence.findings or evidence.differences:
        return Decision(Verdict.VIOLATION, reasons)
    return Decision(Verdict.UNKNOWN if reasons else Verdict.HELD, reasons)


def _doubts_of(evidence: Evidence) -> Iterator[Doubted]:
    """Yield the recorded doubts, then the doubts that follow from the counts alone."""
    yield from evidence.doubts
    step = "mend what was found, and check again" if evidence.findings else ""
    by_engine = {"on real threads": evidence.threads, "under control": evidence.schedules}
    tallies = [tally for tally in by_engine.values() if tally is not None]
    for where, tally in by_engine.items():
        if tally is not None and tally.ran < 1:
            yield Doubted(Doubt.NOTHING_RUN, 1, where, step)
    if not tallies:
        yield Doubted(Doubt.NOTHING_RUN, 1, "at all")
    explained = sum(each.count for each in evidence.doubts if each.doubt in RUN_DOUBTS)
    undecided = sum(max(0, tally.ran - tally.judged) for tally in tallies) - explained
    if undecided > 0:
        yield Doubted(Doubt.OUTCOMES_UNDECIDED, undecided)
    judged = sum(tally.judged for tally in tallies)
    if judged and not sum(tally.returned for tally in tallies):
        yield Doubted(Doubt.NOTHING_RETURNED, judged)
    explained = sum(each.count for each in evidence.doubts if each.doubt is Doubt.CHILD_LOST)
    if evidence.deaths - evidence.deaths_found > explained:
        yield Doubted(Doubt.CHILD_LOST, evidence.deaths - evidence.deaths_found - explained)


def _collected(doubts: Iterable[Doubted]) -> list[Doubted]:
    """Return each doubt once, with the sum of its counts and its first example; some once for each example."""
    found: dict[tuple[Doubt, str], Doubted] = {}
    for each in doubts:
        key = each.doubt, each.about if each.doubt in ONE_BY_ONE else ""
        before = found.get(key, Doubted(each.doubt, 0, each.about, each.step))
        first = before if before.about else each
        found[key] = Doubted(each.doubt, before.count + max(each.count, 1), first.about, first.step)
    return list(found.values())


@dataclass(frozen=True)
class _Words:
    """The wording of a doubt or an omission.

    `one` and `many` follow the count; `{}` in `example` stands for the example, if there is one. A wording that is not
    `counted` has no number in front.
    """

    one: str
    many: str = ""
    example: str = " ({})"
    step: str = ""
    counted: bool = field(default=True)

    def text(self, count: int, about: str) -> str:
        """Return the sentence."""
        words = self.one if count == 1 or not self.many else self.many
        start = f"{count:,} {words}" if self.counted else words
        return start + (self.example.format(about) if about else "")


_WORDS: Final[dict[Doubt, _Words]] = {
    Doubt.NOTHING_RUN: _Words(
        "nothing was run", example=" {}", counted=False,
        step="read what was left out, give it more time with --budget, or say what to run with --scenario",
    ),
    Doubt.NOTHING_RETURNED: _Words(
        "run was judged, and each call in it raised", "runs were judged, and each call in them raised",
        example=": {}",
        step="give the calls arguments that the class accepts, in a Specification or with --scenario",
    ),
    Doubt.MEMBER_NEVER_CALLED: _Words(
        "never called with success", example=": {}", counted=False,
        step="excuse it with --skip, or say in a Specification how it is called",
    ),
    Doubt.OPERATION_ALWAYS_RAISED: _Words(
        "every call of an operation raised", example=": {}", counted=False,
        step="give it arguments, or an initial part, with which it returns; or excuse it: "
        "--skip operation-always-raised",
    ),
    Doubt.NEVER_AWAITED: _Words(
        "a call made a coroutine that nobody awaited, so nothing of the method ran", example=": {}", counted=False,
        step="run the coroutine in the operation: asyncio.run(...), with asyncio among the names of a Specification",
    ),
    Doubt.NOTHING_CHANGED: _Words(
        "no operation changed anything that was seen: every result was always the same, and the subject looked like a "
        "fresh one at the end", example=" ({})", counted=False,
        step="add operations that change the subject, or arguments with which they do, in a Specification; if the "
        "class never changes, excuse it: --skip nothing-changed",
    ),
    Doubt.NOTHING_OBSERVED: _Words(
        "nothing was observed: every call returned None, and nothing reads the state of the subject",
        example=" ({})", counted=False,
        step="say what to look at with observe= or state= in a Specification; if exceptions and hangs are all that "
        "matters, excuse it: --skip nothing-observed",
    ),
    Doubt.TOO_FEW_RUNS: _Words(
        "run was made, which is too few", "runs were made, which are too few", example=" {}",
        step="give it more time with --budget, or a smaller class to check; or excuse it: --skip too-few-runs",
    ),
    Doubt.TRUSTED_CODE: _Words(
        "code without switch points touched shared state, so not all schedules were run", example=": {}",
        counted=False,
        step="run it on real threads too: lockproof check, without --engine schedules",
    ),
    Doubt.UNSEEN_ACCESS: _Words(
        "not every access was seen, so there may be more traces than those that were run", example=": {}",
        counted=False, step="let all strategies take turns: leave out --strategy",
    ),
    Doubt.CALL_NEVER_WORKED: _Words(
        "call raised in every run, as a misspelt name does", "calls raised in every run, as misspelt names do",
        example=": {}", step="correct the name, or have an operation before it that makes the attribute",
    ),
    Doubt.OBSERVER_NEVER_WORKED: _Words(
        "line that observes the subject at the end raised in every run, so nothing was seen there",
        "lines that observe the subject at the end raised in every run, so nothing was seen there",
        example=": {}", step="correct the line in observe= or state= of the Specification",
    ),
    Doubt.OUTCOMES_UNDECIDED: _Words(
        "run has an outcome that the judge did not decide within its bounds",
        "runs have outcomes that the judge did not decide within its bounds",
        step="give the judge a simpler model (--model), fewer operations (--scenario), or a Specification with "
        "partition=",
    ),
    Doubt.JUDGE_FAILED: _Words(
        "run has an outcome on which the judge ran out of memory or of stack",
        "runs have outcomes on which the judge ran out of memory or of stack",
        step="give the judge a simpler model (--model), or fewer operations (--scenario)",
    ),
    Doubt.GIVEN_UP: _Words(
        "run under control was given up before its end, after as many steps as a run may take",
        "runs under control were given up before their end, after as many steps as a run may take",
        step="make the loops in it shorter, or let a loop that waits block on a lock or a condition",
    ),
    Doubt.MODEL_TOO_WIDE: _Words(
        "scenario was not run, since the model took too long, or has too many choices, to judge it",
        "scenarios were not run, since the model took too long, or has too many choices, to judge them",
        example=": {}", step="run it again on a quiet machine, or give a quicker model with fewer choices (--model)",
    ),
    Doubt.ALONE_DIFFERS: _Words(
        "scenario was not run, since one thread alone already differs from the model there",
        "scenarios were not run, since one thread alone already differs from the model there",
        example=": {}",
        step="give the model that is meant (--model), or make results that depend on the thread (threading.local), the "
        "time or chance comparable with normalize= in a Specification",
    ),
    Doubt.CHILD_LOST: _Words(
        "process that ran the subject hung or ended, and did not do so again",
        "processes that ran the subject hung or ended, and did not do so again",
        example=": {}",
        step="run it again on a quiet machine, with a longer --hang and more --memory",
    ),
    Doubt.NO_CONTROL: _Words(
        "process for runs under control could not be used", "processes for runs under control could not be used",
        example=": {}",
        step="ask for --engine threads if real threads are enough; schedules need a class that imports and starts "
        "under control",
    ),
    Doubt.NOT_CONTROLLED: _Words(
        "run waited for something that is not under control",
        "runs waited for something that is not under control",
        example=", {}",
        step="replace the wait (a pipe, a socket, a lock of a C extension) by a primitive of threading, or use real "
        "threads: lockproof check --engine threads",
    ),
    Doubt.NOT_REPEATABLE: _Words(
        "the same choices led elsewhere, so the schedules that were asked for could not be completed", counted=False,
        step="take out what decides beside the schedule (randomness, the date, what a run leaves behind), or only draw "
        "schedules with --strategy random",
    ),
    Doubt.SEEN_ONCE: _Words(
        "run went wrong before all code had been met, and no later run did",
        "searches had a run that went wrong before all code had been met, and no later run did",
        step="take out what only a first run does (imports, caches, state of the module), or do it before the threads "
        "start",
    ),
    Doubt.LED_ELSEWHERE: _Words(
        "run of the schedule led elsewhere: the program is another one now",
        "runs of the schedule led elsewhere: the program is another one now",
        step="find it again: lockproof check or lockproof explore, without --schedule",
    ),
    Doubt.CUT_OFF: _Words(
        "the search was not complete when its time was over", example=": {}", counted=False,
        step="raise the budget with --budget, ask for fewer preemptions with --bound, or only draw schedules with "
        "--strategy random",
    ),
    Doubt.NEEDS_MAIN_THREAD: _Words(
        "run called what only the main thread of a process may call, like signal.signal, and under control the "
        "function runs in another thread",
        "runs called what only the main thread of a process may call, like signal.signal, and under control the "
        "function runs in another thread",
        step="leave the signal out of the function that is explored: call what it protects, or replace signal.signal "
        "there by a function that does nothing",
    ),
    Doubt.CONFORMANCE_UNFINISHED: _Words(
        "the comparison with the model on one thread did not come to its end", example=": {}", counted=False,
        step="raise --hang if an operation takes long, or leave it out in a Specification",
    ),
    Doubt.SANITIZER_BLIND: _Words(
        "ThreadSanitizer could not see what the subject does", example=": {}", counted=False,
        step="compile the extension for this interpreter with -fsanitize=thread, for instance CC=clang "
        "CFLAGS='-fsanitize=thread -g' pip install --no-binary :all: PACKAGE",
    ),
    Doubt.INTERRUPTED: _Words(
        "it was interrupted", example=" after {}", counted=False, step="let it run to its end, or give it less --budget"
    ),
    Doubt.INTERNAL_ERROR: _Words(
        "lockproof itself failed", example=": {}", counted=False,
        step="report the fault with the lines that follow the report, and the class if you can share it",
    ),
}  # fmt: skip

_OMITTED: Final[dict[Omission, _Words]] = {
    Omission.WAITS_FOR_EVER: _Words(
        "scenario whose operations can wait for ever",
        "scenarios whose operations can wait for ever", example=", like {}",
    ),
    Omission.TOO_SLOW: _Words(
        "operation for which one thread alone takes too long",
        "operations for which one thread alone takes too long", example=", like {}",
    ),
    Omission.TOO_MANY_ORDERS: _Words(
        "scenario of calls that wait in too many orders",
        "scenarios of calls that wait in too many orders", example=", like {}",
    ),
    Omission.LEFT_TO_CONTROL: _Words(
        "scenario with calls that may wait, which real threads do not run",
        "scenarios with calls that may wait, which real threads do not run", example=", like {}",
    ),
}  # fmt: skip

_WHY: Final[dict[Doubt | Omission, str]] = {
    Doubt.MODEL_TOO_WIDE: "the model took too long, or has too many choices, to judge it",
    Doubt.ALONE_DIFFERS: "run by one thread, the subject already differs from the model; where the class is its own "
    "model, results depend on which thread calls, as with threading.local, on time or on chance",
    Omission.WAITS_FOR_EVER: "its operations can wait for ever",
    Omission.LEFT_TO_CONTROL: "its calls may wait, so real threads do not run it, and schedules do",
    Omission.TOO_MANY_ORDERS: "its calls may wait, and there are too many orders to run each of them",
}
"""The wording for one scenario that was not run, to follow a colon."""


def _reason(doubted: Doubted) -> Reason:
    words = _WORDS[doubted.doubt]
    text = words.text(doubted.count, doubted.about)
    return Reason(doubted.doubt, doubted.count, text, doubted.step or words.step)


def clause(why: Doubt | Omission) -> str:
    """Return why one scenario was not run, in words that follow a colon: "its operations can wait for ever"."""
    return _WHY.get(why, why.value)


def next_step(doubt: Doubt) -> str:
    """Return what a reader can do about a doubt, in the imperative."""
    return _WORDS[doubt].step
