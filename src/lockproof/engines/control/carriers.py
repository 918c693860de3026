"""Operating-system threads for tasks: each has one for itself while it lives; most are used for one after another."""

from __future__ import annotations

import contextvars
import threading
from _thread import get_native_id
from collections.abc import Callable
from functools import partial
from typing import Any

from lockproof.core.interpreter import rename_thread, start_joinable_thread
from lockproof.engines.control.baton import Baton, hand_over, new_baton
from lockproof.engines.control.task import Abandoned, Task


class Worker:
    """A thread, and the baton that it waits on.

    `ended` is told when a task has ended, and answers what to release, and whether the thread is to live on.
    """

    def __init__(self, ended: Callable[[Worker, Task, BaseException | None], tuple[Baton | None, bool]]) -> None:
        self._ended = ended
        self._task: Task | None = None
        self.baton = new_baton()
        self.native = 0
        told = new_baton()
        self._handle = start_joinable_thread(partial(self._live, told), daemon=True)
        self.ident = self._handle.ident
        told.acquire()
        told.close()

    def give(self, task: Task) -> None:
        """Say what the thread is to run when its baton is released."""
        self._task = task

    def join(self, seconds: float) -> bool:
        """Wait so long for the end of the thread, and of the finalizers that it still had to run; true if it ended."""
        self._handle.join(seconds)
        return bool(self._handle.is_done())

    def _live(self, told: Baton) -> None:
        self.native = get_native_id()
        released: Baton | None = told
        while True:
            if released is None:
                self.baton.acquire()
            else:
                hand_over(released, self.baton)
            task = self._task
            assert task is not None
            error: BaseException | None = None
            try:
                contextvars.Context().run(task.function)  # what an earlier task has set is none of this one's business
            except Abandoned:
                pass
            except BaseException as raised:
                error = raised
            released, again = self._ended(self, task, error)
            if not again:
                if released is not None:
                    released.release()
                self.baton.close()
                return


class StandIns:
    """What `threading.current_thread` answers in tasks that no Thread object has started."""

    def __init__(self) -> None:
        self._threads: list[Any] = []

    def enter(self, task: Task) -> None:
        """Make the task known to the threading module."""
        while len(self._threads) <= task.index:
            self._threads.append(threading.Thread(name=task.name, daemon=False))
        thread = self._threads[task.index]
        rename_thread(thread, task.ident, task.name, task.daemon)
        task.thread = thread
