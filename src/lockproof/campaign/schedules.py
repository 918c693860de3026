"""The part of a check that runs under control: scenarios one after the other, each under its portfolio of schedules.

A scenario is explored for a short while at first, since most flaws need few schedules of a small scenario; then those
that were not finished are gone on with, in turn with new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from lockproof.campaign.child import Died, generated
from lockproof.campaign.explore import FIRST_SCHEDULES, ControlledChild, Looked
from lockproof.errors import LockproofError
from lockproof.scenario import Scenario
from lockproof.verdict import FindingKind

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


@dataclass
class _Begun:
    text: str
    seconds: float = FIRST_LOOK


@dataclass
class Schedules:
    """The search under control. `explored` counts scenarios, `complete` those that were explored to the bound."""

    child: ControlledChild
    tell: Callable[[str], None]
    left: Callable[[], float]
    skip: Callable[[], Sequence[str]]
    first: Sequence[str] = ()
    explored: int = 0
    complete: int = 0
    outcomes: int = 0
    kinds: set[str] = field(default_factory=set)
    skipped: dict[str, int] = field(default_factory=dict)
    _begun: list[_Begun] = field(default_factory=list)
    _ready: bool = False
    _seen: dict[str, bool] = field(default_factory=dict)
    _fresh: Iterator[str] | None = None
    deaths: list[tuple[str, Died]] = field(default_factory=list)

    def prepare(self) -> bool:
        """Start the process; false if that cannot be done, which the check on real threads has told already."""
        if not self._ready:
            try:
                self.child.start(conform=min(0.5, max(self.left(), 0.1) / 20), skip=self.skip())
                self._ready = True
            except (Died, LockproofError):
                return False
        return True

    def search(self, seconds: float) -> tuple[Scenario, Looked] | None:
        """Explore scenarios for so long, or until one shows something."""
        end = self.left() - seconds
        aimed = bool(self.child.setup.aimed)
        if self._fresh is None:
            self._fresh = self._generated()
        for step in count():
            if self.left() <= max(end, 0) or self.deaths or not self.prepare():
                return None
            fresh = next(self._fresh, None) if step % (4 if aimed else 3) != 2 or not self._begun else None
            if fresh is None and not self._begun:
                return None
            begun = _Begun(fresh) if fresh is not None else self._begun.pop(0)
            known = begun.text in self.first
            seconds = max(begun.seconds, LONGEST_LOOK / 2) if known else begun.seconds
            most = KNOWN if known else FEWER if aimed else FIRST_SCHEDULES
            looked = self.look(begun.text, min(seconds, self.left()), most)
            if looked is None:
                continue
            if looked.found is not None:
                return Scenario.parse(begun.text), looked
            if not looked.everything and looked.schedules:
                begun.seconds = min(2 * begun.seconds, LONGEST_LOOK)
                self._begun.append(begun)
        return None

    def look(self, text: str, seconds: float, most: int) -> Looked | None:
        """Explore one scenario; None if it cannot be judged or ended the process."""
        self.tell(text)
        try:
            looked = self.child.look(text, max(seconds, 0.05), most, BOUND)
        except Died as died:
            self.deaths.append((text, died))
            self._ready = False
            return None
        except LockproofError:
            return None
        if looked.skipped:
            self.skipped[looked.skipped] = self.skipped.get(looked.skipped, 0) + 1
            return None
        if text not in self._seen:
            self._seen[text] = False
            self.explored += 1
        if looked.complete and not self._seen[text]:
            self._seen[text] = True
            self.complete += 1
        self.outcomes += looked.outcomes
        self.kinds |= set(looked.kinds)
        return looked

    def covered(self) -> tuple[str, ...]:
        """Say what was covered."""
        if not self.explored:
            return ()
        said = f"under control: {self.explored} scenario{'s' if self.explored != 1 else ''}"
        if self.complete:
            whole = f"in {self.complete} of them" if self.complete < self.explored else "in each"
            said += f", {whole} all orders of lock operations and all schedules with at most {BOUND} preemptions"
        return (said,)

    def _generated(self) -> Iterator[str]:
        def restart() -> None:
            self._ready = False
            if not self.prepare():
                raise Died(FindingKind.EXIT, "it does not start again", "", ())

        yield from self.first
        try:
            for text in generated(self.child.child, restart):
                if text not in self._seen and Scenario.parse(text).size[0] <= LARGEST:
                    yield text
        except Died:
            return
