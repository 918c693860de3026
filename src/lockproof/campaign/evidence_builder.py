"""Collects the evidence of a campaign: adds up counts and doubts as they come, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lockproof.campaign.protocol.answers import Answer, Answered, joined, never_awaited, never_worked
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.evidence import Doubt, Doubted, Evidence, LeftOut, Omission, Tally
from lockproof.core.members import AWAIT, members_of


@dataclass
class EvidenceBuilder:
    """The evidence of a campaign until now, without the counts of its schedules."""

    threads: Tally = field(default_factory=Tally)
    doubts: list[Doubted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    deaths: int = 0
    deaths_found: int = 0
    _skipped: set[tuple[str, str]] = field(default_factory=set)
    answers: Answered = field(default_factory=dict)
    """What each line returned or raised."""

    def add_doubt(self, doubt: Doubt, about: str = "", count: int = 1) -> None:
        """Add a reason why something stays undecided."""
        self.doubts.append(Doubted(doubt, count, about))

    def add_skipped(self, why: Doubt | Omission, about: str) -> None:
        """Add a scenario or an operation that was not run. One that both engines leave out counts once."""
        if (why, about) in self._skipped:
            return
        self._skipped.add((why, about))
        if isinstance(why, Omission):
            self.left_out.append(LeftOut(why, 1, about))
        else:
            self.add_doubt(why, about)

    def add_runs(self, result: RunResult) -> None:
        """Add runs on real threads."""
        self.threads += result.tally
        self.doubts += [Doubted(doubt, count) for doubt, count in result.doubts.items()]
        self.add_answers(result.answers)

    def add_answers(self, answers: Iterable[Answer]) -> None:
        """Add which lines returned a value, and what the other lines raised."""
        self.answers = joined(self.answers, answers)

    def slow(self) -> frozenset[str]:
        """Return the members in which one thread alone was too slow."""
        lines = [about.rpartition("; ")[2] for why, about in self._skipped if why is Omission.TOO_SLOW]
        return frozenset[str]().union(*map(members_of, lines))

    def add_death(self, about: str, *, found: bool) -> None:
        """Add a process that ended or hung. The death is a doubt unless a finding reports it (`found`)."""
        self.deaths += 1
        self.deaths_found += found
        if not found:
            self.add_doubt(Doubt.CHILD_LOST, about)

    def build(
        self, *, threads: bool, schedules: Tally | None, doubts: Sequence[Doubted], findings: int, differences: int,
        observers: Sequence[str],
    ) -> Evidence:  # fmt: skip
        """Return the evidence of the whole campaign.

        `threads` says whether the campaign used real threads; `schedules` counts its runs under control, None if it
        did not use control. `doubts` come from those runs. `findings` and `differences` are how many there were.
        `observers` are the lines that observe a subject at the end of each scenario.
        """
        calls, observers_failed = never_worked(self.answers, observers)
        silent = [Doubted(Doubt.CALL_NEVER_WORKED, 1, each) for each in calls]
        silent += [Doubted(Doubt.NEVER_AWAITED, 1, line, AWAIT.format(line)) for line in never_awaited(self.answers)]
        silent += [Doubted(Doubt.OBSERVER_NEVER_WORKED, 1, each) for each in observers_failed]
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
