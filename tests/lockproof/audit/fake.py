"""A runner of units that runs nothing: it has an answer for each target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from lockproof.audit.runner import TellOf, tell_nobody
from lockproof.audit.unit_child import outcome_of
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import Report

type Answers = Mapping[str, Report | BaseException]
"""For each target its report, or what its check raises."""


class FakeRunner:
    """Answers one unit after the other, and keeps what it was asked for in `calls`."""

    def __init__(self, answers: Answers, calls: list[tuple[str, CheckOptions]]) -> None:
        self._answers, self.calls = answers, calls
        self.kept: list[tuple[str, tuple[str, ...]]] = []

    def check(
        self, target: str, options: CheckOptions, _: Callable[[Progress], None], kept: Sequence[str] = ()
    ) -> Report:
        """Answer a check; `kept` are the scenarios to try first."""
        self.calls.append((target, options))
        self.kept.append((target, tuple(kept)))
        answer = self._answers[target]
        if isinstance(answer, BaseException):
            raise answer
        return replace(answer, subject=target, seed=options.seed if options.seed is not None else answer.seed)

    def run_all(self, units: Sequence[Unit], tell: TellOf = tell_nobody) -> Iterator[UnitOutcome]:
        """Answer the units, as `UnitRunner.run_all` says."""
        for unit in units:
            tell(unit, Progress("checking", 0.0, 1.0))
            outcome = outcome_of(unit, lambda _: None, self.check)
            yield outcome
            if outcome.ending is Ending.INTERRUPTED:
                raise KeyboardInterrupt
