"""Whose turn it is: the tasks of a run, which of them can go on, and which one does.

One task runs at a time, and the state of `Turns` belongs to that task. The exception are *lost* tasks: each waits in
the operating system for something that is not under control, the others go on without it, and it can come back at any
moment. `LostTasks` has a lock for what a lost task and the running one both change, and for nothing else.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident
from collections.abc import Iterable
from typing import NoReturn

from lockproof.engines.control.baton import Baton, hand_over
from lockproof.engines.control.task import Abandoned, Task, asleep, site_of_thread


class Turns:
    """The tasks of a run, those of them that can go on, and the one whose turn it is.

    `current` is the running task, `by_ident` finds a task by the identifier of its thread, and `enabled` has the
    indices of the tasks that can go on. `step` counts switch points, `handed` hand-overs, and `streak` switch points in
    a row without a hand-over. `looped` are the tasks that went round in a loop and let the others go first. While
    `inside` is true, the running task executes code of lockproof and is not switched. `abandoning`: the run is given
    up, and each task raises `Abandoned` at its next turn.
    """

    def __init__(self) -> None:
        self.lost = LostTasks(self)
        self.current: Task | None = None
        # Read by subscript, not by get: on 3.13t get waits for a lock that it holds itself before it looks again.
        self.by_ident: dict[int, Task] = {}
        self.inside = False
        self.begin()

    def begin(self) -> None:
        """Forget the run before."""
        self.tasks: list[Task] = []
        self.enabled: tuple[int, ...] = ()
        self.abandoning = False
        self.step = self.handed = self.streak = 0
        self.looped: set[Task] = set()
        self.lost.begin()

    def add(self, task: Task) -> None:
        """Add a task that can go on."""
        self.tasks.append(task)
        self.enabled += (task.index,)

    def me(self) -> Task | None:
        """Return the task of the calling thread; None if the thread is not under control, or is `inside`."""
        try:
            task = self.by_ident[get_ident()]
        except KeyError:
            return None
        if task.lost:
            self.lost.rejoin(task)
        return None if self.inside else task

    def has(self, task: Task) -> bool:
        """Tell whether this is a task of the present run that has not ended."""
        return task.ident in self.by_ident and self.by_ident[task.ident] is task

    def set_ready(self, tasks: Iterable[Task], ready: bool) -> None:
        """Say of these tasks that they can go on, or that they cannot."""
        changed = False
        for task in tasks:
            if task.ready != ready:
                task.ready, changed = ready, True
        if changed:
            self.renew()

    def renew(self) -> None:
        """Compute `enabled` again."""
        self.enabled = tuple([task.index for task in self.tasks if task.ready and not task.done])

    def fair(self, enabled: tuple[int, ...], current: int = -1) -> tuple[int, ...]:
        """Return `enabled` without the tasks that went round in a loop while another task waited for its turn.

        Fairness after Musuvathi and Qadeer (PLDI 2008): of several tasks that wait in loops for a task that does not
        loop, each would let the other loops go first for ever.
        """
        self.looped = {task for task in self.looped if self._owes(task)}
        behind = {task.index for task in self.looped} - {current}
        return tuple(index for index in enabled if index not in behind) if behind else enabled

    def _owes(self, task: Task) -> bool:
        return any(each.went <= task.since and each.ready and not each.done for each in self.tasks if each is not task)

    def leave(self, task: Task, chosen: int) -> None:
        """Hand over to another task; return when `task` has the turn again.

        Raises:
            Abandoned: the run was given up meanwhile.

        """
        self.streak = 0
        self.handed += 1
        hand_over(self.give(self.tasks[chosen]), task.carrier.baton)
        if self.abandoning:
            raise Abandoned

    def give(self, task: Task) -> Baton:
        """Make this the running task; return the baton whose release lets its thread go on."""
        self.current, task.went = task, self.handed
        return baton_of(task)

    def park(self, task: Task) -> None:
        """Wait until `task` has the turn, without giving the turn to another one.

        Raises:
            Abandoned: the run was given up meanwhile.

        """
        task.carrier.baton.acquire()
        if self.abandoning:
            raise Abandoned

    def give_up(self) -> NoReturn:
        """Give the run up.

        Raises:
            Abandoned: always, to end the calling task.

        """
        self.abandoning = True
        raise Abandoned


class LostTasks:
    """The tasks of a run that went on without them, and those of these that have come back.

    `returned` are the tasks that came back and wait until the running task notices them.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._guard = allocate_lock()
        self.begin()

    def begin(self) -> None:
        """Forget the run before."""
        self.returned: list[Task] = []
        self._turn_free = False  # no other task can go on: the next lost task that comes back takes the turn
        self._run_over = False  # a task that comes back now finds no run to go on with

    def pass_over(self, task: Task, state: int) -> str | None:
        """Let another task go on while `task` sleeps in the system.

        Called by the thread that watches the run. `state` is the sum of steps and hand-overs at which that thread saw
        `task` asleep. Returns the place where `task` sleeps, None if it has woken up meanwhile.
        """
        turns = self._turns
        with self._guard:
            awake = turns.current is not task or turns.step + turns.handed != state or not asleep(task.native)
            if awake or turns.inside:
                return None
            place = site_of_thread(task.ident)
            self._make_ready()
            other = next((each for each in turns.tasks if each.ready and not each.done and each is not task), None)
            if other is None:
                return place
            task.lost = True
            turns.set_ready((task,), False)
            turns.handed += 1
            baton = turns.give(other)
        baton.release()
        return place

    def rejoin(self, task: Task) -> None:
        """Bring back a lost task, in its own thread: from here on it goes on only when it is chosen.

        Raises:
            Abandoned: the run ended without it, or was given up.

        """
        turns = self._turns
        with self._guard:
            task.lost = False
            if self._run_over or not turns.has(task):
                task.done = True
                raise Abandoned
            if self._turn_free:
                self._turn_free = False
                turns.set_ready((task,), True)
                turns.current = task
                return
            self.returned.append(task)
        turns.park(task)

    def notice(self) -> None:
        """Say of the tasks that have come back that they can go on."""
        with self._guard:
            self._make_ready()

    def _make_ready(self) -> None:
        returned, self.returned = self.returned, []
        self._turns.set_ready(returned, True)

    def await_one(self) -> bool:
        """Leave the turn to the next lost task that comes back; false if there is none, or one can go on by now."""
        turns = self._turns
        with self._guard:
            if self.returned:
                self._make_ready()
            elif any(task.lost for task in turns.tasks):
                turns.current, self._turn_free = None, True
                return True
        return False

    def last_to_return(self) -> Task | None:
        """Return a task that has come back, to be ended too; if there is none, the run is over, and return None."""
        with self._guard:
            task = self.returned.pop() if self.returned else None
            self._run_over = task is None
        return task


def baton_of(task: Task) -> Baton:
    """Return the baton whose release lets the task go on; the first release lets its thread begin the task."""
    if not task.begun:
        task.begun = True
        task.carrier.give(task)
    baton: Baton = task.carrier.baton
    return baton
