"""Which calls of a class wait, and the runs one call at a time that say when they may: the class itself is the model.

A call that waits for a condition, an event, a semaphore, a queue, or a lock that a living call has, does no wrong. A
call that waits for a lock which its own thread has, or which a call that is over has left taken, does, unless another
call of the class releases that lock: then taking and releasing it is what the class is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, permutations, product
from math import factorial, prod
from typing import Final

from lockproof.campaign.worker.beside import BesideJudge, outcome_of
from lockproof.core.evidence import Omission
from lockproof.core.handles import with_own_slots
from lockproof.core.operation import Operation
from lockproof.core.own_time import BEGIN, PASSING, own_time
from lockproof.core.pace import SCHEDULE, Limit, pace
from lockproof.core.probes import comes_back
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import NOT_BEGUN, WAITS
from lockproof.core.verdict import Consistency
from lockproof.engines.control.one_at_a_time import LockWait, SerialRun, SerialRuns
from lockproof.judge.stuck import SerialOutcome, StuckJudge

REPEATS: Final = 4
"""Times that a call is made in a row to see whether it waits: pools and bounded queues have small capacities here."""

_SOUNDS_LIKE_WAITING: Final = re.compile("wait|acquire|join|result|get|take|pop|put|push|lock|enter")
"""Names of calls that are looked at first: for a class with many calls, the time may not suffice for all."""

WAITING: Final = "looking for calls that wait"

LATE: Final = 3
"""How many times its time the search for calls that wait may take, for one look at each call of a slow class."""

LONG_LIMIT: Final = 0.5
"""Seconds from which on a wait with a time limit may be taken for a hang."""

MOST_RELEASES: Final = 12
"""Kinds of calls that are tried, to see whether one of them releases a lock."""

MOST_RELEASING: Final = 2
"""Calls that let another one go on, of which scenarios are made."""

MOST_TURNS: Final = 6
"""Orders of whole threads in which a scenario runs, to see whether a call waits."""

MOST_ORDERS: Final = 40
"""Orders of the calls of a generated scenario, where calls wait: each of them is a run."""

MOST_RUNS: Final = 1500
"""Runs of one scenario, in all orders of its calls and all orders in which those that wait go on."""


def orders(scenario: Scenario) -> int:
    """Return in how many orders the calls of the threads can begin, if none waits."""
    lengths = list(map(len, scenario.threads))
    return factorial(sum(lengths)) // prod(map(factorial, lengths))


@dataclass(frozen=True)
class WaitingCall:
    """A call that waits if it comes after the initial part."""

    init: tuple[Operation, ...]
    call: Operation


class SelfModel:
    """The runs of scenarios one call at a time, on subjects of this specification. Only for a process under control."""

    def __init__(self, specification: Specification, announce: Callable[[Sequence[str]], object]) -> None:
        self.specification, self._announce = specification, announce
        self._released: dict[tuple[str, bool], bool] = {}
        self._last: Limit | None = None
        self.fault = ""

    def runs(self, scenario: Scenario) -> SerialRuns:
        """Return the runs of a scenario."""
        pace.did(SCHEDULE)
        return SerialRuns(scenario, self.specification.subject, self.specification.globals)

    def begins(self, scenario: Scenario) -> bool:
        """Tell whether the initial part of a scenario comes to its end."""
        return not scenario.init or self.runs(Scenario(scenario.init, ((),))).one(()).began

    def waits_in_turn(self, scenario: Scenario) -> bool:
        """Tell whether a call waits and does no wrong if the threads run one after the other, in any order of them."""
        for turns in islice(permutations(range(len(scenario.threads))), MOST_TURNS):
            run = self.runs(scenario).one([t for t in turns for _ in scenario.threads[t]])
            if any(not self.is_released(each, scenario, run) for each in run.locks):
                return False
            if run.waited or not run.began or WAITS in run.final:
                return True
        return False

    def judge(self, scenario: Scenario, consistency: Consistency) -> StuckJudge | Omission:
        """Return the judge of a scenario, or why it cannot be judged."""
        found: dict[SerialOutcome, None] = {}
        if consistency is Consistency.QUIESCENT:
            return Omission.WAITS_FOR_EVER
        for number, run in enumerate(self.runs(scenario).all()):
            if not run.began:
                return Omission.WAITS_FOR_EVER
            if number >= MOST_RUNS:
                return Omission.TOO_MANY_ORDERS
            if run.bounded or any(not self.is_released(each, scenario, run) for each in run.locks):
                continue
            found[outcome_of(run)] = None
        return StuckJudge(scenario.threads, scenario.final, found, consistency)

    def judge_beside(self, scenario: Scenario, consistency: Consistency) -> BesideJudge | Omission:
        """Return the judge of a scenario of a class that starts threads, or why it cannot be judged."""
        if consistency is Consistency.QUIESCENT or not self.begins(scenario):
            return Omission.WAITS_FOR_EVER
        return BesideJudge(scenario, self.runs(scenario), consistency)

    def waiting_calls(self, seconds: float) -> list[WaitingCall]:
        """Return calls that wait and do no wrong, one of each kind, tried on one thread for so many seconds."""
        end, last = pace.limit(seconds, WAITING), pace.limit(LATE * seconds, WAITING)
        self._last = last
        first = [next(kind.fillings(1)) for kind in self.specification.operations if not comes_back(kind.text)]
        first.sort(key=lambda each: _SOUNDS_LIKE_WAITING.search(each.text) is None)
        found: dict[str, WaitingCall] = {}
        for each in first:
            if not last.over():
                self._look_for_wait(each, each, found)
        for before, each in product(first, first) if found else ():
            if end.over():
                break
            if not before.kind.reads and each is not before:
                self._look_for_wait(before, each, found)
        return list(found.values())

    def _look_for_wait(self, before: Operation, call: Operation, found: dict[str, WaitingCall]) -> None:
        """Find the smallest number of calls after which another call waits."""
        if call.kind.text in found or not self.waiting_in(Scenario((), ((*(before,) * REPEATS, call),))):
            return
        for number in range(REPEATS + 1):
            init = (before,) * number
            if call.kind.text in self.waiting_in(Scenario(init, ((call,),))):
                found[call.kind.text] = WaitingCall(init, call)
                return

    def scenarios(self, waiting: WaitingCall, final: Sequence[Operation]) -> Iterator[Scenario]:
        """Yield small scenarios in which a call waits, others let it go on, and others still may come in between."""
        call = waiting.call
        others = (other for other in self._others() if self._last is None or not self._last.over())
        releases = [found for other in others if (found := self._letting_go(waiting, other)) is not None]
        for init, release in releases[:MOST_RELEASING]:
            own = waiting.init[len(init) :]  # a lock may ask that the thread which has taken it releases it
            for threads in (
                ((call,), (*own, *release)),
                ((call,), (*own, *release, call)),
                ((call,), (call,), (*own, *release)),
                ((call,), (call,), (*own, *release, *release)),
                ((call,), (*own, *release), release),
            ):
                yield Scenario(init, tuple(map(tuple, with_own_slots(threads))), tuple(final))

    def _letting_go(
        self, waiting: WaitingCall, other: Operation
    ) -> tuple[tuple[Operation, ...], tuple[Operation, ...]] | None:
        """Return an initial part, and as few other calls as let the waiting one go on; None if these do not."""
        for init in dict.fromkeys((waiting.init, ())):
            own = waiting.init[len(init) :]
            for number in range(1, REPEATS):
                release = (other,) * number
                threads = tuple(map(tuple, with_own_slots(((waiting.call,), (*own, *release)))))
                run = self.runs(Scenario(init, threads)).one((*(1 for _ in own), 0, *(1 for _ in release)))
                if run.began and (0, 0) in run.waited and run.results[0][0] not in (WAITS, NOT_BEGUN):
                    return init, release
        return None

    def waiting_in(self, scenario: Scenario) -> set[str]:
        """Return the kinds whose calls wait in the first run of a scenario, and do no wrong; `fault` says what does."""
        self._announce([each.text for each in scenario.operations])
        run = next(self.runs(scenario).all())
        if wrong := [each for each in run.locks if not self.is_released(each, scenario, run)]:
            self.fault = wrong[0].text
            return set()
        return {scenario.threads[t][k].kind.text for t, k in run.waited}

    def ending_with_time(self, scenario: Scenario) -> set[str]:
        """Return the kinds of calls of a scenario that came back since time had passed, and not by `time_passes`.

        The time limit of a lock is real time on real threads: such a call looks like one that never comes back.
        """
        found = set()
        for each in dict.fromkeys(each for each in scenario.operations if not each.text.startswith(PASSING)):
            for before in dict.fromkeys(((), (each,), *((one,) for one in scenario.operations))):
                run = next(self.runs(Scenario((), ((*before, each),))).all())
                passing = any(one.text.startswith(PASSING) for one in before)
                if not passing and not run.waited and not run.locks and own_time.now - BEGIN >= LONG_LIMIT:
                    found.add(each.kind.text)
        return found

    def is_released(self, wait: LockWait, scenario: Scenario, run: SerialRun) -> bool:
        """Tell whether a call of the class releases the lock that a call waits for."""
        key = wait.lock, wait.left
        known = self._released.get(key)
        if known is None:
            looks = self._is_given_back if wait.left else self._is_set_free
            known = self._released[key] = looks(wait, scenario, run)
        return known

    def _is_given_back(self, wait: LockWait, scenario: Scenario, _: SerialRun) -> bool:
        """Tell whether a call that is over has left the lock taken for another call to release it."""
        calls = dict.fromkeys((*scenario.init, *(each for thread in scenario.threads for each in thread)))
        for leaving in dict.fromkeys(((), scenario.init, *((each,) for each in calls))):
            if wait.lock not in self._taken(leaving):
                continue
            for release in self._others():
                if wait.lock not in self._taken((*leaving, release)):
                    return True
                if leaving and wait.lock not in self._taken(leaving, (release,)):
                    return True
        return False

    def _taken(self, *threads: tuple[Operation, ...]) -> frozenset[str]:
        """Return the locks that are taken after the calls of these threads, which run one after the other."""
        order = [t for t, thread in enumerate(threads) for _ in thread]
        run = self.runs(Scenario((), threads)).one(order)
        return run.taken | {each.lock for each in run.locks}

    def _is_set_free(self, wait: LockWait, scenario: Scenario, run: SerialRun) -> bool:
        """Tell whether a call of another thread lets a call go on that waits for a lock of its own."""
        for release in self._others():
            more = replace(scenario, threads=(*scenario.threads, (release,)), final=())
            again = self.runs(more).one((*run.order, len(scenario.threads)))
            if not any(each.thread == wait.thread and each.lock == wait.lock for each in again.locks):
                return True
        return False

    def _others(self) -> list[Operation]:
        kinds = [kind for kind in self.specification.operations if not kind.reads and not comes_back(kind.text)]
        return [next(kind.fillings(1)) for kind in kinds[:MOST_RELEASES]]
