"""The findings of a campaign, each with what repeats it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import RunResult
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind


@dataclass
class Findings:
    """What was found until now, in the order in which it was found. `repeat` returns what repeats a finding."""

    repeat: Callable[[Finding], Repeat]
    evidence: EvidenceBuilder
    found: list[Finding] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def has(self, *kinds: FindingKind) -> bool:
        """Tell whether there is a finding of one of these kinds."""
        return any(each.kind in kinds for each in self.found)

    def add(self, finding: Finding) -> None:
        """Add a finding."""
        self.found.append(self.repeatable(finding))

    def add_death(self, died: Died, scenario: Scenario, seconds: float, *, concurrent: bool = True) -> None:
        """Add that a scenario ended the process, `seconds` after the campaign began.

        `concurrent`: threads had met when it did.
        """
        self.evidence.add_death(died.detail, found=True)
        finding = Finding(
            died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=seconds, failures=1, tries=1,
            concurrent=concurrent,
        )  # fmt: skip
        self.add(finding)

    def repeatable(self, finding: Finding) -> Finding:
        """Return a finding with what repeats it."""
        return replace(finding, repeat=self.repeat(finding))


def violation(scenario: Scenario, result: RunResult, seconds: float) -> Finding:
    """Return the finding that runs on real threads show, `seconds` after the campaign began."""
    return Finding(
        FindingKind.NOT_LINEARIZABLE,
        scenario,
        result.worst,
        result.explanation,
        result.outcomes,
        result.failures,
        result.invocations,
        seconds=seconds,
    )
