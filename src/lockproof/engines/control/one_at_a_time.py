"""A scenario whose calls run one at a time, each on its own thread: what the class does without concurrency.

A call runs until it returns or *waits*. After each call, the calls that wait and can go on now do so before the next
call begins. So a run is an order of the calls, with those that wait in it; where a call waits is seen at once, whatever
it waits for. All such runs together are the sequential specification of a class that has no other model: an outcome of
threads that run at the same time is right if one of these runs has it, calls that wait for ever included.

The rule for calls that wait for ever is that of Line-Up (Burckhardt, Dern, Musuvathi and Tan, PLDI 2010), with one
difference. There a call that waits has no effect. Here it has, since threads that meet at a barrier, or a writer that
keeps new readers out, could not be told otherwise (compare the dual operations of Scherer and Scott 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final

from lockproof.core.lives import lives
from lockproof.core.operation import SUBJECTS
from lockproof.core.own_time import own_time
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Point, Ran, Switching
from lockproof.core.values import NOT_BEGUN, WAITS
from lockproof.engines.control.install import instrumentation
from lockproof.engines.control.primitives import Lock, engine, turns
from lockproof.engines.control.program import ScenarioProgram, come_to_rest, pauses, uncontrolled
from lockproof.engines.control.task import Resource, Task, blocked

MOST_YIELDS: Final = 3
"""How often a call may step aside, in a wait with a time limit for instance, before it counts as one that waits."""

MANY_YIELDS: Final = 50
"""The same in some of the runs that are drawn: a thread that comes back again and again lets time pass."""

OF_A_SLEEP: Final = 0.01
"""What a sleep counts as where a clock is read: a loop that looks at the clock between sleeps comes to its end, often
after a hundred rounds."""

PART_OF_A_YIELD: Final = 0.05
"""What a long stretch without a wait counts as: the engine has such a thread step aside too."""

CHANGES: Final = (0.0, 0.02, 0.1, 0.3, 0.5)
"""How likely the turn goes from the calls to threads of the subject, or back, with a step of a run that is drawn."""


@dataclass(frozen=True)
class LockWait:
    """A call that waits for a lock, known by the place that made it.

    `left`: the call that took the lock has returned, or was the constructor. `text` says what waits for what.
    """

    thread: int
    lock: str
    left: bool
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class SerialRun:
    """One run. `results[t]` ends with `WAITS` if the last call of thread t waits; calls after it are `NOT_BEGUN`.

    `before[t][k]`: bits of the calls, counted through all threads, that had returned when call k of thread t began.
    `final` is empty if a thread waits. `waited` are the calls that waited at any time, by thread and number.
    `locks` are waits for a lock that the thread itself has, or that a call which is over has left taken; `taken` are
    the locks that were still taken at the end.
    """

    results: tuple[tuple[Any, ...], ...]
    before: tuple[tuple[int, ...], ...]
    final: tuple[Any, ...]
    waited: frozenset[tuple[int, int]]
    locks: tuple[LockWait, ...]
    taken: frozenset[str]
    began: bool
    bounded: bool
    order: tuple[int, ...]


class _Path:
    """The choices of a depth-first search that runs its program anew for each path."""

    def __init__(self) -> None:
        self._given: list[int] = []
        self._sizes: list[int] = []

    def begin(self) -> None:
        self._sizes = []

    def choose(self, size: int) -> int:
        step = len(self._sizes)
        self._sizes.append(size)
        if step == len(self._given):
            self._given.append(0)
        return min(self._given[step], size - 1)

    def next(self) -> bool:
        """Go to the next path; return whether there is one."""
        del self._given[len(self._sizes) :]
        while self._given and self._given[-1] + 1 >= self._sizes[len(self._given) - 1]:
            self._given.pop()
        if not self._given:
            return False
        self._given[-1] += 1
        return True


@dataclass
class _OneAtATime:
    """The strategy: no preemption, and the main thread goes on only when no call can."""

    path: _Path
    yields: dict[int, float] = field(default_factory=dict)
    branches: bool = False  # not while the threads come to their first call
    settling: bool = False  # the main thread waits for the calls
    callers: frozenset[int] = frozenset()  # the threads of the calls
    last: bool = False  # no more call begins: what waits now waits for ever
    most_yields: float = MOST_YIELDS

    def begin(self) -> bool:
        """Prepare the next run."""
        self.yields.clear()
        self.branches = self.settling = self.last = False
        self.callers = frozenset()
        return True

    def rest(self) -> None:
        """Forget who stepped aside: another call begins."""
        self.yields.clear()

    def able(self, enabled: Sequence[int]) -> list[int]:
        """Return the calls that can go on."""
        return [each for each in enabled if each and self.yields.get(each, 0.0) < self.most_yields]

    def choose(self, point: Point) -> int:
        """Return the same thread, or one of those that can go on now, or the main thread."""
        here = point.current
        if point.yielded and here:
            self.yields[here] = self.yields.get(here, 0.0) + _weight(here, point)
        able = self.able(point.enabled)
        if here in able and not point.yielded:
            return here
        others = [each for each in able if each != here] or able
        if others:
            return others[self.path.choose(len(others))] if self.branches else others[0]
        if 0 in point.enabled:
            return 0
        return min(point.enabled, key=lambda each: (self.yields.get(each, 0.0), each))

    def end(self, ran: Ran) -> None:
        """Take no notice of the run."""


def _weight(here: int, point: Point) -> float:
    """Return what it counts that this task steps aside."""
    if turns.tasks[here].deadline is not None:
        return 1.0
    if point.pending[here]:
        return PART_OF_A_YIELD
    return OF_A_SLEEP if own_time.was_read else 1.0


class _RandomPath(_Path):
    """Choices that are drawn."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def choose(self, size: int) -> int:
        return self._random.randrange(size)


