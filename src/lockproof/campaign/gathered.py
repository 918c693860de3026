"""The evidence of a check while it is gathered: counts and doubts are added as things happen, nothing is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lockproof.campaign.protocol.answers import Answer, joined, never_worked
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Tally


@dataclass
class Gathered:
    """What a check knows so far."""

    threads: Tally = field(default_factory=Tally)
    doubts: list[Doubted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    deaths: int = 0
    deaths_found: int = 0
    _skipped: set[tuple[str, str]] = field(default_factory=set)
    _answers: dict[tuple[str, bool], str] = field(default_factory=dict)

    def doubt(self, doubt: Doubt, about: str = "", count: int = 1) -> None:
        """Note that something stays undecided."""
        self.doubts.append(Doubted(doubt, count, about))

    def skipped(self, why: Doubt | Omission, about: str) -> None:
        """Note a scenario or an operation that was not run; one that both engines leave out counts once."""
        if (why, about) in self._skipped:
            return
        self._skipped.add((why, about))
        if isinstance(why, Omission):
            self.left_out.append(LeftOut(why, 1, about))
        else:
            self.doubt(why, about)

    def ran(self, result: RunResult) -> None:
        """Note runs on real threads."""
        self.threads += result.tally
        self.doubts += [Doubted(doubt, count) for doubt, count in result.doubts.items()]
        self.answered(result.answers)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Note which lines returned a value, and what the others raised."""
        self._answers = joined(self._answers, answers)

    def died(self, about: str, *, found: bool) -> None:
        """Note a process that ended or hung. It is a doubt unless a finding tells of it."""
        self.deaths += 1
        self.deaths_found += found
        if not found:
            self.doubt(Doubt.CHILD_LOST, about)

    def evidence(
        self, *, threads: bool, schedules: Tally | None, doubts: Sequence[Doubted], findings: int, differences: int,
        observers: Sequence[str],
    ) -> Evidence:  # fmt: skip
        """Return all of it, with what is known of schedules.

        `threads` says whether real threads were asked for, `observers` are the lines that observe a subject at the end.
        """
        calls, seers = never_worked(self._answers, observers)
        silent = [Doubted(Doubt.CALL_NEVER_WORKED, 1, each) for each in calls]
        silent += [Doubted(Doubt.OBSERVER_NEVER_WORKED, 1, each) for each in seers]
        return Evidence(
            self.threads if threads else None,
            schedules,
            (*self.doubts, *doubts, *silent),
            findings,
            differences,
            _together(self.left_out),
            self.deaths,
            self.deaths_found,
        )


def _together(left_out: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Return each omission once, with its first example."""
    found: dict[Omission, LeftOut] = {}
    for each in left_out:
        before = found.get(each.omission, LeftOut(each.omission, 0, each.about))
        found[each.omission] = LeftOut(each.omission, before.count + each.count, before.about)
    return tuple(found.values())
