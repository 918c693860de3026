"""The first phase of a check: does the class do what its model says on one thread?

What does not may make each later result wrong for a reason that has nothing to do with threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.findings import Findings
from lockproof.campaign.known_waits import KnownWaits
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Conform
from lockproof.campaign.schedule_search import alone
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.verdict import FindingKind, Nonconformance

MOST_ENDINGS: Final = 3
"""Operations that end the process or hang, after which the comparison is given up."""


@dataclass
class ConformancePhase:
    """Compares class and model on one thread. `notes` are those of the check."""

    child: Child
    clock: Clock
    deaths: Deaths
    findings: Findings
    notes: list[str]
    waits: KnownWaits
    nonconformances: list[Nonconformance] = field(default_factory=list)

    def compare(self, seconds: float) -> None:
        """Compare for so many seconds. An operation that hangs or kills is a finding, and is avoided from then on.

        Raises:
            LockproofError: the class cannot be compared at all.

        """
        endings = 0
        while endings < MOST_ENDINGS:
            self.clock.progress("")
            waited = len(self.waits.kinds)
            try:
                answer = self.child.ask(Conform(seconds, self.deaths.alone()), seconds)
            except Died as died:
                self._after_death(died)
                endings += len(self.waits.kinds) == waited
                continue
            except LockproofError as error:
                if not self.findings:
                    raise
                self.notes.append(error.fact)
                return
            self.nonconformances += answer.nonconformances
            self.notes += [note for note in answer.notes if note not in self.notes]
            return
        doubt = f"{MOST_ENDINGS} operations ended the process or hung"
        self.findings.evidence.add_doubt(Doubt.CONFORMANCE_UNFINISHED, doubt)

    def _after_death(self, died: Died) -> None:
        evidence, seconds = self.findings.evidence, self.clock.elapsed
        self.deaths.restart()
        if not died.announced:
            evidence.add_death(f"before any operation: {died.detail}", found=False)
            return
        if self.waits.explain(died, alone(died.announced)):
            return
        with self.clock.during("shrinking"):
            lines, last = self.deaths.small_program(died)
        if last is not None:
            self.findings.add_death(self.waits.explained(last), alone(lines), seconds, concurrent=False)
        elif died.kind is FindingKind.HANG:
            evidence.add_skipped(Omission.TOO_SLOW, "; ".join(lines))
        else:
            evidence.add_death(f"{died.detail}, at {'; '.join(lines)}", found=False)
        self.deaths.avoid(lines[-1:])
