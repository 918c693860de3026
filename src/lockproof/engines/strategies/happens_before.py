"""Which steps of a run come before which others whatever the schedule, and which pairs of steps race.

Each step has a vector clock (Mattern 1989). Steps of one thread are ordered, and so are conflicting steps, as the run
ordered them. A *race* is a pair of conflicting steps of two threads with no other step between them in this order. So
another schedule may run the second one first (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014, definition 3.3).

Some orders no schedule can reverse: the release of a lock before the waiting thread takes it, the start of a thread
before its steps, and its end before the join. What can be reversed there is who takes the lock first. So a thread that
takes a lock races with the one that had taken it before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lockproof.core.run_steps import CONTAINER, Access, RunStep, Sync, Synced, meet

type VectorClock = list[int]
"""For each thread, how many of its steps come before."""


@dataclass
class _Lock:
    """The steps that last took and released a lock, and those that have looked at it since; -1 for none."""

    taken: int = -1
    given: int = -1
    looks: list[int] = field(default_factory=list)


@dataclass
class _Accessed:
    """The steps that last wrote something, and that have read it since, with their accesses."""

    written: int = -1
    reads: list[int] = field(default_factory=list)


class HappensBefore:
    """The order of the steps of a run, and its races; `add` takes in one step after the other.

    `early`: some thread looked at or joined another one, and nothing orders that after the start: it might have come
    before, where a thread is not alive, and cannot be joined. No step stands for that.
    """

    def __init__(self) -> None:
        self.early = False
        self.steps: list[RunStep] = []
        self._clocks: list[VectorClock] = []
        self._places: list[int] = []
        self._now: dict[int, VectorClock] = {}
        self._counts: dict[int, int] = {}
        self._locks: dict[int, _Lock] = {}
        self._ends: dict[int, int] = {}
        self._starts: dict[int, int] = {}
        self._accessed: dict[str, dict[tuple[str, int], _Accessed]] = {}

    def add(self, step: RunStep) -> list[int]:
        """Take in the next step of the run, and return the numbers of the earlier steps that race with it."""
        number = len(self.steps)
        clock = list(self._now.get(step.thread, ()))
        thread = step.thread
        rivals: set[int] = set()
        races: list[int] = []
        for part in step.parts:
            if type(part) is Synced:
                if part.sync is Sync.JOIN:  # what came before it in this step is not ordered by it
                    self._meet_all(rivals, number, thread, clock, races)
                self._sync(part, number, thread, clock, rivals, races)
            else:
                assert type(part) is Access
                self._access(part, number, rivals)
        self._meet_all(rivals, number, thread, clock, races)
        place = self._counts[thread] = self._counts.get(thread, 0) + 1
        if len(clock) <= thread:
            clock += [0] * (thread + 1 - len(clock))
        clock[thread] = place
        self.steps.append(step)
        self._places.append(place)
        self._clocks.append(clock)
        self._now[thread] = clock
        for part in step.parts:
            if type(part) is Synced and part.sync is Sync.START:
                self._now[-1 - part.number] = clock
        return races

    def would_race(self, step: RunStep) -> Iterator[tuple[int, list[int]]]:
        """Yield the earlier steps that race with one that a thread waits to make, each with the reversal.

        The step is not taken in.
        """
        kept = copy.deepcopy((self._now, self._counts, self._locks, self._ends, self._accessed))
        number = len(self.steps)
        for rival in self.add(step):
            yield rival, self.reversal(rival, number)
        for each in (self.steps, self._places, self._clocks):
            each.pop()
        self._now, self._counts, self._locks, self._ends, self._accessed = kept

    def before(self, one: int, other: int) -> bool:
        """Tell whether a step comes before another one, by their numbers, in every schedule of this trace."""
        return _knows(self._clocks[other], self.steps[one].thread, self._places[one])

    def reversal(self, one: int, other: int) -> list[int]:
        """Return the steps that may run in place of the first of a race: those after it that do not depend on it."""
        return [k for k in range(one + 1, other) if not self.before(one, k)] + [other]

    def initials(self, numbers: Sequence[int]) -> list[int]:
        """Return the threads that may run first of these steps."""
        found: list[int] = []
        for place, k in enumerate(numbers):
            thread = self.steps[k].thread
            if thread not in found and not any(self.before(each, k) for each in numbers[:place]):
                found.append(thread)
        return found

    def _meet_all(self, rivals: set[int], number: int, thread: int, clock: VectorClock, races: list[int]) -> None:
        """Order a step after all of these, the latest first: what it orders is no race then."""
        rivals.discard(number)
        for rival in sorted(rivals, reverse=True):
            self._meets(rival, thread, clock, races)
        rivals.clear()

    def _meets(self, rival: int, thread: int, clock: VectorClock, races: list[int]) -> None:
        """Order a step after an earlier one on which it depends, and note the race, if that is one."""
        other = self.steps[rival].thread
        if other != thread and not _knows(clock, other, self._places[rival]):
            races.append(rival)
        _join(clock, self._clocks[rival])

    def _sync(
        self, part: Synced, number: int, thread: int, clock: VectorClock, rivals: set[int], races: list[int]
    ) -> None:
        sync, what = part.sync, part.number
        if sync is Sync.START:
            self._starts[what] = number
            return
        begun = self._starts.get(what, number)
        if begun < number and sync in (Sync.JOIN, Sync.LOOK) and thread != self.steps[begun].thread:
            self.early |= not _knows(clock, self.steps[begun].thread, self._places[begun])
        if sync is Sync.JOIN:
            if what in self._ends:
                _join(clock, self._clocks[self._ends[what]])
            return
        lock = self._locks.setdefault(what, _Lock())
        last = {each for each in (lock.taken, lock.given) if each >= 0}
        if sync is Sync.END:
            self._ends[what] = number
            rivals |= set(lock.looks)
            lock.given = number
        elif sync is Sync.LOOK:
            rivals |= last
            lock.looks.append(number)
        elif sync is Sync.GIVE:
            rivals |= set(lock.looks)
            if lock.taken < 0 or (lock.taken < number and self.steps[lock.taken].thread != thread):
                rivals |= last  # it releases what another thread has taken, so nothing orders it
            lock.given, lock.looks = number, []
        elif sync is Sync.TRY:
            rivals |= last | set(lock.looks)
            lock.taken, lock.looks = number, []
        else:
            rivals |= set(lock.looks)
            if 0 <= lock.taken < number:
                self._meets(lock.taken, thread, clock, races)
            if 0 <= lock.given < number:
                _join(clock, self._clocks[lock.given])
            lock.taken, lock.looks = number, []

    def _access(self, access: Access, number: int, rivals: set[int]) -> None:
        """Note an access, and add the steps with the latest accesses that conflict with it to `rivals`."""
        name, thing = access.name, access.object
        group = CONTAINER if name[:1] == CONTAINER else name  # the names that may meet this one
        known = self._accessed.get(group)
        if known is None:
            known = self._accessed[group] = {}
        for (other, its), accessed in known.items():
            if its == thing if its and thing else meet(name, other):
                if accessed.written >= 0:
                    rivals.add(accessed.written)
                if access.writes:
                    rivals.update(accessed.reads)
        own = known.get((name, thing))
        if own is None:
            own = known[name, thing] = _Accessed()
        if access.writes:
            own.written, own.reads = number, []
        else:
            own.reads.append(number)


def _knows(clock: VectorClock, thread: int, place: int) -> bool:
    return thread < len(clock) and clock[thread] >= place


def _join(clock: VectorClock, other: VectorClock) -> None:
    """Make each entry of `clock` the greater one of both."""
    clock += [0] * (len(other) - len(clock))
    for k, count in enumerate(other):
        if count > clock[k]:
            clock[k] = count