class _Beside(_OneAtATime):
    """The strategy of a class that starts threads: these go on beside the calls, for a while now and then.

    They have the turn, or the calls have it, and `change` is how likely that changes with a step.
    """

    def __init__(self, random: Random, change: float) -> None:
        super().__init__(_RandomPath(random))
        self._random, self._change = random, change
        self._beside = random.random() < 0.5
        self.most_yields = random.choice((MOST_YIELDS, MOST_YIELDS, MOST_YIELDS, MANY_YIELDS))

    def _is_beside(self) -> bool:
        if self._random.random() < self._change:
            self._beside = not self._beside
        return self._beside

    def able(self, enabled: Sequence[int]) -> list[int]:
        """Return the calls that can go on; where there is none, the threads beside them if they have the turn."""
        able = super().able(enabled)
        if self.last:  # those that wait for time to pass may be left, as they are in a run that is judged
            return [each for each in able if each in self.callers or not pauses(turns.tasks[each])]
        calls = [each for each in able if each in self.callers]
        return calls or (able if self._is_beside() else [])

    def choose(self, point: Point) -> int:
        """Return a call, or a thread beside it; or the main thread, where it does not wait for the calls."""
        here = point.current
        if point.yielded and here:
            self.yields[here] = self.yields.get(here, 0.0) + _weight(here, point)
        able = super().able(point.enabled)
        calls = [each for each in able if each in self.callers]
        beside = [each for each in able if each not in self.callers]
        if beside and not self._is_beside():
            resting = self.last and self.settling and not calls
            beside = [each for each in beside if resting and not pauses(turns.tasks[each])]
        if beside:
            return here if here in beside and not point.yielded else self._random.choice(beside)
        if calls and (self.settling or 0 not in point.enabled):
            return here if here in calls and not point.yielded else self._random.choice(calls)
        if 0 in point.enabled:
            return 0
        others = [each for each in able if each not in self.callers]
        if others:
            return self._random.choice(others)
        return min(point.enabled, key=lambda each: (self.yields.get(each, 0.0), each))


class _Turn:
    """What a thread waits for between two calls."""

    given = False

    def owners(self) -> Sequence[Task]:
        return ()

    def describe(self) -> str:
        return "its turn"


