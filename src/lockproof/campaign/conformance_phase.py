"""The first phase of a check: does the class do what its model says on one thread?

What does not may make each later result wrong for a reason that has nothing to do with threads.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.findings import Findings, of_death
from lockproof.campaign.known_waits import KnownWaits
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Conform, Fresh
from lockproof.campaign.schedule_search import alone
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.members import Member
from lockproof.core.verdict import Finding, FindingKind, Nonconformance

LEAST: Final = 4.0
ONE_THREAD: Final = 0.3
"""The comparison ends after so many seconds, or after so large a part of the budget, if that is longer."""

SEEN: Final = 1.0
"""Seconds in which a hang must come again that control has seen as a wait for a lock that nobody releases."""

MOST_ENDINGS: Final = 3
"""Operations that end the process or hang, after which the comparison is given up."""


@dataclass
class ConformancePhase:
    """Compares class and model on one thread. `notes` are those of the check.

    An operation that hangs is left out at once, and confirmed at the end: a hang is seen by waiting, and the search for
    races needs the time more.
    """

    child: Child
    clock: Clock
    deaths: Deaths
    findings: Findings
    notes: list[str]
    waits: KnownWaits
    nonconformances: list[Nonconformance] = field(default_factory=list)
    members: tuple[Member, ...] | None = None
    """The public members of the class, as the child named them after the comparison; None before that."""
    fresh: Fresh | None = None
    itself: bool = False
    """Whether the class differs from the model that it looks like, so that it is its own model from then on."""
    _hung: list[tuple[Died, float, str]] = field(default_factory=list)

    @property
    def reserved(self) -> float:
        """The seconds that `confirm_hangs` needs."""
        hang = self.deaths.options.hang
        return sum(min(hang, SEEN) if fault else hang for _, _, fault in self._hung)

    @property
    def sure(self) -> bool:
        """Whether an operation waits for a lock that nobody gives back, as control has seen: a finding to come."""
        return any(fault for _, _, fault in self._hung)

    def compare(self, seconds: float) -> None:
        """Compare for so many seconds. An operation that hangs or kills is a finding, and is avoided from then on.

        Raises:
            LockproofError: the class cannot be compared at all.

        """
        endings, last = 0, self.clock.elapsed + max(LEAST, ONE_THREAD * self.clock.budget)
        while endings < MOST_ENDINGS and (self.clock.most or self.clock.elapsed < last):
            self.clock.progress("")
            waited = len(self.waits.kinds)
            try:
                answer = self.child.ask(Conform(seconds, self.deaths.alone()), seconds)
            except Died as died:
                self._after_death(died)
                endings += len(self.waits.kinds) == waited
                continue
            except LockproofError as error:
                if not self.findings and not self._hung:
                    raise
                self.notes.append(error.fact)
                return
            for each in (self.child, self.waits.controlled):
                each.adjust(answer.adjustment)
            self.nonconformances += answer.nonconformances
            self.members, self.fresh, self.itself = answer.members, answer.fresh, answer.adjustment.itself
            self.notes += [note for note in answer.notes if note not in self.notes]
            return
        some = "one operation" if endings == 1 else f"{endings} operations"
        doubt = f"{some} ended the process or hung" if endings else "too many operations wait"
        self.findings.evidence.add_doubt(Doubt.CONFORMANCE_UNFINISHED, doubt)

    def _after_death(self, died: Died) -> None:
        evidence, seconds = self.findings.evidence, self.clock.elapsed
        self.deaths.restart()
        if not died.announced:
            if died.kind is not FindingKind.HANG:  # a busy machine: the next attempt loses nothing
                evidence.add_death(f"before any operation: {died.detail}", found=False)
            return
        if self.waits.explain(died, alone(died.announced)):
            return
        if died.kind is FindingKind.HANG:
            fault = self.waits.fault
            if all(died.announced[-1] != each.announced[-1] for each, *_ in self._hung):
                self._hung.append((died, seconds, fault))
            self.deaths.avoid(self._culprit(died.announced, fault))
        else:
            self._confirm(died, seconds)

    def confirm_hangs(self) -> None:
        """Run the operations that did not come back once more with the full time, and make findings of those."""
        while self._hung:
            self._confirm(*self._hung.pop(0))

    def _culprit(self, lines: tuple[str, ...], fault: str) -> tuple[str, ...]:
        """Return the line to leave out: the last, or the one before, if that has left a lock taken."""
        left_taken = fault and len(lines) > 1 and not self.waits.stuck_alone(lines[-1])
        return lines[-2:-1] if left_taken else lines[-1:]

    def _confirm(self, died: Died, seconds: float, fault: str = "") -> None:
        evidence, hang = self.findings.evidence, self.deaths.options.hang

        def first_seen() -> Finding:
            return of_death(self.waits.explained(died), alone(died.announced), seconds, concurrent=False)

        # A hang may be a busy machine until it has been seen twice.
        sure = self.findings.unless_ended(first_seen) if died.kind is not FindingKind.HANG else nullcontext()
        with sure, self.clock.during("shrinking"):
            lines, last = self.deaths.small_program(died, min(hang, SEEN) if fault else hang)
        if last is not None:
            self.findings.add_death(self.waits.explained(last), alone(lines), seconds, concurrent=False)
        elif died.kind is FindingKind.HANG:
            evidence.add_skipped(Omission.TOO_SLOW, "; ".join(lines))
        else:
            evidence.add_death(f"{died.detail}, at {'; '.join(lines)}", found=False)
        if died.kind is not FindingKind.HANG:
            self.deaths.avoid(lines[-1:])
