"""Scenarios and lines that end the child process: run again in a new one, made small, and avoided from then on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lockproof.campaign.clock import Clock
from lockproof.campaign.protocol.child import Child, Died
from lockproof.campaign.protocol.messages import Avoid, RunLines, RunResult, UseWatched
from lockproof.campaign.thread_runs import ThreadRuns
from lockproof.core.options import CheckOptions
from lockproof.core.pace import DEATH, crowding
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind
from lockproof.core.watched import Watched
from lockproof.shrink.shrinker import shrink

CRASH_HEADER: Final = "Fatal Python error"
"""The first words of the stacks of a crash; missing if a second thread crashed while the first wrote its stack."""

LATEST_SMALL: Final = 1.5
"""Parts of the budget after which a scenario that ends the process is hardly made smaller any more."""

PART_FOR_ONE_THREAD: Final = 0.1
"""Part of the budget at most for making the lines few that one thread does not come back from."""

CRASH_RETRIES: Final = 5
"""Times that a crash is repeated until its stacks are complete."""


@dataclass
class Deaths:
    """What a new child process must know, since it begins with nothing: what to avoid, and what was seen under control.

    `avoided` are groups of operations: no scenario has a whole group. `watched` is what was seen; None: nothing yet.
    `most_for_small`: seconds at most for making a scenario small that ends the process.
    """

    runs: ThreadRuns
    clock: Clock
    options: CheckOptions
    avoided: list[tuple[str, ...]] = field(default_factory=list)
    watched: Watched | None = None
    most_for_small: float = math.inf

    @property
    def child(self) -> Child:
        """The process that is ended, and started again."""
        return self.runs.child

    def avoid(self, lines: Sequence[str]) -> None:
        """From now on make no scenario with all these operations, and do not run the last one alone."""
        self.avoided.append(tuple(lines))
        self.restart()

    def restart(self) -> None:
        """Start the process if it has ended, and send it what to avoid and what was seen."""
        self.child.start()
        self.child.ask(Avoid(tuple(self.avoided)))
        if self.watched is not None:
            self.child.ask(UseWatched(self.watched))

    def alone(self) -> tuple[str, ...]:
        """Return the operations that do not run alone any more."""
        return tuple(lines[-1] for lines in self.avoided)

    def small_program(self, died: Died, hang: float) -> tuple[tuple[str, ...], Died | None]:
        """Make the lines few that one thread ran when the process died.

        Returns the lines, and how they end the process if they have `hang` seconds. None: they do not end it, and were
        only slow.
        """

        def ends(lines: Sequence[str], hang: float) -> Died | None:
            self.runs.work.idle += DEATH
            return self._same(died, lambda: self.child.ask(RunLines(tuple(lines), hang)))

        lines = died.announced
        goes_on = self.clock.limit(min(hang, self.options.budget * PART_FOR_ONE_THREAD))
        for position in reversed(range(len(lines) - 1)):
            shorter = lines[:position] + lines[position + 1 :]
            if goes_on() and ends(shorter, min(hang, 0.5)) is not None:
                lines = shorter
        return lines, ends(lines, hang)

    def small(self, scenario: Scenario, died: Died) -> tuple[Scenario, Died]:
        """Return a smaller scenario that ends the process in the same way, and how it ended.

        To see a hang takes time, so only the smallest scenario gets the full time, and candidates get less.
        """
        usual = max(2 * self.options.hang, self.options.budget * 0.3)
        left = LATEST_SMALL * self.clock.budget - self.clock.spent
        goes_on = self.clock.limit(min(usual, self.most_for_small, max(left, self.options.hang / 2)))
        small = shrink(
            scenario,
            lambda candidate: self.ends(candidate, died, min(0.5, self.options.hang)) is not None,
            goes_on,
        )
        last = self.ends(small, died, self.options.hang * crowding()) if small is not scenario else died
        for _ in range(CRASH_RETRIES):
            if last is not None and (last.kind is not FindingKind.CRASH or CRASH_HEADER in last.stacks):
                return small, last
            last = self.ends(small, died, self.options.hang * crowding())
        return (scenario, died) if last is None else (small, last)

    def again(self, scenario: Scenario, hang: float) -> Died | RunResult:
        """Run a scenario again in a new process; return how it ended the process, or its runs."""
        self.restart()
        try:
            return self._run(scenario, hang)
        except Died as died:
            self.restart()
            return died

    def ends(self, candidate: Scenario, died: Died, hang: float) -> Died | None:
        """Run a scenario; return how it ended the process, None if it did not end it in the same way as `died`."""
        return self._same(died, lambda: self._run(candidate, hang))

    def _run(self, scenario: Scenario, hang: float) -> RunResult:
        self.clock.progress(str(scenario))
        return self.runs.run(scenario, 3000, 0.5, hang=hang)

    def _same(self, died: Died, run: Callable[[], object]) -> Died | None:
        try:
            run()
        except Died as again:
            self.restart()
            return again if again.kind is died.kind else None
        return None