class _SerialProgram(ScenarioProgram):
    """A scenario that begins one call after the other, as the path says; `more`: a call to begin last, on a thread."""

    def __init__(
        self, scenario: Scenario, new: Callable[[], Any], names: Mapping[str, Any], strategy: _OneAtATime
    ) -> None:
        super().__init__(scenario, new, names)
        self.strategy = strategy
        self._lengths = [len(thread) for thread in scenario.threads]
        self._offsets = [sum(self._lengths[:t]) for t in range(len(self._lengths))]
        self.order: list[int] | None = None

    def __call__(self) -> None:
        threads = range(len(self._lengths))
        self.began = False
        self.results, self.final = [[] for _ in threads], []
        self.before: list[list[int]] = [[] for _ in threads]
        self.returned: list[list[Any]] = [[] for _ in threads]
        self.waited: set[tuple[int, int]] = set()
        self.locks: list[LockWait] = []
        self.taken: set[str] = set()
        self.followed: list[int] = []
        self._turns, self._idle, self._done = [_Turn() for _ in threads], [False for _ in threads], 0
        self._held: list[set[Any]] = [set() for _ in threads]
        given_order = iter(self.order) if self.order is not None else None
        subjects = subjects_of_a_run(self._new, self._names)
        lives.leave()
        given = [subjects.get(name) for name in SUBJECTS]
        for step in self._init:
            with suppress(Exception):
                step.call(*given)
        self.began = True
        me = turns.me()
        assert me is not None
        tasks = [engine.spawn(partial(self._calls, t, given, subjects), f"thread {t + 1}") for t in threads]
        self.strategy.callers = frozenset(task.index for task in tasks)
        self._settle(me)
        self.strategy.branches = True
        while able := [t for t in threads if self._idle[t] and len(self.before[t]) < self._lengths[t]]:
            if given_order is None:
                t = able[self.strategy.path.choose(len(able))]
            elif (t := next(given_order, -1)) not in able:
                break
            self.followed.append(t)
            self._idle[t] = False
            self._turns[t].given = True
            self.strategy.rest()
            engine.wake(self._turns[t])
            self._settle(me)
            self.waited |= {(u, len(self.before[u]) - 1) for u in self._waiting()}
        self.strategy.last = True
        self._settle(me)
        waiting = self._waiting()
        self.returned = [list(each) for each in self.results]
        self.taken = {
            each.origin for each in dict.fromkeys(engine.resources) if each.owner is not None and not each.quiet
        }
        if waiting:
            self.locks = [each for t in waiting if (each := self._lock(t, tasks, waiting)) is not None]
        elif all(len(self.results[t]) == self._lengths[t] for t in threads):
            come_to_rest(me)
            for step in self._final:
                self.final.append(WAITS)  # until it returns
                self.final[-1] = self._attempt(step, given, subjects)
            lives.finish(subjects.values())
        if not all(task.done for task in turns.tasks[1:]):
            turns.give_up()  # what still waits, or never ends, ends now

    def _calls(self, t: int, given: list[Any], subjects: dict[str, Any]) -> None:
        me, turn = turns.me(), self._turns[t]
        assert me is not None
        for k, step in enumerate(self._threads[t]):
            self._idle[t] = True
            while not turn.given:
                engine.wait(me, turn)
            turn.given = False
            self.before[t].append(self._done)
            self._held[t] = set(me.held)
            self.results[t].append(self._attempt(step, given, subjects))
            self._done |= 1 << self._offsets[t] + k

    def _settle(self, me: Task) -> None:
        """Let all calls go on until each has returned or waits."""
        self.strategy.settling = True
        while self.strategy.able(turns.enabled):
            engine.point(me, "")
        self.strategy.settling = False

    def _waiting(self) -> list[int]:
        return [t for t, begun in enumerate(self.before) if len(begun) > len(self.results[t])]

    def _lock(self, t: int, tasks: Sequence[Task], waiting: Sequence[int]) -> LockWait | None:
        """Return that thread t waits for a lock which no living call of another thread will release."""
        wanted: Resource | None = tasks[t].wants
        if not isinstance(wanted, Lock) or wanted.quiet or not wanted.taken or wanted.owner is None:
            return None
        owner = next((u for u, task in enumerate(tasks) if task is wanted.owner), None)
        left = owner is None or owner not in waiting or wanted in self._held[owner]
        if owner is not None and owner != t and not left:
            back = {t}
            while owner in waiting and owner not in back:  # a ring of living calls is a deadlock
                back.add(owner)
                needs = tasks[owner].wants
                if not isinstance(needs, Lock) or needs.quiet:
                    return None
                owner = next((u for u, task in enumerate(tasks) if task is needs.owner), -1)
            if owner not in back:
                return None
        with uncontrolled():
            row = blocked(tasks[t])
        other = "its own call has it" if wanted.owner is tasks[t] else "a call that still runs has it"
        has = "a call that is over has left it taken" if left else other
        since = f", since {row.owned_since}" if row.owned_since else ""
        return LockWait(t, wanted.origin, left, f"it waits at {row.place} for {row.waits_for}: {has}{since}")


class SerialRuns:
    """The runs of a scenario on subjects made by `new`, one call at a time; `names` are the global names of lines."""

    def __init__(self, scenario: Scenario, new: Callable[[], Any], names: Mapping[str, Any]) -> None:
        self._lengths = [len(thread) for thread in scenario.threads]
        self._finals = len(scenario.final)
        self._path = _Path()
        self._strategy = _OneAtATime(self._path)
        self._program = _SerialProgram(scenario, new, names, self._strategy)

    def all(self) -> Iterator[SerialRun]:
        """Yield a run for each order in which the calls can begin, and for each order in which waiting ones go on."""
        self._program.order = None
        while True:
            yield self._run()
            if not self._path.next():
                return

    def drawn(self, random: Random, order: Sequence[int] | None) -> SerialRun:
        """Return a run in this order, or one that is drawn; threads that the subject starts go on beside the calls."""
        self._program.order = None if order is None else list(order)
        strategy = _Beside(random, random.choice(CHANGES))
        self._path, self._strategy, self._program.strategy = strategy.path, strategy, strategy
        return self._run()

    def one(self, order: Sequence[int]) -> SerialRun:
        """Return the run in which the threads begin their calls in this order, as far as they can."""
        self._program.order = list(order)
        self._path = self._strategy.path = _Path()
        return self._run()

    def _run(self) -> SerialRun:
        program, before = self._program, instrumentation.switching
        self._path.begin()
        self._strategy.begin()
        instrumentation.switch(Switching.SYNC)
        try:
            result = engine.run(program, self._strategy)
        finally:
            instrumentation.switch(before)
        rows = []
        for t, length in enumerate(self._lengths):
            ended = program.returned[t]
            row = [*ended, *([WAITS] if len(program.before[t]) > len(ended) else [])]
            rows.append((*row, *[NOT_BEGUN] * (length - len(row))))
        return SerialRun(
            tuple(rows),
            tuple(
                (*each, *[0] * (length - len(each))) for each, length in zip(program.before, self._lengths, strict=True)
            ),
            tuple(program.final),
            frozenset(program.waited),
            tuple(program.locks),
            frozenset(program.taken),
            program.began,
            result.bounded,
            tuple(program.followed),
        )
