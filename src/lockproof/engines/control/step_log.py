"""The steps of a run as they are made, for a strategy that asks for them.

A step begins where a thread goes on from a switch point, or with the first thing that it does after another thread has
run. What makes the list of accesses incomplete is noted in `gaps`: with such a gap, no search may claim every trace.
"""

from __future__ import annotations

from types import CodeType
from typing import Final

from lockproof.core.run_steps import Access, RunStep, Sync, Synced

INSIDE: Final = "code in Python runs in the middle of a step of C code"
"""Why the accesses of a run may not all be known."""


class StepLog:
    """The steps of one run.

    `steps`: the steps so far. `waiting`: the steps that threads would make which wait for a lock at the end. `gaps`: in
    words, what the steps may lack. `coming`: for each thread the accesses of the instruction that it is about to run,
    where more is known of them than a name; `sites`: where that instruction is. `inside`: the threads that are in the
    middle of an access in C code. `alone`: what the running thread accesses comes before or after all accesses of
    others, since none was started that is not joined. That a thread has ended is not enough: it might have gone on.
    """

    def __init__(self) -> None:
        self.steps: list[RunStep] = []
        self.gaps: dict[str, None] = {}
        self.coming: dict[int, tuple[Access, ...]] = {}
        self.alone = True
        self.sites: dict[int, tuple[CodeType, int]] = {}
        self.inside: dict[int, tuple[int, int]] = {}
        self._decision = -1
        self._moved = True
        self._end: int | None = None
        self._unjoined: set[int] = set()
        self.waiting: list[RunStep] = []

    def decided(self, number: int) -> None:
        """Note that a decision has let a thread go on; its number counts from 0."""
        self._decision, self._moved = number, True

    def forced(self) -> None:
        """Note that a thread goes on without a decision."""
        self._decision, self._moved = -1, True

    def close(self) -> None:
        """Note that the rest of the run shows nothing new: its steps are left out."""
        if self._end is None:
            self._end = len(self.steps)

    def waits(self, thread: int, lock: int) -> None:
        """Note that the run ends while a thread waits for the lock of this number."""
        if self._end is not None:
            return
        self.waiting.append(RunStep(thread, -1, Synced(Sync.TAKE, lock)))

    def finished(self) -> list[RunStep]:
        """Return the steps of the run, without those that show nothing new."""
        return self.steps[: self._end]

    def passed(self, thread: int, what: str, *, writes: bool, first: bool) -> None:
        """Note that a thread goes on from a switch point, to make the access with this name.

        `first`: it is the first access of the thread, which no decision comes before.
        """
        if self.alone:
            return
        if thread in self.inside:
            self.gaps[INSIDE] = None
        step = self.at(thread) if first else self._begin(thread)
        step.site, step.name = self.sites.pop(thread, None), what
        known = self.coming.pop(thread, None)
        if known is not None:
            step.parts += known
        elif what and what[0] not in "#@":
            step.parts.append(Access(what, writes))

    def note(self, thread: int, part: Access | Synced) -> None:
        """Note what a thread does in its present step; accesses only while another thread may have steps too."""
        if isinstance(part, Synced):
            self._follow(part)
        elif self.alone:
            return
        self.at(thread).parts.append(part)

    def _follow(self, part: Synced) -> None:
        """Keep track of the threads that may have made accesses which are not ordered yet."""
        if part.sync is Sync.START:
            self._unjoined.add(part.number)
        elif part.sync is Sync.JOIN:
            self._unjoined.discard(part.number)
        self.alone = not self._unjoined

    def at(self, thread: int) -> RunStep:
        """Return the present step of a thread."""
        if self._moved or self.steps[-1].thread != thread:
            return self._begin(thread)
        return self.steps[-1]

    def _begin(self, thread: int) -> RunStep:
        step = RunStep(thread, self._decision)
        self._decision, self._moved = -1, False
        self.steps.append(step)
        return step
