"""The engine: runs a program so that one thread goes on at a time, and hands over where a strategy says so.

Each logical thread is a `Task` that has an operating-system thread for itself while it lives, so that everything
which asks "which thread am I?" is answered truly. It waits on a lock of its own, its *baton*, whenever it may not run;
a hand-over releases the baton of the one and acquires that of the other, and happens only when another task is chosen.

Nothing here takes a lock of the subject, and nothing calls a method of it.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn

from lockproof.core.errors import LockproofError
from lockproof.core.interpreter import THREAD_NAMES, is_gil_enabled, running_threads
from lockproof.core.schedule import Point, Ran, Redundant, Strategy
from lockproof.engines.control.baton import Baton, hand_over, new_baton
from lockproof.engines.control.carriers import StandIns, Worker
from lockproof.engines.control.lock_order import LockOrder
from lockproof.engines.control.processor import Processor
from lockproof.engines.control.task import (
    Abandoned,
    Lost,
    Resource,
    Result,
    Site,
    Task,
    asleep,
    blocked,
    site_of_thread,
    stacks_of,
)
from lockproof.engines.control.turns import Turns

MOST_STEPS: Final = 20_000
"""Switch points of one run after which it is given up."""

SPIN: Final = 400
"""Switch points in a row after which a task that others wait beside is made to yield: it may be spinning."""

STALL: Final = 0.1
"""Seconds without a step after which a task that sleeps in the system is taken to wait for something uncontrolled."""

PATIENCE: Final = 3.0
"""Seconds that a task may take to come to an end when its run is given up."""

PREEMPTED: Final = "another thread goes on"
"""Why a thread stopped that could have gone on."""


class Engine(Turns):
    """One for the process: the interpreter's hooks find it. `run` is called by a thread that is not under control."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[str] = []
        self.firsts: list[str] = []
        self.limit = 10.0
        self.now = 0.0
        self.tries = False  # whether the program asks for locks without waiting: then a release is a switch point too
        # Whether a thread ends with its task: there is thread-local data, or a finalizer where there is no GIL. The
        # second may be that of this run's program alone.
        self.fresh_threads = self._fresh = False
        self.watcher: Callable[[Task, Site | None, str, FrameType | None], None] | None = None
        self._strategy: Strategy | None = None
        self._point = Point()
        self._choices: list[int] = []
        self._preemptions = self._streak = 0
        self._ended = new_baton()
        self._idle: list[Worker] = []
        self._departed: tuple[Worker, Baton] | None = None  # ends for good, and what to release when it has
        self._redundant = False
        self.reason = ""  # why the last hand-over was
        self.runs = 0
        self.ids: dict[int, tuple[int, Any]] = {}
        self._stand_ins = StandIns()
        self._broken: BaseException | None = None
        self.resources: list[Any] = []
        self.order = LockOrder()
        self._processor = Processor()

    # For the thread that asks for runs.

    def run(self, program: Callable[[], object], strategy: Strategy) -> Result:
        """Run the program under the choices of the strategy, which has begun this run; return what it came to.

        Raises:
            Lost: a task neither goes on nor ends: there was no step for `limit` seconds.

        """
        self._processor.settle(worker.native for worker in self._idle)
        self._strategy = strategy
        self.runs += 1
        self._fresh = getattr(program, "finalizes", False) and not is_gil_enabled()
        self.ids = {}
        self.tasks, self.pending, self.firsts, self.resources = [], [], [], []
        self.abandoning = self._redundant = False
        self._returned, self._spun, self._nobody, self._over = [], set(), False, False
        self._broken = None
        self.step = self.handed = self._preemptions = self._streak = 0
        self.now = 1000.0
        self._choices, self._point.touched, self._point.own = [], set(), None
        self.order.clear()
        THREAD_NAMES.replace(itertools.count(1).__next__)  # equal names in each run
        self._result = Result(Ran((), 0, ()))
        root = self.spawn(program, "main thread")
        self.current = root
        self._wake(root)
        self._watch(self.limit)
        self.current = None
        self.by_ident.clear()  # whoever comes back from a wait that was not under control finds its run gone
        if not self.abandoning:
            left = [each for each in dict.fromkeys(self.resources) if each.owner is not None and not each.quiet]
            self._result.held = [(each.describe(), each.owner.name) for each in left]
        for resource in self.resources:
            resource.reset()
        if self._broken is not None:
            raise self._broken
        result = self._result
        result.cycles = self.order.cycles()
        steps = [task.steps for task in self.tasks]
        result.ran = Ran(self._choices, self._preemptions, steps, self.firsts, self._redundant)
        return result

    def _watch(self, limit: float) -> None:
        """Wait for the end of the run; see to it that a task which waits for the uncontrolled keeps nobody up."""
        seen, since = -1, time.monotonic()
        while not (self._ended.wait(STALL) and self._over_after_departure()):
            state = self.step + self.handed
            if state != seen:
                seen, since = state, time.monotonic()
                continue
            waited = time.monotonic() - since
            task = self.current
            if self.abandoning and waited > PATIENCE:
                raise Lost(
                    f"{task.name if task else 'a thread'} does not end when its run is given up", stacks_of(self.tasks)
                )
            if task is not None and not self.abandoning and not self.inside and asleep(task.native):
                self._stalled(task, state)
            if waited > limit:
                raise Lost(f"{task.name if task else 'a thread'} made no step for {limit:g} s", stacks_of(self.tasks))

    def _over_after_departure(self) -> bool:
        """Tell whether the run is over; if it was a thread that ends for good, let the next task go on after it.

        Raises:
            Lost: the thread does not end.

        """
        if self._departed is None:
            return True
        (worker, released), self._departed = self._departed, None
        if not worker.join(PATIENCE):
            raise Lost("a thread that has done its work does not end", stacks_of(self.tasks))
        if released is self._ended:
            return True
        released.release()
        return False

    # For tasks.

    def number(self) -> int:
        """Return a number for something that the running task makes: the same whatever other tasks do."""
        task = self.current
        assert task is not None
        task.made += 1
        return (task.index + 1) * 1_000_000 + task.made

    def spawn(self, function: Callable[[], object], name: str, daemon: bool = False, thread: Any = None) -> Task:
        """Make a task that can be chosen from now on."""
        task = Task(len(self.tasks), function, name, daemon)
        self.inside, inside = True, self.inside
        try:
            task.worker = self._idle.pop() if self._idle else Worker(self._ended_in)
            task.ident, task.native = task.worker.ident, task.worker.native
            if thread is None:
                self._stand_ins.enter(task)
        finally:
            self.inside = inside
        self.by_ident[task.ident] = task
        running_threads[task.ident] = task.thread = thread or task.thread
        if self.current is not None:
            self._point.touched.add(-1 - task.index)
            self.current.fresh = False  # from here on another thread may come before its first switch point
        self.tasks.append(task)
        self.pending.append("")
        self.firsts.append("")
        self._renew()
        return task

    def point(self, task: Task, what: str) -> None:
        """Let the strategy choose before the task does what it is about to do."""
        if self.inside or self._leaving():
            return
        if self._returned:
            with self._guard:
                self._notice_returned()
        self.step = step = self.step + 1
        task.steps += 1
        self.pending[task.index] = what
        if task.fresh:
            task.fresh = False
            self.firsts[task.index] = what
            return
        arrived, task.arrived = task.arrived, False
        if len(self.enabled) < 2:
            if step > MOST_STEPS:
                self._give_up(bounded=True)
            return
        if not task.ready:
            self._leave(task, self._decide(task, self.enabled, True))
            return
        self._streak += 1
        if self._streak > SPIN:
            self._result.forced = True
            self.step_aside(task, strict=True)
            return
        if step > MOST_STEPS:
            self._give_up(bounded=True)
        enabled = self.enabled
        if self._spun:
            enabled = self._fair(enabled, task.index)
        chosen = self._decide(task, enabled, arrived)
        if chosen != task.index:
            self.reason = PREEMPTED
            self._leave(task, chosen)

    def loop(self, task: Task) -> None:
        """Count a jump backward: a loop without any other switch point must not go on for ever."""
        task.loops += 1
        if task.loops > 10 * SPIN:
            task.loops = 0
            self._result.forced = True
            if not self._leaving():
                self.step += SPIN
                self.step_aside(task, strict=True)

    def step_aside(self, task: Task, *, strict: bool = False) -> None:
        """Let others go on, without a preemption. `strict`: or after it did so already, with nothing in between."""
        if self._leaving():
            return
        self.step += 1
        strict = strict or task.since == self.handed
        task.yields += 1
        task.since = self.handed
        self._streak = 0
        others = tuple(index for index in self.enabled if index != task.index)
        if not others:
            self.now += 0.001 * task.yields  # a loop that waits for the time to pass must see it pass
            if self.step > MOST_STEPS:
                self._give_up(bounded=True)
            return
        if self.step > MOST_STEPS:
            self._give_up(bounded=True)
        if strict and all(self.tasks[index].since == self.handed for index in others):
            self.now += 0.001 * task.yields
        self.reason = "it yields"
        if strict:
            others = self._fair(others) or others
            self._spun.add(task)
        chosen = self._decide(task, others if strict else self.enabled, True, yielded=True)
        if chosen != task.index:
            self._leave(task, chosen)

    def wait(self, task: Task, resource: Resource, deadline: float | None = None) -> None:
        """Wait until the task is made ready (see `wake`), or is chosen at its deadline."""
        if self._leaving():
            return
        task.wants, task.deadline = resource, deadline
        if deadline is not None:
            self._result.timed = True
            self.step_aside(task)
        else:
            self._set_ready((task,), False)
            self._go_on_without(task)
        task.wants = task.deadline = None

    def _leaving(self) -> bool:
        """Tell whether the run is given up, and the task on its way out: what it cleans up then is no step any more.

        Raises:
            Abandoned: the run is given up, and the task does not know it yet.

        """
        if not self.abandoning:
            return False
        if isinstance(sys.exception(), Abandoned):
            return True
        raise Abandoned

    def wake(self, resource: Resource) -> None:
        """Say that the tasks which wait for this can go on; they do so when they are chosen."""
        self._set_ready([task for task in self.tasks if task.wants is resource and not task.done], True)

    def hold_back(self, resource: Resource, owner: Task) -> None:
        """Say that others who are about to take this cannot go on, since it has been taken."""
        others = [each for each in self.tasks if each.wants is resource and each is not owner and each.deadline is None]
        self._set_ready(others, False)

    def touch(self, number: int) -> None:
        """Note that the step now being done touches this lock."""
        self._point.touched.add(number)

    def join(self, task: Task, other: Task, deadline: float | None = None) -> None:
        """Wait for the end of another task, or for the time."""
        while not other.done and (deadline is None or self.now < deadline):
            self.wait(task, other, deadline)
            if self.abandoning:
                return
            if deadline is not None and not other.done:
                self.now = max(self.now, deadline)
                self.touch(0)
        self.touch(-1 - other.index)

    # The inside.

    def _decide(self, task: Task, enabled: tuple[int, ...], free: bool, *, yielded: bool = False) -> int:
        if len(enabled) == 1:
            if enabled[0] != task.index:
                self._forced(enabled[0])
            return enabled[0]
        if self._redundant:
            return _aimless(task, enabled, free)
        point = self._point
        point.current, point.enabled, point.free, point.step = task.index, enabled, free, self.step
        point.pending, point.yielded = self.pending, yielded
        self.inside = True
        try:
            chosen = self._strategy.choose(point)  # type: ignore[union-attr]
            if chosen not in enabled:
                raise LockproofError(f"the strategy chose thread {chosen}, and only {enabled} can go on")
        except Redundant:
            self._redundant = True  # it runs to its end all the same: given up, it would leave shared things half done
            return _aimless(task, enabled, free)
        except (Abandoned, RecursionError):
            raise  # the second: the program's own stack is used up
        except BaseException as error:
            self._broken = error  # for whoever asked for the run: no task may catch it
            self._give_up()
        finally:
            self.inside = False
        point.touched, point.own = set(), None
        self._choices.append(chosen)
        if chosen != task.index and not free:
            self._preemptions += 1
        return chosen

    def _forced(self, index: int) -> None:
        """Tell the strategy that another thread goes on without a decision: the step before is complete."""
        point = self._point
        if point.own is None:
            point.own = frozenset(point.touched)
        forced = getattr(self._strategy, "forced", None)
        if forced is not None and not self._redundant and forced(index, point):
            self._redundant = True

    def _leave(self, task: Task, chosen: int) -> None:
        """Hand over to another task, and come back when this one is chosen again."""
        self._streak = 0
        self.handed += 1
        other = self.tasks[chosen]
        self.current, other.went = other, self.handed
        hand_over(self._baton_of(other), task.worker.baton)
        if self.abandoning:
            raise Abandoned

    def _go_on_without(self, task: Task) -> None:
        """Choose another task since this one waits; if there is none, that is a deadlock."""
        while not task.ready:
            self.reason = f"it waits for {task.wants.describe()}" if self.watcher and task.wants else ""
            if not self.enabled:
                if self._awaits_lost():
                    self._park(task)
                    return
                if not self.enabled:
                    self._deadlock()
            self._leave(task, self._decide(task, self.enabled, True))

    def _deadlock(self) -> None:
        stuck = [task for task in self.tasks if not task.done]
        self.inside = True  # what describes them is no step of anybody
        try:
            table = [blocked(task) for task in stuck]
        finally:
            self.inside = False
        if self.tasks[0].done:
            self._result.left = [row for task, row in zip(stuck, table, strict=True) if not task.daemon]
        else:
            self._result.deadlock = table
        self._give_up()

    def _give_up(self, *, bounded: bool = False) -> NoReturn:
        if bounded:
            able = [task for task in self.tasks if task.ready and not task.done]
            self._result.bounded = True
            if all(
                self.step - task.stored > MOST_STEPS // 4
                and task.steps - task.stored_steps + SPIN * (task.yields - task.stored_yields) > SPIN
                for task in able  # one that was not chosen all the while may well have something to store
            ):
                self._result.loops = [f"{task.name} at {site_of_thread(task.ident)}" for task in able]
        self.abandoning = True
        raise Abandoned

    def _ended_in(self, worker: Worker, task: Task, error: BaseException | None) -> tuple[Baton | None, bool]:
        """Take notice of the end of a task's function in its thread.

        Returns what the thread is to release, so that others go on, and whether it is to run more tasks.
        """
        if self.by_ident.get(task.ident) is not task:
            return None, False  # its run is over long ago
        if task.lost:
            with suppress(Abandoned):
                self._rejoin(task)
        if task.done:
            return None, False  # so it is since just now
        if error is not None and not self.abandoning:
            self._result.errors.append((task.name, error))
        del self.by_ident[task.ident]
        running_threads.pop(task.ident, None)
        again = not (self.fresh_threads or self._fresh)
        if again:
            self._idle.append(worker)
        released = self._finished(task)
        if again or released is None:
            return released, again
        self._departed = worker, released
        return self._ended, False

    def _finished(self, task: Task) -> Baton | None:
        """Take in that the task's function has ended; return what to release: another task goes on, or the run ends."""
        task.done = True
        self.reason = "it ends"
        self.touch(-1 - task.index)
        self.wake(task)
        self._renew()
        self.handed += 1
        chosen = self._after(task)
        if chosen is None:
            with self._guard:
                chosen = self._returned.pop() if self._returned else None
                self._over = chosen is None
        if chosen is None:
            return self._ended
        if chosen is task:
            return None  # all others wait for what is not under control
        self.current, chosen.went = chosen, self.handed
        return self._baton_of(chosen)

    def _after(self, task: Task) -> Task | None:
        """Return who goes on after the end of a task; None when all have ended, itself if others may come back."""
        if not self.abandoning:
            try:
                for joiner in self.tasks:
                    if joiner.wants is task and joiner.ready:
                        joiner.arrived = len(self.enabled) > 1
                        if self._point.own is None:
                            self._point.own = frozenset(self._point.touched)
                        return joiner
                alive = [each for each in self.tasks if not each.done]
                if alive and self.tasks[0].done and all(each.daemon for each in alive):
                    self._give_up()  # daemon threads end with the program
                if alive and not self.enabled and self._awaits_lost():
                    return task
                if self.enabled:
                    return self.tasks[self._decide(task, self.enabled, True)]
                if alive:
                    self._deadlock()
            except Abandoned:
                pass
        for each in self.tasks:
            if not each.done and each.begun and not each.lost:
                return each
            if not each.begun and not each.done:
                each.done = True
                self._idle.append(each.worker)
                running_threads.pop(each.ident, None)
        return None


def _aimless(task: Task, enabled: tuple[int, ...], free: bool) -> int:
    """Choose in a run of which nobody wants to know any more: the task itself, or the others in turn."""
    if not free and task.index in enabled:
        return task.index
    return next((index for index in enabled if index > task.index), enabled[0])
