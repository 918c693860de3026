"""The part of a check that runs under control: scenarios one after the other, each under its portfolio of schedules.

A scenario is explored for a short while at first, since most flaws need few schedules of a small scenario; then those
that were not finished are gone on with, in turn with new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Died, generated
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import Explored
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Doubted
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind

FIRST_SCHEDULES: Final = 60
"""Schedules of a scenario that is explored for the first time in a check. With 120 half as many scenarios had their
turn, and the rare pairs of the corpus took twice as many schedules until they were found."""

LARGEST: Final = 7
"""The most parallel operations of a scenario that is explored. Few, since schedules grow with them; but more than two,
since pairs of operations that may collide grow faster."""

FEWER: Final = 40
"""Schedules of a scenario at first where all scenarios are aimed at something, and of the best pairs."""

KNOWN: Final = 200
"""Schedules at first of a scenario that has shown something before, in another mutant or in another process."""

FIRST_LOOK: Final = 0.3
LONGEST_LOOK: Final = 2.0
BOUND: Final = 2

MOST_LATE: Final = 10
"""Scenarios that are tried although the time is over, until one can be run: none would leave the engine idle."""


@dataclass
class _Begun:
    scenario: Scenario
    seconds: float = FIRST_LOOK


@dataclass
class ScheduleSearch:
    """Chooses which scenario is explored next: a new one, or one that is not finished.

    `avoided` knows which operations to leave out on one thread. `first` are scenarios to explore before all others.
    `outcomes` says how many distinct outcomes each scenario showed. `deaths` are the scenarios that ended the process,
    until they are followed.
    """

    child: ControlledChild
    clock: Clock
    avoided: Deaths
    evidence: EvidenceBuilder
    first: Sequence[Scenario] = ()
    counts: Counts = field(default_factory=Counts)
    outcomes: dict[Scenario, int] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    deaths: list[tuple[Scenario, Died]] = field(default_factory=list)
    _begun: list[_Begun] = field(default_factory=list)
    _ready: bool = False
    _complete: set[Scenario] = field(default_factory=set)
    _undecided: set[Scenario] = field(default_factory=set)
    _went_wrong: set[Scenario] = field(default_factory=set)
    _fresh: Iterator[Scenario] | None = None

    def prepare(self) -> bool:
        """Start the process; false if that cannot be done, which is a doubt then.

        One thread that is only slow with comparing class and model is given another try: no run is lost.
        """
        for last in (False, True):
            if self._ready:
                break
            try:
                self.child.start(conform=min(0.5, max(self.clock.left(), 0.1) / 20), skip=self.avoided.alone())
                self._ready = True
            except Died as died:
                if died.kind is FindingKind.HANG and died.announced and not last:
                    continue
                if died.announced and died.certain and died.kind is not FindingKind.HANG:
                    self.deaths.append((alone(died.announced), died))
                else:
                    self.evidence.add_death(f"under control, before any scenario: {died.detail}", found=False)
                return False
            except LockproofError as error:
                self.evidence.add_doubt(Doubt.NO_CONTROL, error.fact)
                return False
        return True

    @property
    def explored(self) -> int:
        """How many scenarios were explored."""
        return len(self.outcomes)

    def doubted(self) -> tuple[Doubted, ...]:
        """Return what stayed undecided of the runs."""
        wrong = (
            (Doubted(Doubt.SEEN_ONCE, len(self._went_wrong), min(map(str, self._went_wrong))),)
            if self._went_wrong
            else ()
        )
        return (*self.counts.doubted(), *wrong)

    def search(self, seconds: float) -> tuple[Scenario, Explored] | None:
        """Explore scenarios for so long, or until one shows something; the first has its turn however late it is."""
        end = self.clock.left() - seconds
        aimed = bool(self.child.setup.aim.kinds)
        if self._fresh is None:
            self._fresh = self._generated()
        for step in count():
            over = self.clock.left() <= max(end, 0) and (self.explored > 0 or step >= MOST_LATE)
            if over or self.deaths or not self.prepare():
                return None
            fresh = next(self._fresh, None) if step % (4 if aimed else 3) != 2 or not self._begun else None
            if fresh is None and not self._begun:
                return None
            begun = _Begun(fresh) if fresh is not None else self._begun.pop(0)
            known = begun.scenario in self.first
            seconds = max(begun.seconds, LONGEST_LOOK / 2) if known else begun.seconds
            most = KNOWN if known else FEWER if aimed else FIRST_SCHEDULES
            looked = self.look(begun.scenario, min(seconds, self.clock.left()), most)
            if looked is None or looked.skipped:
                continue
            if looked.found is not None:
                return begun.scenario, looked
            if not looked.everything and looked.schedules:
                begun.seconds = min(2 * begun.seconds, LONGEST_LOOK)
                self._begun.append(begun)
        return None

    def look(self, scenario: Scenario, seconds: float, most: int) -> Explored | None:
        """Explore one scenario; None if it could not be run or ended the process."""
        self.clock.progress(str(scenario))
        try:
            looked = self.child.look(scenario, max(seconds, 0.05), most, BOUND)
        except Died as died:
            self.deaths.append((scenario, died))
            self._ready = False
            return None
        except LockproofError as error:
            self.evidence.add_doubt(Doubt.NO_CONTROL, f"{scenario}: {error.fact}")
            return None
        if looked.skipped:
            self.evidence.add_skipped(looked.skipped, str(scenario))
            return looked
        self.counts += looked.counts
        self.evidence.add_answers(looked.answers)
        if looked.counts.ran:
            self.outcomes[scenario] = max(self.outcomes.get(scenario, 0), looked.outcomes)
        if looked.counts.undecided:
            self._undecided.add(scenario)
        if looked.complete and scenario not in self._undecided:
            self._complete.add(scenario)
        went_wrong = any(each.doubt is Doubt.SEEN_ONCE for each in looked.open)
        (self._went_wrong.add if went_wrong else self._went_wrong.discard)(scenario)
        self.kinds |= set(looked.kinds)
        return looked

    def covered(self) -> tuple[str, ...]:
        """Say what was covered, and how much of it was not judged."""
        if not self.explored:
            return ()
        said = f"under control: {self.explored} scenario{'s' if self.explored != 1 else ''}"
        if complete := len(self._complete):
            whole = f"in {complete} of them" if complete < self.explored else "in each"
            said += f", {whole} all orders of lock operations and all schedules with at most {BOUND} preemptions"
        if self.counts.undecided:
            said += f"; {self.counts.undecided:,} of {self.counts.ran:,} runs were not judged"
        return (said,)

    def _generated(self) -> Iterator[Scenario]:
        def restart() -> None:
            self._ready = False
            if not self.prepare():
                raise Died(FindingKind.EXIT, "the process does not start again", "", ())

        yield from self.first
        try:
            for scenario in generated(self.child.child, restart):
                if scenario not in self.outcomes and scenario.size[0] <= LARGEST:
                    yield scenario
        except Died as died:
            self.evidence.add_death(f"under control, while scenarios were made: {died.detail}", found=False)


def alone(lines: Sequence[str]) -> Scenario:
    """Return the scenario in which one thread runs these lines."""
    return Scenario((), (tuple(map(Operation, lines)),))
