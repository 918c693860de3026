"""The findings of a campaign, each with what repeats it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Died
from lockproof.campaign.protocol.messages import Explored, RunResult
from lockproof.core.errors import LockproofError
from lockproof.core.probes import comes_back
from lockproof.core.race import UNSEEN as RACE
from lockproof.core.repeat import Repeat
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, FindingKind
from lockproof.shrink.shrinker import with_sentence

UNSHRUNK: Final = "There may be a smaller case: nothing was left out of this one."

AS_FIRST_SEEN: Final = "The check ended before this case was made small and confirmed: there may be a smaller one."

UNCONFIRMED: Final = "The exploration ended before a fresh process had confirmed this."
"""What a finding says if Ctrl-C has ended what follows a failure: of a check, and of an exploration."""


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

    @property
    def of_threads(self) -> bool:
        """Whether there is a finding that needs threads."""
        return any(each.concurrent for each in self.found)

    def has(self, *kinds: FindingKind) -> bool:
        """Tell whether there is a finding of one of these kinds."""
        return any(each.kind in kinds for each in self.found)

    def add(self, finding: Finding) -> None:
        """Add a finding."""
        self.found.append(self.repeatable(finding))

    def add_death(
        self, died: Died, scenario: Scenario, seconds: float, *, concurrent: bool = True, unshrunk: bool = False
    ) -> None:
        """Add that a scenario ended the process, `seconds` after the campaign began.

        `concurrent`: threads had met when it did. `unshrunk`: nobody has tried to make the scenario smaller.
        """
        self.evidence.add_death(died.detail, found=True)
        finding = of_death(died, scenario, seconds, concurrent=concurrent)
        self.add(replace(finding, detail=with_sentence(died.detail, UNSHRUNK)) if unshrunk else finding)

    @contextmanager
    def unless_ended(self, first_seen: Callable[[], Finding], words: str = AS_FIRST_SEEN) -> Iterator[None]:
        """While inside, a failure becomes a finding. If Ctrl-C or a fault of lockproof ends that, add it as first seen.

        `words` say so then. An error that the campaign handles, like the end of a child process, passes through.
        """
        try:
            yield
        except (LockproofError, Died):
            raise
        except BaseException:
            finding = first_seen()
            self.add(replace(finding, detail=with_sentence(finding.detail, words)))
            raise

    def drop_repeated(self) -> None:
        """Leave out findings of the scenario and the results of an earlier one: both may have been made small since."""
        first: dict[object, Finding] = {}
        for each in self.found:
            seen = None if each.outcome is None else (each.outcome.threads, each.outcome.final)
            first.setdefault(id(each) if seen is None else (each.kind, each.scenario, seen), each)
        self.found[:] = first.values()

    def repeatable(self, finding: Finding) -> Finding:
        """Return a finding with what repeats it."""
        return replace(finding, repeat=self.repeat(finding))


def gravity(finding: Finding) -> tuple[int, float]:
    """Return the place of a finding in a report: the gravest first, equally grave ones as they were found.

    A process that ended is graver than threads that wait, and an exception is graver than a wrong value. An element
    that calls back into the subject comes last: many classes with a plain lock are not made for such elements.
    """
    if (
        not finding.concurrent
        and finding.kind is FindingKind.HANG
        and any(comes_back(each.text) for each in finding.scenario.operations)
    ):
        rank = 4
    elif finding.kind in (FindingKind.CRASH, FindingKind.EXIT, FindingKind.MEMORY):
        rank = 0
    elif finding.kind is not FindingKind.NOT_LINEARIZABLE:
        rank = 1
    else:
        rank = 2 if finding.outcome is not None and finding.outcome.raises else 3
    return rank, finding.seconds


def of_death(died: Died, scenario: Scenario, seconds: float, *, concurrent: bool) -> Finding:
    """Return the finding that a scenario ended the process, `seconds` after the campaign began."""
    return Finding(
        died.kind, scenario, detail=died.detail, stacks=died.stacks, seconds=seconds, failures=1, tries=1,
        concurrent=concurrent,
    )  # fmt: skip


def under_control(scenario: Scenario | None, looked: Explored, seconds: float) -> Finding:
    """Return the finding that a schedule shows, `seconds` after the campaign began."""
    found = looked.found
    assert found is not None
    return Finding(
        found.kind,
        scenario or Scenario((), ()),
        found.outcome,
        found.explanation,
        failures=1,
        tries=1,
        detail=found.detail,
        stacks=found.text,
        seconds=seconds,
        control=found.control,
    )


def told_beside(notes: Iterable[str], findings: Sequence[Finding]) -> list[str]:
    """Return the notes without data races between two lines that a finding tells of: those did change a result.

    The note is true of the scenarios whose every behaviour was run, and a reader would take it to be true of the class.
    """
    lines = [{step.place for step in each.control.steps} for each in findings if each.control is not None]

    def is_told(note: str) -> bool:
        places = [each.split(" ")[0] for each in note.removeprefix(RACE).split(" beside ")]
        return any(all(any(_same(place, line) for line in some) for place in places) for some in lines)

    return [each for each in notes if not (each.startswith(RACE) and is_told(each))]


def _same(place: str, line: str) -> bool:
    """Tell whether two texts name one line of one file: one may have the whole path."""
    return place == line or place.endswith(f"/{line}") or line.endswith(f"/{place}")


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
