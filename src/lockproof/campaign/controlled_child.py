"""The child process under control, seen from the parent: explores a program, makes a failure small, confirms it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lockproof.campaign.clock import Work, by_the_clock
from lockproof.campaign.findings import under_control
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Conform, Description, Explore, Explored, Found, Label, Labelled, Replay
from lockproof.campaign.protocol.setup import Setup
from lockproof.core.adjustment import Adjustment
from lockproof.core.environment import Environment
from lockproof.core.evidence import Doubt, clause
from lockproof.core.pace import DEATH, SCHEDULE, SKIPPED
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Finding, Masking
from lockproof.core.watched import Watched
from lockproof.shrink.shrinker import UNFINISHED, shrink, with_sentence

CONFIRMATIONS: Final = 3
"""Fresh processes at most in which to look for a schedule that another fresh process repeats."""


MOST_NOTES: Final = 12
"""Notes on runs under control, at most: more of them, of data races for instance, nobody reads."""


@dataclass
class ControlledChild:
    """The child process under control, which is started again when it dies.

    `schedules` counts those of all programs. `cycles` are orders of locks that may deadlock. `watched` is what was seen
    of operations that ran alone. `deaths` are scenarios that ended the process while another one was made small. `work`
    is the work of the engine, by which a check with counts measures its time. `given`: a process to use that is there.
    """

    setup: Setup
    memory: int
    notes: dict[str, None] = field(default_factory=dict)
    cycles: dict[str, None] = field(default_factory=dict)
    schedules: int = 0
    watched: Watched = field(default_factory=Watched)
    deaths: list[tuple[Scenario, Died]] = field(default_factory=list)
    work: Work = field(default_factory=lambda: Work(SCHEDULE))
    given: Child | None = None

    def __post_init__(self) -> None:
        self.child = self.given or Child(replace(self.setup, controlled=True), memory=self.memory)
        self._conform: Conform | None = None
        self._adjustment: Adjustment | None = None

    def adjust(self, adjustment: Adjustment) -> None:
        """Have the process and those that replace it judge by what another process has found on one thread."""
        self._adjustment = adjustment
        self.child.adjust(adjustment)

    def start(self, *, conform: float = 0.0, skip: Sequence[str] = ()) -> Description:
        """Start the process, and let it look at its operations on one thread for `conform` seconds, 0 for not at all.

        If no other process has done so, it compares class and model then, without the operations in `skip`.

        Raises:
            LockproofError: the target is wrong.
            Died: the process ended.

        """
        description = self.child.start()
        if conform:
            self._conform = Conform(conform, tuple(skip), self._adjustment)
            answer = self.child.ask(self._conform, conform)
            self.watched = answer.watched
            self.child.adjust(answer.adjustment)  # for a fresh process: it must judge as this one does
        return description

    def look(
        self, scenario: Scenario | None, seconds: float, most: int, bound: int, only: str = "portfolio"
    ) -> Explored:
        """Go on exploring a scenario, or the function: `most` schedules with at most `bound` preemptions.

        Raises:
            Died: it ended the process; the next request starts a new one.

        """
        if self.setup.counted:
            most = self.work.fitting(seconds, most)
        try:
            answer = self.child.ask(Explore(scenario, seconds, most, bound, only), seconds)
        except Died:
            self.work.idle += DEATH
            raise
        self.schedules += answer.schedules
        self.work.count += answer.schedules
        self.work.idle += SKIPPED if answer.skipped or not answer.schedules else 0.0
        for note in answer.notes:
            if len(self.notes) < MOST_NOTES:
                self.notes[note] = None
        self.cycles |= dict.fromkeys(answer.cycles)
        return answer

    def small(
        self, scenario: Scenario, looked: Explored, seconds: float, bound: int, tell: Callable[[str], None],
        limit: Callable[[float], Callable[[], bool]] = by_the_clock,
    ) -> tuple[Scenario, Explored]:  # fmt: skip
        """Return the smallest scenario found in so many seconds that fails in the same way, and what shows that.

        `limit` returns a function that tells whether so many seconds are not over.
        """
        assert looked.found is not None
        kind = looked.found.kind
        self.child.launch_next()  # for `confirmed`
        goes_on = limit(seconds)
        best = looked

        def still_fails(candidate: Scenario) -> bool:
            nonlocal best
            tell(str(candidate))
            try:
                again = self.look(candidate, 1.0, 3000, bound)
            except Died as died:
                self.deaths.append((candidate, died))
                return False
            if again.found is None or again.found.kind is not kind:
                return False
            best = again
            return True

        small = shrink(scenario, still_fails, goes_on)
        found = best.found
        if not goes_on() and found is not None:
            best = replace(best, found=replace(found, detail=with_sentence(found.detail, UNFINISHED)))
        return small, best

    def confirmed(self, scenario: Scenario | None, looked: Explored, bound: int, only: str = "portfolio") -> Explored:
        """Return the finding with a schedule that shows it again in a fresh process, which has run nothing else.

        A process that has explored other programs before counts more switch points in this one: it knows what the
        others store, and whether they ask for locks without waiting. If no schedule shows the finding again in a fresh
        process, its `replayed` is less than its `replays`.
        """
        for left in reversed(range(CONFIRMATIONS)):
            found = looked.found
            assert found is not None
            self.child.renew()
            try:
                control = found.control
                answer = self.child.ask(Replay(scenario, control.schedule, found.kind, control.replays), 10.0)
                looked = _replayed(looked, answer.again)
                if answer.again == control.replays or not left:
                    break
                again = self.look(scenario, 2.0, 10_000, bound, only)
            except Died:
                looked = _replayed(looked, 0)
                break
            if again.found is None or again.found.kind is not found.kind:
                break
            looked = again
        return looked

    def label(self, scenario: Scenario | None, found: Found, seconds: float) -> Labelled:
        """Ask whether the GIL masks a finding.

        A fresh process does not know where class and model differ on one thread. If the label depends on that, the
        process compares them first.
        """
        request = Label(scenario, found.kind, found.control.preemptions, seconds)
        try:
            answer = self.child.ask(request, seconds)
            if answer.skipped and self._conform is not None:
                self.child.ask(self._conform, self._conform.seconds)
                answer = self.child.ask(request, seconds)
        except Died as died:
            rests_on = f"the process ended while it ran schedules of a standard build: {died.detail}"
            return Labelled(Masking.UNKNOWN, rests_on, (Doubt.CHILD_LOST,))
        if answer.skipped:
            return Labelled(Masking.UNKNOWN, clause(answer.skipped), (answer.skipped,))
        return answer

    def finding(self, scenario: Scenario | None, looked: Explored, since: float, seconds: float) -> Finding:
        """Return the finding, first seen `since` seconds after the campaign began.

        With `seconds` for it, the finding has a label that says whether the GIL masks it.
        """
        found = looked.found
        assert found is not None
        control = found.control
        if control.replayed and seconds:
            label = self.label(scenario, found, seconds)
            control = replace(control, masking=label.masking, rests_on=label.rests_on, undecided=label.undecided)
        return under_control(scenario, replace(looked, found=replace(found, control=control)), since)


def _replayed(looked: Explored, times: int) -> Explored:
    """Return what was explored, with the number of replays that have shown the finding again."""
    assert looked.found is not None
    control = replace(looked.found.control, replayed=times)
    return replace(looked, found=replace(looked.found, control=control))


def labelled(finding: Finding, facts: Environment) -> Finding:
    """Return the finding with a label that agrees with what real threads have shown on this build."""
    if finding.control is None or not facts.gil:
        return finding
    shown = "real threads have shown it on this build, with the GIL on"
    return replace(finding, control=replace(finding.control, masking=Masking.SHOWN, rests_on=shown, undecided=()))
