"""Operating-system threads for tasks: each has one for itself while it lives; most are used for one after another."""

from __future__ import annotations

import contextvars
import threading
from _thread import get_native_id, start_new_thread
from collections.abc import Callable
from typing import Any

from lockproof.control.baton import Baton, new_baton
from lockproof.control.task import Abandoned, Task


class Worker:
    """A thread, and the baton that it waits on.

    `ended` is told when a task has ended, and answers whether the thread is to live on.
    """

    def __init__(self, ended: Callable[[Worker, Task, BaseException | None], bool]) -> None:
        self._ended = ended
        self._task: Task | None = None
        self.baton = new_baton()
        self.native = 0
        told = new_baton()
        self.ident = start_new_thread(self._live, (told,))
        told.acquire()
        told.close()

    def give(self, task: Task) -> None:
        """Let the thread run a task."""
        self._task = task
        self.baton.release()

    def _live(self, told: Baton) -> None:
        self.native = get_native_id()
        told.release()
        while True:
            self.baton.acquire()
            task = self._task
            assert task is not None
            error: BaseException | None = None
            try:
                contextvars.Context().run(task.function)  # what an earlier task has set is none of this one's business
            except Abandoned:
                pass
            except BaseException as raised:
                error = raised
            if not self._ended(self, task, error):
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
        thread._started._flag, thread._ident, thread._name, thread._daemonic = True, task.ident, task.name, task.daemon
        task.thread = thread
