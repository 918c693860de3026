"""A scenario, compiled in the child, with its judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final

from lockproof.core.evidence import Doubt, Omission
from lockproof.core.model import TooManyChoices
from lockproof.core.operation import UNKNOWN_KIND
from lockproof.core.own_time import BEGIN, own_time
from lockproof.core.own_time import real as time
from lockproof.core.scenario import Scenario
from lockproof.core.values import show
from lockproof.core.verdict import Explanation, Outcome, Verdict
from lockproof.engines.threads.compiled import CompiledProgram, Record, RecordKey
from lockproof.engines.threads.crew import BATCH, in_turn
from lockproof.judge.orders import Waiting
from lockproof.judge.run import Judgement, ScenarioJudge

JUDGING: Final = 2.0
"""Seconds for judging all outcomes of one scenario; outcomes after that are UNKNOWN."""

PREPARING: Final = 0.5
"""Seconds in which the subjects of a batch can be made: less than a hang, for constructors that take their time."""

SLOW: Final = 0.02
"""Seconds of one run from which on fewer orders are tried on one thread."""

NO_ROOM: Final = (MemoryError, RecursionError)
"""What the judge raises if its search does not fit into memory: the outcome is UNKNOWN, and the check goes on."""


class Case:
    """A compiled scenario with its judge and the verdicts until now.

    `batch` is how many runs may be prepared at once, and `seconds` how long one took by one thread: 0 if that might
    wait for ever. `skipped` says why the scenario cannot be judged; None if it can.
    """

    def __init__(self, scenario: Scenario, program: CompiledProgram, judge: ScenarioJudge) -> None:
        self.scenario, self.program, self.judge = scenario, program, judge
        self.batch, self.seconds = BATCH, 0.0
        # An operation of an unknown kind may wait.
        waits = any(each.kind.blocking or each.kind is UNKNOWN_KIND for each in scenario.operations)
        self._judging = 0.0
        self._verdicts: dict[RecordKey, tuple[Outcome, Record]] = {}
        self._doubts: dict[Outcome, Doubt] = {}
        self.skipped: Doubt | Omission | None = None
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
        for order in list(permutations(range(len(self.scenario.threads))))[: 6 if self.seconds < SLOW else 2]:
            if not self._all_allowed(in_turn(self.program, order)):
                self.skipped = Doubt.ALONE_DIFFERS
                return
        self.batch = max(1, min(BATCH, int(PREPARING / self.seconds)))
        if own_time.now != BEGIN or not self._all_allowed(in_turn(self.program, range(len(self.scenario.threads)), 2)):
            self.batch = 1  # time passes in a run, and each run has its own; or its objects share state

    def first_runs(self, most: int, seconds: float) -> int:
        """Return how many runs to begin with: those of a slow subject must not take more than all the time there is."""
        return max(1, min(most, int(seconds / self.seconds))) if self.seconds else most

    def _all_allowed(self, records: Sequence[Record]) -> bool:
        return all(self.judge.judge(r.results, r.final, r.seen).verdict is not Verdict.VIOLATION for r in records)

    def judged(self, key: RecordKey) -> tuple[Outcome, Record]:
        """Return the judged outcome of a key, with count 0, and its record."""
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts[key] = self.outcome(record := self.program.record(key)), record
        return known

    def outcome(self, record: Record) -> Outcome:
        """Judge a run, and return its outcome with count 0."""
        began = time.perf_counter()
        judgement, doubt = Judgement(Verdict.UNKNOWN), Doubt.OUTCOMES_UNDECIDED
        if self._judging < JUDGING:
            try:
                judgement = self.judge.judge(record.results, record.final, record.seen)
            except TooManyChoices:
                pass
            except NO_ROOM:
                doubt = Doubt.JUDGE_FAILED
        self._judging += time.perf_counter() - began
        outcome = Outcome(
            tuple(tuple(map(show, results)) for results in record.results),
            tuple(map(show, record.final)),
            0,
            judgement.verdict,
            judgement.order_only,
        )
        if judgement.verdict is Verdict.UNKNOWN:
            self._doubts[outcome] = doubt
        return outcome

    def doubt_of(self, outcome: Outcome) -> Doubt | None:
        """Return why an outcome of this scenario was not decided; None if it was."""
        return self._doubts.get(replace(outcome, count=0))

    def explained(self, record: Record) -> Explanation:
        """Return why no order explains a run; empty if the search does not fit into memory."""
        try:
            return self.judge.explain(record.results, record.final, record.seen)
        except NO_ROOM:
            return Explanation(())
