"""A scenario, compiled in the child, with its judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final

from lockproof.campaign.protocol.answers import Answers
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.model import TooManyChoices
from lockproof.core.operation import UNKNOWN_KIND
from lockproof.core.own_time import BEGIN, own_time
from lockproof.core.own_time import real as time
from lockproof.core.pace import pace
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import Raised, anonymous, show
from lockproof.core.verdict import Explanation, Outcome, Verdict
from lockproof.engines.threads.compiled import CompiledProgram, Record, RecordKey
from lockproof.engines.threads.crew import BATCH, in_turn
from lockproof.judge.crossed import in_two_steps
from lockproof.judge.orders import Waiting
from lockproof.judge.run import Judgement, ScenarioJudge
from lockproof.judge.stuck import StuckJudge

JUDGING: Final = 2.0
"""Seconds for judging all outcomes of one scenario; outcomes after that are UNKNOWN."""

MOST_SHOWN: Final = 40
"""Outcomes at most in an answer, beside violations: these are all in it."""

PREPARING: Final = 0.5
"""Seconds in which the subjects of a batch can be made: less than a hang, for constructors that take their time."""

SLOW: Final = 0.02
"""Seconds of one run from which on fewer orders are tried on one thread."""

NO_ROOM: Final = (MemoryError, RecursionError)
"""What the judge raises if its search does not fit into memory: the outcome is UNKNOWN, and the check goes on."""


MOST_TURNS: Final = 6
"""Orders at most in which the threads run one after the other."""

REPEATED: Final = 16
"""Runs of each such order, to see whether one thread at a time is always given the same objects: a class may choose
among them by their addresses."""


class Case:
    """A compiled scenario with its judge and the verdicts until now.

    `batch` is how many runs may be prepared at once, and `seconds` how long one took by one thread: 0 if that might
    wait for ever. `skipped` says why the scenario cannot be judged; None if it can.

    `lenient` judges what `judge` calls wrong once more, as two steps where an operation is given another subject.

    Results tell objects apart that have no value. Where even threads that run one after the other are given other
    objects than on the model, like an object of each thread's own, that is by right, and the case is `anonymous`: all
    objects of one kind are alike.
    """

    def __init__(
        self,
        scenario: Scenario,
        program: CompiledProgram,
        judge: ScenarioJudge | Omission,
        lenient: ScenarioJudge | None = None,
    ) -> None:
        self.scenario, self.program, self._lenient = scenario, program, lenient
        self.batch, self.seconds = BATCH, 0.0
        self.anonymous = False
        self._repeats: bool | None = None
        # An operation of an unknown kind may wait.
        waits = any(each.kind.blocking or each.kind is UNKNOWN_KIND for each in scenario.operations)
        self._judging = 0.0
        self._verdicts: dict[RecordKey, tuple[Outcome, Record]] = {}
        self._doubts: dict[Outcome, Doubt] = {}
        self.skipped: Doubt | Omission | None = None
        if isinstance(judge, Omission):
            self.skipped = judge
            return
        self.judge = judge
        if isinstance(judge, StuckJudge):
            return  # its runs of the class, one call at a time, have shown how calls wait
        try:
            if waits and self.judge.waiting() is Waiting.FOR_EVER:
                self.skipped = Omission.WAITS_FOR_EVER
            else:
                self._on_one_thread()
        except (TooManyChoices, *NO_ROOM):
            self.skipped = Doubt.MODEL_TOO_WIDE

    def _on_one_thread(self) -> None:
        """See that the subject does what the model says on one thread. Otherwise runs of many threads mean nothing."""
        if any(each.kind.blocking for each in self.scenario.operations):
            return  # one thread alone might wait for ever
        began = time.perf_counter()
        in_turn(self.program, range(len(self.scenario.threads)))
        self.seconds = max(time.perf_counter() - began, 1e-6)
        for order in self._turns()[: MOST_TURNS if pace.counted or self.seconds < SLOW else 2]:
            records = in_turn(self.program, order)
            if not self._all_allowed(records) and not (self._forget_objects() and self._all_allowed(records)):
                self.skipped = Doubt.ALONE_DIFFERS
                return
        self.batch = BATCH if pace.counted else max(1, min(BATCH, int(PREPARING / self.seconds)))
        if own_time.now != BEGIN or not self._all_allowed(in_turn(self.program, range(len(self.scenario.threads)), 2)):
            self.batch = 1  # time passes in a run, and each run has its own; or its objects share state

    def first_runs(self, most: int, seconds: float) -> int:
        """Return how many runs to begin with: those of a slow subject must not take more than all the time there is."""
        return most if pace.counted or not self.seconds else max(1, min(most, int(seconds / self.seconds)))

    def _turns(self) -> list[tuple[int, ...]]:
        return list(permutations(range(len(self.scenario.threads))))[:MOST_TURNS]

    def _all_allowed(self, records: Sequence[Record]) -> bool:
        return all(self._judged(each).verdict is not Verdict.VIOLATION for each in records)

    def _judged(self, record: Record) -> Judgement:
        if self.anonymous:
            record = nameless(record)
        return self.judge.judge(record.results, record.final, record.seen)

    def _forget_objects(self) -> bool:
        """From now on call objects of one kind alike; return whether they were not before."""
        if not self.anonymous:
            self.anonymous, self.judge = True, self.judge.without_identities()
            self._lenient = None if self._lenient is None else self._lenient.without_identities()
            return True
        return False

    def _checked(self, record: Record, judgement: Judgement) -> Judgement:
        """Return the judgement; another one if it is right in another reading.

        That is so if an operation may read a subject that it is given in a step of its own, or if only the objects are
        wrong, and threads in turn get wrong ones too.
        """
        if judgement.verdict is not Verdict.VIOLATION:
            return judgement
        if self._lenient is not None and not isinstance(self.judge, StuckJudge):
            again = self._lenient.judge(record.results, record.final, record.seen)
            if again.verdict is not Verdict.VIOLATION:
                return again
        if self.anonymous or nameless(record) == record:
            return judgement
        if isinstance(self.judge, StuckJudge):  # its outcomes come from calls that waited: objects of a kind are alike
            self._forget_objects()
            return self._judged(record)
        if self._repeats is None:
            began = pace.now()
            self._repeats = all(
                self._all_allowed(in_turn(self.program, order, min(self.batch, REPEATED)))
                for order in self._turns()
                if self.judge.returns_in_turn(order)
            )
            self._judging -= pace.now() - began  # these are runs of the subject, and may take as long as it does
        if not self._repeats and self._forget_objects():
            return self._judged(record)
        return judgement

    def judged(self, key: RecordKey) -> tuple[Outcome, Record]:
        """Return the judged outcome of a key, with count 0, and its record."""
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts[key] = self.outcome(record := self.program.record(key)), record
        return known

    def outcome(self, record: Record) -> Outcome:
        """Judge a run, and return its outcome with count 0."""
        began = pace.now()
        judgement, doubt = Judgement(Verdict.UNKNOWN), Doubt.OUTCOMES_UNDECIDED
        if self._judging < JUDGING * pace.slower:
            try:
                judgement = self._checked(record, self._judged(record))
                if self.anonymous:
                    record = nameless(record)
            except TooManyChoices:
                pass
            except NO_ROOM:
                doubt = Doubt.JUDGE_FAILED
        self._judging += pace.now() - began
        outcome = Outcome(
            tuple(tuple(map(show, results)) for results in record.results),
            tuple(map(show, record.final)),
            0,
            judgement.verdict,
            judgement.order_only,
            self._exceptions(record),
        )
        if judgement.verdict is Verdict.UNKNOWN:
            self._doubts[outcome] = doubt
        return outcome

    def forbidden(self, record: Record) -> Outcome:
        """Return the outcome of a run that is a violation because of how it ended, whatever the results are."""
        threads = tuple(tuple(map(show, results)) for results in record.results)
        return Outcome(threads, tuple(map(show, record.final)), 0, Verdict.VIOLATION, False, self._exceptions(record))

    def _exceptions(self, record: Record) -> tuple[str, ...]:
        """Return which calls raised an exception, with what is known of it."""
        rows = zip((*self.scenario.threads, self.scenario.final), (*record.results, record.final), strict=False)
        places = [*(f"thread {t + 1}" for t in range(len(self.scenario.threads))), "afterwards"]
        return tuple(
            f"{place}: {operation} raised {result.text}"
            for place, (operations, results) in zip(places, rows, strict=False)
            for operation, result in zip(operations, results, strict=False)
            if isinstance(result, Raised) and result.text
        )

    def doubt_of(self, outcome: Outcome) -> Doubt | None:
        """Return why an outcome of this scenario was not decided; None if it was."""
        return self._doubts.get(replace(outcome, count=0))

    def explained(self, record: Record) -> Explanation:
        """Return why no order explains a run; empty if the search does not fit into memory or time."""
        if self.anonymous:
            record = nameless(record)
        try:
            return self.judge.explain(record.results, record.final, record.seen)
        except (TooManyChoices, *NO_ROOM):
            return Explanation(())


def lenient(
    scenario: Scenario, specification: Specification, judge: Callable[[Scenario], ScenarioJudge]
) -> ScenarioJudge | None:
    """Return a judge that takes operations with two subjects as two steps; None if the class promises one step."""
    promised = specification.decides and specification.model is not None
    threads = None if promised else in_two_steps(scenario.threads)
    return None if threads is None else judge(replace(scenario, threads=tuple(map(tuple, threads))))


def nameless(record: Record) -> Record:
    """Return the record with objects of one kind alike."""
    return replace(record, results=anonymous(record.results), final=anonymous(record.final))


def summed(case: Case, scenario: Scenario, tally: Counter[RecordKey], seconds: float) -> RunResult:
    """Return the result of these runs. Equal outcomes count as one, even if the threads saw each other differently."""
    counts: Counter[Outcome] = Counter()
    example: dict[Outcome, Record] = {}
    doubts: Counter[Doubt] = Counter()
    answers, returned = Answers(case.scenario), 0
    for key, count in tally.items():
        outcome, record = case.judged(key)
        counts[outcome] += count
        example.setdefault(outcome, record)
        any_returned = answers.note(record.results, record.final)
        if (doubt := case.doubt_of(outcome)) is not None:
            doubts[doubt] += count
        elif any_returned:
            returned += count
    bad = [outcome for outcome in counts if outcome.verdict is Verdict.VIOLATION]
    worst = min(bad, key=lambda each: (each.order_only, not each.raises, -counts[each]), default=None)
    shown = bad + [outcome for outcome, _ in counts.most_common() if outcome not in bad][:MOST_SHOWN]
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
