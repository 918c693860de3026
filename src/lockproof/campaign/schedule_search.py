"""The search under control: scenarios one after the other, each with a portfolio of strategies.

A new scenario is explored for a short while, since most flaws need few schedules of a small scenario. New scenarios
take turns with those that are not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from lockproof.campaign.clock import Clock, Turn
from lockproof.campaign.controlled_child import ControlledChild
from lockproof.campaign.deaths import Deaths
from lockproof.campaign.evidence_builder import EvidenceBuilder
from lockproof.campaign.protocol.child import Died, generated
from lockproof.campaign.protocol.counts import Counts
from lockproof.campaign.protocol.messages import Attempt, Avoid, CallMember, Explored
from lockproof.core.avoided import Avoided, kinds_of
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt, Doubted
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind

TURN_SCHEDULES: Final = 60
"""Schedules of one turn of a scenario. With 120, half as many scenarios had a turn, and the search needed twice as many
schedules to find the rare pairs of the corpus."""

PAIR: Final = 2
PAIR_SCHEDULES: Final = 30
"""The same for a scenario of so few operations: it has fewer schedules, and most flaws show in the first of them."""

MOST_OPERATIONS: Final = 7
"""Parallel operations at most of a scenario that is explored. Few, since each multiplies the schedules; but more than
two, since each multiplies the pairs of operations that may collide even faster."""

MOST_REPEATED: Final = 100
"""Scenarios in a row at most that were explored before, or are too large, until there seem to be no others."""

AIMED_SCHEDULES: Final = 40
"""The same for the scenarios of a mutant, which all run what was changed."""

KNOWN_SCHEDULES: Final = 200
"""The same for a scenario that has failed before, in another mutant or in an earlier run."""

FIRST_LOOK: Final = 0.3
LONGEST_LOOK: Final = 2.0
"""Seconds for a scenario: at first, and at most. Each further turn is twice as long."""

ALONE: Final = 0.5
"""Seconds for the operations on one thread in a check with counts."""

BOUND: Final = 2
"""Preemptions at most of a schedule in the exhaustive part of the search."""

MOST_LATE: Final = 10
LEAST_LATE: Final = 2
LATE: Final = 10.0
"""Scenarios that are tried after the budget is spent, until one can run, since each engine must run at least one: the
most, and the fewest of them if it has been spent for so many seconds. With three seconds, a busy machine that stood
still for as long took the verdict away."""

FEWEST_SCHEDULES: Final = 5
"""Schedules that mean something, unless they are all there are of a scenario. The search goes on for them a little."""


@dataclass
class _Unfinished:
    """A scenario with schedules left, and the seconds of its next turn."""

    scenario: Scenario
    seconds: float = FIRST_LOOK


@dataclass
class ScheduleSearch:
    """Chooses which scenario is explored next: a new one, or one that is not finished.

    `avoided` knows which operations to leave out on one thread. `first` are scenarios to explore before all others.
    `outcomes` says how many distinct outcomes each scenario showed. `deaths` are the scenarios that ended the process,
    until they are followed. `has_enough`: tells whether the verdict needs no schedules any more.
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
    has_enough: Callable[[], bool] = lambda: False
    _unfinished: list[_Unfinished] = field(default_factory=list)
    _ready: bool = False
    _hopeless: bool = False
    _complete: set[Scenario] = field(default_factory=set)
    _traces: dict[Scenario, int] = field(default_factory=dict)
    _undecided: set[Scenario] = field(default_factory=set)
    _seen_once: set[Scenario] = field(default_factory=set)
    _trusted: dict[str, None] = field(default_factory=dict)
    _fresh: Iterator[Scenario] | None = None
    _beside: tuple[tuple[str, ...], ...] = ()

    def prepare(self) -> bool:
        """Start the process, and return whether it is ready. If it is not, that is added as a doubt.

        If one thread was too slow in comparing class and model, there is a second attempt: no run was lost.
        """
        for last in (False, True):
            if self._ready:
                break
            if self._hopeless:
                return False
            try:
                self.child.start(conform=self._time_on_one_thread(), skip=self.avoided.alone())
                if self._beside:
                    self.child.child.ask(Avoid(self._beside))
                self._ready = True
            except Died as died:
                if died.kind is FindingKind.HANG and not last:
                    continue
                self._hopeless = last
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
        """Scenarios that were explored."""
        return len(self.outcomes)

    def doubted(self) -> tuple[Doubted, ...]:
        """Return the doubts that the runs leave."""
        wrong = (
            (Doubted(Doubt.SEEN_ONCE, len(self._seen_once), min(map(str, self._seen_once))),) if self._seen_once else ()
        )
        return (*self.counts.doubted(), *wrong)

    def trusted(self) -> tuple[Doubted, ...]:
        """Return the doubt that is left by code without switch points, where no other engine ran."""
        return tuple(Doubted(Doubt.TRUSTED_CODE, 1, about) for about in self._trusted)

    @property
    def any_complete(self) -> bool:
        """Whether all schedules within the bound were run of some scenario."""
        return bool(self._complete)

    def _time_on_one_thread(self) -> float:
        """Return the seconds in which the process looks at its operations on one thread."""
        return ALONE if self.clock.most else min(0.5, max(self.clock.left(), 0.1) / 20)

    def search(self, turn: Turn) -> tuple[Scenario, Explored] | None:
        """Explore scenarios until the turn is over or one fails. One is explored even if the budget is spent."""
        aimed = bool(self.child.setup.aim.kinds)
        if self._fresh is None:
            self._fresh = self._generated()
        for step in count():
            few = self.counts.ran < FEWEST_SCHEDULES and not (aimed or self.any_complete)
            served = (self.explored > 0 and not few) or self.has_enough()
            late = step >= (LEAST_LATE if turn.left() < -LATE else MOST_LATE)
            over = turn.left() <= 0 and (served or late or not turn.late)
            if over or self.deaths or not self.prepare():
                return None
            fresh = self._next_fresh(turn) if step % (4 if aimed else 3) != 2 or not self._unfinished else None
            if fresh is None and not self._unfinished:
                return None
            chosen = _Unfinished(fresh) if fresh is not None else self._unfinished.pop(0)
            known = chosen.scenario in self.first
            seconds = max(chosen.seconds, LONGEST_LOOK / 2) if known else chosen.seconds
            usual = PAIR_SCHEDULES if chosen.scenario.size[0] <= PAIR else TURN_SCHEDULES
            most = KNOWN_SCHEDULES if known else AIMED_SCHEDULES if aimed else usual
            looked = self.look(chosen.scenario, turn.look(seconds), most)
            if looked is None or looked.skipped:
                continue
            if looked.found is not None:
                return chosen.scenario, looked
            if not looked.everything and looked.schedules:
                chosen.seconds = min(2 * chosen.seconds, LONGEST_LOOK)
                self._unfinished.append(chosen)
        return None

    def _next_fresh(self, turn: Turn) -> Scenario | None:
        """Return a scenario that was not explored yet; None if there seems to be none, or if the turn is over.

        A class with few operations has few scenarios, and then nearly all that the process makes were explored before.
        """
        assert self._fresh is not None
        for _ in range(MOST_REPEATED):
            scenario = next(self._fresh, None)
            if scenario is None or (scenario not in self.outcomes and self._fits(scenario)):
                return scenario
            if turn.left() <= 0 and self.explored:
                return None
        return None

    def _fits(self, scenario: Scenario) -> bool:
        """Tell whether a scenario may be explored. The process makes none that is avoided; the first are of others."""
        if scenario not in self.first:
            return scenario.size[0] <= MOST_OPERATIONS
        described = self.child.child.description
        known = kinds_of(described.kinds, described.holes) if self._beside else None
        return known is None or not Avoided(known, self._beside).has(known.bind(scenario))

    def search_beside(self, known: Sequence[Scenario], turn: Turn) -> tuple[Scenario, Explored] | None:
        """Explore scenarios in which the operations of these findings do not meet; return one that fails."""
        self._unfinished.clear()
        groups = [tuple(each.text for thread in scenario.threads for each in thread) for scenario in known]
        self._beside = (*self.avoided.avoided, *groups)
        if not self.prepare():
            return None
        self.child.child.ask(Avoid(self._beside))
        return self.search(turn)

    def look(self, scenario: Scenario, seconds: float, most: int, only: str = "portfolio") -> Explored | None:
        """Explore one scenario, `most` schedules by `only`; None if it could not run or ended the process."""
        self.clock.progress(str(scenario))
        try:
            looked = self.child.look(scenario, seconds if self.clock.most else max(seconds, 0.05), most, BOUND, only)
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
        if looked.complete and only == "portfolio" and scenario not in self._undecided:
            self._complete.add(scenario)
            if looked.traces:
                self._traces[scenario] = looked.traces
        seen_once = any(each.doubt is Doubt.SEEN_ONCE for each in looked.open)
        (self._seen_once.add if seen_once else self._seen_once.discard)(scenario)
        self._trusted |= {each.about: None for each in looked.open if each.doubt is Doubt.TRUSTED_CODE}
        self.kinds |= set(looked.kinds)
        return looked

    def ask(self, request: CallMember) -> Attempt:
        """Have the process under control make a scenario.

        Raises:
            Died: the process ended; it is started again when it is needed.

        """
        try:
            return self.child.child.ask(request)
        except Died:
            self._ready = False
            raise

    def covered(self) -> tuple[str, ...]:
        """Return a sentence about what was covered, and how much of that was not judged; nothing if nothing was."""
        if not self.explored:
            return ()
        sentence = f"under control: {self.explored} scenario{'s' if self.explored != 1 else ''}"
        if self._traces:
            whole = f"in {len(self._traces)} of them" if len(self._traces) < self.explored else "in each"
            sentence += f", {whole} every behaviour ({sum(self._traces.values()):,} traces)"
        if squares := [each for each in self.outcomes if _is_square(each)]:
            done = sum(each in self._traces for each in squares)
            sentence += f"; of two threads with two operations each, {done} of {len(squares)}"
        if complete := len(self._complete - self._traces.keys()):
            whole = f"in {complete} {'more' if self._traces else 'of them'}" if complete < self.explored else "in each"
            sentence += f"; {whole} all orders of lock operations and all schedules with at most {BOUND} preemptions"
        if self.counts.undecided:
            sentence += f"; {self.counts.undecided:,} of {self.counts.ran:,} runs were not judged"
        return (sentence,)

    def _generated(self) -> Iterator[Scenario]:
        def restart() -> None:
            self._ready = False
            if not self.prepare():
                raise Died(FindingKind.EXIT, "the process does not start again", "", ())

        yield from self.first
        try:
            yield from generated(self.child.child, restart)
        except Died as died:
            self.evidence.add_death(f"under control, while scenarios were made: {died.detail}", found=False)


def _is_square(scenario: Scenario) -> bool:
    """Tell whether a scenario has two threads with two operations each."""
    return [len(thread) for thread in scenario.threads] == [2, 2]


def alone(lines: Sequence[str]) -> Scenario:
    """Return the scenario in which one thread runs these lines."""
    return Scenario((), (tuple(map(Operation, lines)),))
