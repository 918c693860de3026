"""Whose turn it is: the tasks of a run, who of them can go on, and those that wait for what is not under control.

One task runs at a time, and what is kept here belongs to it. The exception are *lost* tasks, which wait in the system
for something uncontrolled while others go on, and come back at any time: what they and the others change of the same
things is under the guard, and only that.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident
from collections.abc import Iterable

from lockproof.core.schedule import Ran
from lockproof.engines.control.baton import Baton
from lockproof.engines.control.task import Abandoned, Result, Task, asleep, site_of_thread


class Turns:
    """The part of the engine that hands over."""

    def __init__(self) -> None:
        self.current: Task | None = None
        self.tasks: list[Task] = []
        # Asked by subscript, not by get: on 3.13t get waits for a lock that it holds itself before it looks again.
        self.by_ident: dict[int, Task] = {}
        self.enabled: tuple[int, ...] = ()
        self.abandoning = False
        self.inside = False  # whether a strategy is choosing, in the thread of the task that asks
        self.step = self.handed = 0
        self._result = Result(Ran((), 0, ()))
        self._guard = allocate_lock()
        self._spun: set[Task] = set()  # went round in a loop, and let others go first
        self._returned: list[Task] = []  # came back, and wait until they are noticed and chosen
        self._nobody = False  # all others wait for those that are lost: the first one that comes back goes on
        self._over = False  # the run has ended: who comes back now finds nothing to go on with

    def _stalled(self, task: Task, state: int) -> None:
        with self._guard:
            if self.current is not task or self.step + self.handed != state or not asleep(task.native) or self.inside:
                return  # it has come back meanwhile, or it waits for the engine itself
            place = site_of_thread(task.ident)
            if place not in self._result.native:
                self._result.native.append(place)
            self._notice_returned()
            others = [each for each in self.tasks if each.ready and not each.done and each is not task]
            if not others:
                return
            task.lost = True
            self._set_ready((task,), False)
            chosen = others[0]
            self.handed += 1
            self.current, chosen.went = chosen, self.handed
        self._wake(chosen)

    def me(self) -> Task | None:
        """Return the task of the calling thread; None if it is not under control, or runs a strategy."""
        try:
            task = self.by_ident[get_ident()]
        except KeyError:
            return None
        if task.lost:
            self._rejoin(task)
        return None if self.inside else task

    def _rejoin(self, task: Task) -> None:
        """Come back from a wait that was not under control: from here on in turn with the others again."""
        with self._guard:
            task.lost = False
            if self._over or self.by_ident.get(task.ident) is not task:
                task.done = True  # its run has ended without it
                raise Abandoned
            if self._nobody:
                self._nobody = False
                self._set_ready((task,), True)
                self.current = task
                return
            self._returned.append(task)
        self._park(task)

    def _notice_returned(self) -> None:
        """Make those ready that came back. For the running task, or with the guard."""
        returned, self._returned = self._returned, []
        self._set_ready(returned, True)

    def _awaits_lost(self) -> bool:
        """Tell, when nobody is ready, whether someone may still come back; then the next one that does goes on.

        False also if someone came back meanwhile, who is ready now.
        """
        with self._guard:
            if self._returned:
                self._notice_returned()
            elif any(task.lost for task in self.tasks):
                self.current, self._nobody = None, True
                return True
        return False

    def _set_ready(self, tasks: Iterable[Task], ready: bool) -> None:
        renewed = False
        for task in tasks:
            if task.ready != ready:
                task.ready, renewed = ready, True
        if renewed:
            self._renew()

    def _fair(self, enabled: tuple[int, ...], current: int = -1) -> tuple[int, ...]:
        """Return those of the tasks that have not gone round in a loop while one that could go on has not come to it.

        Fairness after Musuvathi and Qadeer (PLDI 2008): of several that wait in loops for one that does not, each would
        let the others go first for ever.
        """
        self._spun = {task for task in self._spun if self._owes(task)}
        behind = {task.index for task in self._spun} - {current}
        return tuple(index for index in enabled if index not in behind) if behind else enabled

    def _owes(self, task: Task) -> bool:
        return any(each.went <= task.since and each.ready and not each.done for each in self.tasks if each is not task)

    def _renew(self) -> None:
        self.enabled = tuple(task.index for task in self.tasks if task.ready and not task.done)

    def _park(self, task: Task) -> None:
        task.worker.baton.acquire()
        if self.abandoning:
            raise Abandoned

    def _wake(self, task: Task) -> None:
        self._baton_of(task).release()

    def _baton_of(self, task: Task) -> Baton:
        """Return what the task goes on by; by the same its thread begins to run it."""
        if not task.begun:
            task.begun = True
            task.worker.give(task)
        baton: Baton = task.worker.baton
        return baton
