"""The engine: runs a program one thread at a time, and hands over to another thread where a strategy says so.

Each thread of the program is a `Task` that has an operating-system thread for itself while it lives, so that code which
asks for the current thread gets the right answer. A task that must not run waits for its *baton*. A hand-over releases
the baton of the chosen task and waits for the baton of the task that leaves; it happens only when another task is
chosen.

The engine takes no lock of the subject, and calls no method of it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn

from lockproof.core.interpreter import THREAD_NAMES
from lockproof.core.own_time import own_time
from lockproof.core.own_time import real as time
from lockproof.core.run_steps import Access, Sync, Synced, thread_number
from lockproof.core.schedule import Ran, Strategy
from lockproof.engines.control.baton import Baton
from lockproof.engines.control.carriers import PATIENCE, Carrier, Carriers
from lockproof.engines.control.decisions import Decisions
from lockproof.engines.control.identities import Identities
from lockproof.engines.control.lock_order import LockOrder
from lockproof.engines.control.step_log import StepLog
from lockproof.engines.control.task import (
    Abandoned,
    Lost,
    Resource,
    Result,
    Site,
    Task,
    asleep,
    blocked,
    kind_of,
    site_of_thread,
    stacks_of,
    unended,
)
from lockproof.engines.control.turns import Turns, baton_of

MOST_STEPS: Final = 20_000
"""Switch points after which a run is given up."""

SPIN: Final = 400
"""Switch points in a row after which a task must yield to the others: it may be spinning."""

STALL: Final = 0.1
"""Seconds without a step after which a task that sleeps in the system counts as waiting for something uncontrolled."""

PREEMPTED: Final = "another thread goes on"
"""The reason of a hand-over from a thread that could have gone on."""


class Engine:
    """Runs programs under control, one run at a time; the hooks of the interpreter call the one engine of the process.

    `turns`, `decisions` and `carriers` have the tasks, the choices and the threads of the present run. The engine
    itself has what the locks and clocks of the run need: `now`, the virtual time in seconds; `resources`, all that was
    waited for; `order`, the order of locks; `ids`, the numbers that stand for the addresses of objects; and `tries`:
    some code asks for a lock without waiting, so the release of a lock is a switch point too. `limit` is the longest
    time in seconds without a step. `watcher` is called at each access, and `reason` is that of the last hand-over.
    `log` has the steps of the run, if its strategy needs them, and `prepare` is called before each run. `touch` notes
    that the present step touches a lock, a thread or time (see `Decisions`).
    """

    def __init__(self) -> None:
        self.turns = Turns()
        self.decisions = Decisions(self.turns)
        self.touch = self.decisions.touch
        self.carriers = Carriers(self._ended)
        self.limit = 10.0
        self.watcher: Callable[[Task, Site | None, str, FrameType | None], None] | None = None
        self.log: StepLog | None = None
        self.prepare: Callable[[], object] = lambda: None
        self.runs = 0
        self.tries = False
        self.order = LockOrder()
        self._begin()

    def _begin(self) -> None:
        """Forget the run before."""
        own_time.begin()
        self.reason = ""
        self.ids = Identities()
        self.resources: list[Any] = []
        self.order.clear()
        self._result = Result(Ran((), 0, ()))

    @property
    def now(self) -> float:
        """The time of the run in seconds."""
        return own_time.now

    @now.setter
    def now(self, seconds: float) -> None:
        own_time.advance(seconds - own_time.now)

    # For the thread that starts runs.

    def run(self, program: Callable[[], object], strategy: Strategy) -> Result:
        """Run the program under the choices of the strategy, whose `begin` has been called for this run.

        Raises:
            Lost: a task neither goes on nor ends: there was no step for `limit` seconds.

        """
        turns, decisions = self.turns, self.decisions
        self.carriers.begin(finalizes=getattr(program, "finalizes", False))
        self.runs += 1
        self._begin()
        turns.begin()
        decisions.begin(strategy)
        self.log = decisions.log
        self.prepare()
        THREAD_NAMES.replace(itertools.count(1).__next__)  # equal names in each run
        root = self.spawn(program, "main thread")
        turns.current = root
        baton_of(root).release()
        self._watch(self.limit)
        turns.current = None
        turns.by_ident.clear()  # a task that comes back now from an uncontrolled wait finds its run gone
        for task in turns.tasks:
            task.function = task.thread = None  # no cycle for the collector
        if not turns.abandoning:
            left = [each for each in dict.fromkeys(self.resources) if each.owner is not None and not each.quiet]
            self._result.held = [(each.describe(), each.owner.name) for each in left]
        for resource in self.resources:
            resource.reset()
        if decisions.error is not None:
            raise decisions.error
        result = self._result
        result.cycles = self.order.cycles()
        result.ran = decisions.ran()
        return result

    def _watch(self, limit: float) -> None:
        """Wait for the end of the run; meanwhile pass over a task that waits for something uncontrolled.

        Raises:
            Lost: there was no step for `limit` seconds, or a task does not end when its run is given up.

        """
        turns = self.turns
        seen, since = -1, time.monotonic()
        while not self.carriers.await_end(STALL, turns.tasks):
            state = turns.step + turns.handed
            if state != seen:
                seen, since = state, time.monotonic()
                continue
            waited = time.monotonic() - since
            task = turns.current
            name = task.name if task else "a thread"
            if turns.abandoning and waited > PATIENCE:
                raise Lost(f"{name} does not end when its run is given up", stacks_of(turns.tasks))
            if task is not None and not turns.abandoning and not turns.inside and asleep(task.native):
                place = turns.lost.pass_over(task, state)
                if place is not None and place not in self._result.native:
                    self._result.native.append(place)
            if waited > limit:
                raise Lost(f"{name} made no step for {limit:g} s", stacks_of(turns.tasks))

    # For tasks.

    def number(self) -> int:
        """Return a new number for an object of the running task; it does not depend on what other tasks do."""
        task = self.turns.current
        assert task is not None
        task.made += 1
        return (task.index + 1) * 1_000_000 + task.made

    def spawn(self, function: Callable[[], object], name: str, daemon: bool = False, thread: Any = None) -> Task:
        """Return a new task that can be chosen from now on. `thread` is its Thread object, if it has one."""
        turns = self.turns
        task = Task(len(turns.tasks), function, name, daemon)
        task.thread = thread
        task.kind = kind_of(function, thread)
        turns.inside, inside = True, turns.inside
        try:
            self.carriers.carry(task)
        finally:
            turns.inside = inside
        turns.by_ident[task.ident] = task
        if turns.current is not None:
            self.synced(Sync.START, thread_number(task.index))
        self.decisions.add_task()
        turns.add(task)
        return task

    def point(self, task: Task, what: str, *, writes: bool = True) -> None:
        """Let the strategy choose before the task makes an access; `what` names it (see `Point.pending`).

        `writes`: the access may change something.
        """
        # Most of the time of a run goes by here, so the usual case makes no call but that of the strategy.
        turns = self.turns
        if turns.inside or (turns.abandoning and self._leaving()):
            return
        if turns.lost.returned:
            turns.lost.notice()
        turns.step = step = turns.step + 1
        task.steps += 1
        decisions, index, first = self.decisions, task.index, task.fresh
        decisions.pending[index] = what
        if first:
            task.fresh = False
            decisions.firsts[index] = what
        else:
            arrived, task.arrived = task.arrived, False
            enabled = turns.enabled
            if step > MOST_STEPS or turns.streak >= SPIN or turns.looped or not task.ready:
                self._choose_seldom(task, enabled, arrived)
            elif len(enabled) > 1:
                turns.streak += 1
                chosen = decisions.decide(task, enabled, arrived)
                if chosen != index:
                    self.reason = PREEMPTED
                    turns.leave(task, chosen)
        if self.log is not None:
            self.log.passed(index, what, writes=writes, first=first)

    def _choose_seldom(self, task: Task, enabled: tuple[int, ...], arrived: bool) -> None:
        """Let the strategy choose where the task cannot go on, may be spinning, or has made too many steps."""
        turns = self.turns
        if len(enabled) < 2:
            if turns.step > MOST_STEPS:
                self._give_up_at_bound()
            return
        if not task.ready:
            turns.leave(task, self.decisions.decide(task, enabled, True))
            return
        turns.streak += 1
        if turns.streak > SPIN:
            self._result.forced = True
            self.step_aside(task, strict=True)
            return
        if turns.step > MOST_STEPS:
            self._give_up_at_bound()
        chosen = self.decisions.decide(task, turns.fair(enabled, task.index) if turns.looped else enabled, arrived)
        if chosen != task.index:
            self.reason = PREEMPTED
            turns.leave(task, chosen)

    def loop(self, task: Task) -> None:
        """Count a jump backward; a task that loops without any other switch point must step aside now and then."""
        task.loops += 1
        if task.loops > 10 * SPIN:
            task.loops = 0
            self._result.forced = True
            if not self._leaving():
                self.turns.step += SPIN
                self.step_aside(task, strict=True)

    def step_aside(self, task: Task, *, strict: bool = False) -> None:
        """Let other tasks go on, without a preemption.

        `strict`: another task must go on, if one can. So it is too when the task steps aside a second time with no
        hand-over in between.
        """
        if self._leaving():
            return
        turns = self.turns
        turns.step += 1
        strict = strict or task.since == turns.handed
        task.yields += 1
        task.since = turns.handed
        turns.streak = 0
        others = tuple(index for index in turns.enabled if index != task.index)
        if not others:
            self.now += 0.001 * task.yields  # a loop that waits for the time to pass must see it pass
        if turns.step > MOST_STEPS:
            self._give_up_at_bound()
        if not others:
            return
        if strict and all(turns.tasks[index].since == turns.handed for index in others):
            self.now += 0.001 * task.yields
        self.reason = "it yields"
        if strict:
            if self.log is not None:
                self.log.gaps["a loop that waits let the other threads go first"] = None
            others = turns.fair(others) or others
            turns.looped.add(task)
        chosen = self.decisions.decide(task, others if strict else turns.enabled, True, yielded=True)
        if chosen != task.index:
            turns.leave(task, chosen)

    def wait(self, task: Task, resource: Resource, deadline: float | None = None) -> None:
        """Let other tasks go on until `wake` makes this one ready; with a deadline, until it is chosen.

        `deadline` is a virtual time in seconds; None waits without limit.
        """
        if self._leaving():
            return
        task.wants, task.deadline = resource, deadline
        if deadline is not None:
            self._result.timed = True
            self.step_aside(task)
        else:
            self.turns.set_ready((task,), False)
            self._go_on_without(task)
        task.wants = task.deadline = None

    def _leaving(self) -> bool:
        """Tell whether the run is given up and the task is unwinding: what it still does then is no step any more.

        Raises:
            Abandoned: the run is given up, and the task does not know it yet.

        """
        if not self.turns.abandoning:
            return False
        if isinstance(sys.exception(), Abandoned):
            return True
        raise Abandoned

    def wake(self, resource: Resource) -> None:
        """Say that the tasks which wait for this resource can go on; each does so when it is chosen."""
        changed = False
        for task in self.turns.tasks:
            if task.wants is resource and not task.ready and not task.done:
                task.ready = changed = True
        if changed:
            self.turns.renew()

    def hold_back(self, resource: Resource, owner: Task) -> None:
        """Say that the owner has taken this resource, so that tasks which are about to take it cannot go on."""
        changed = False
        for task in self.turns.tasks:
            if task.wants is resource and task.ready and task.deadline is None and task is not owner:
                task.ready, changed = False, True
        if changed:
            self.turns.renew()

    def synced(self, sync: Sync, number: int) -> None:
        """Note what the present step does with the lock or thread of this number."""
        self.touch(number)
        task = self.turns.current
        if task is not None and sync is not Sync.JOIN and (sync is not Sync.TAKE or self.tries):
            task.fresh = False  # another thread may see that before the first access
        if self.log is not None:
            self.note(Synced(sync, number))

    def note(self, part: Access | Synced) -> None:
        """Note a part of the present step that has no switch point of its own, where the strategy needs to know it."""
        log, task = self.log, self.turns.current
        if log is not None and task is not None:
            log.note(task.index, part)

    def join(self, task: Task, other: Task, deadline: float | None = None) -> None:
        """Let other tasks go on until `other` has ended, or until the deadline (virtual time in seconds)."""
        while not other.done and (deadline is None or self.now < deadline):
            self.wait(task, other, deadline)
            if self.turns.abandoning:
                return
            if deadline is not None and not other.done:
                self.now = max(self.now, deadline)
                self.touch(0)
        self.synced(Sync.JOIN if other.done else Sync.LOOK, thread_number(other.index))

    def join_all(self, task: Task, others: Sequence[Task]) -> None:
        """Let other tasks go on until all of these have ended; the task gets no turn in between."""
        task.joins = others
        while (left := unended(others)) is not None:
            self.wait(task, left)
            if self.turns.abandoning:
                return
        task.joins = ()
        for other in others:
            self.synced(Sync.JOIN, thread_number(other.index))

    # For the engine itself.

    def _go_on_without(self, task: Task) -> None:
        """Let other tasks go on until this one can; if no task can, that is a deadlock."""
        turns = self.turns
        while not task.ready:
            self.reason = f"it waits for {task.wants.describe()}" if self.watcher and task.wants else ""
            if not turns.enabled:
                if turns.lost.await_one():
                    turns.park(task)
                    return
                if not turns.enabled:
                    self._deadlock()
            turns.leave(task, self.decisions.decide(task, turns.enabled, True))

    def _deadlock(self) -> NoReturn:
        """Note what each task waits for, and give the run up."""
        turns = self.turns
        stuck = [task for task in turns.tasks if not task.done]
        self.decisions.note_waiting()
        turns.inside = True  # the descriptions may call code of the subject, which makes no step now
        try:
            table = [blocked(task) for task in stuck]
        finally:
            turns.inside = False
        if turns.tasks[0].done:
            self._result.left = [row for task, row in zip(stuck, table, strict=True) if not task.daemon]
        else:
            self._result.deadlock = table
        turns.give_up()

    def _give_up_at_bound(self) -> NoReturn:
        """Give the run up after `MOST_STEPS`; note the places of its tasks if each of them goes round in a loop."""
        turns = self.turns
        able = [task for task in turns.tasks if task.ready and not task.done]
        self._result.bounded = True
        if all(
            turns.step - task.stored > MOST_STEPS // 4
            and task.steps - task.stored_steps + SPIN * (task.yields - task.stored_yields) > SPIN
            for task in able  # a task that was not chosen all the while may well have something to store
        ):
            self._result.loops = [f"{task.name} at {site_of_thread(task.ident)}" for task in able]
        turns.give_up()

    def _ended(self, carrier: Carrier, task: Task, error: BaseException | None) -> tuple[Baton | None, bool]:
        """Take notice, in a task's thread, that the function of the task has ended.

        Returns the baton that the thread releases so that others go on, and whether the thread will carry more tasks.
        """
        turns = self.turns
        if not turns.has(task):
            return None, False  # its run was over long ago
        if task.lost:
            with suppress(Abandoned):
                turns.lost.rejoin(task)
        if task.done:
            return None, False  # its run has just ended
        if error is not None and not turns.abandoning:
            self._result.errors.append((task.name, error))
        del turns.by_ident[task.ident]
        again = self.carriers.take_back(task)
        released = self._finish(task)
        if again or released is None:
            return released, again
        return self.carriers.leave(carrier, released), False

    def _finish(self, task: Task) -> Baton | None:
        """End the task; return the baton to release, so that another task goes on or the run ends."""
        turns = self.turns
        task.done = True
        turns.streak = 0
        self.reason = "it ends"
        self.touch(thread_number(task.index))
        if not turns.abandoning:
            self.note(Synced(Sync.END, thread_number(task.index)))
        last = task
        for joiner in turns.tasks:
            if joiner.wants is task and joiner.joins and (left := unended(joiner.joins)) is not None:
                last, joiner.wants = joiner, left  # as if it had the turn for a moment, and went on waiting
        for waiting in turns.tasks:
            if waiting.wants is task and not waiting.done:
                waiting.ready = True
        turns.renew()
        turns.handed += 1
        chosen = self._after(task, last) or turns.lost.last_to_return()
        if chosen is None:
            return self.carriers.run_ended
        if chosen is task:
            return None  # all others wait for something that is not under control
        return turns.give(chosen)

    def _after(self, task: Task, last: Task) -> Task | None:
        """Return the task that goes on after the end of `task`; None if all ended, `task` if only lost ones remain.

        `last` is the task that ran last, as the strategy sees it.
        """
        turns = self.turns
        if not turns.abandoning:
            try:
                for joiner in turns.tasks:
                    if joiner.wants is task and joiner.ready:
                        joiner.arrived = len(turns.enabled) > 1
                        self.decisions.close_step()
                        return joiner
                alive = [each for each in turns.tasks if not each.done]
                if alive and turns.tasks[0].done and all(each.daemon for each in alive):
                    turns.give_up()  # daemon threads end with the program
                if alive and not turns.enabled and turns.lost.await_one():
                    return task
                if turns.enabled:
                    return turns.tasks[self.decisions.decide(last, turns.enabled, True)]
                if alive:
                    self._deadlock()
            except Abandoned:
                pass
        for each in turns.tasks:
            if not each.done and each.begun and not each.lost:
                return each
            if not each.begun and not each.done:
                each.done = True
                self.carriers.take_back(each)
        return None
