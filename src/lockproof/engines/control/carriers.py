"""Operating-system threads for tasks: each task has a thread for itself, and most threads carry many tasks in turn."""

from __future__ import annotations

import contextvars
import threading
from _thread import get_native_id
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from lockproof.core.interpreter import is_gil_enabled, rename_thread, running_threads, start_joinable_thread
from lockproof.engines.control.baton import Baton, hand_over, new_baton
from lockproof.engines.control.processor import Processor
from lockproof.engines.control.task import Abandoned, Lost, Task, stacks_of

PATIENCE: Final = 3.0
"""Seconds that a task may take to end when its run is given up, or a thread when its task has ended."""


class Carrier:
    """An operating-system thread, and the baton that it waits for.

    The thread calls `ended` when the function of its task has ended. `ended` returns the baton that the thread releases
    then (None for no baton), and whether the thread waits for another task.
    """

    def __init__(self, ended: Callable[[Carrier, Task, BaseException | None], tuple[Baton | None, bool]]) -> None:
        self._ended = ended
        self._task: Task | None = None
        self.baton = new_baton()
        self.native = 0
        started = new_baton()
        self._handle = start_joinable_thread(partial(self._live, started), daemon=True)
        self.ident = self._handle.ident
        started.acquire()
        started.close()

    def give(self, task: Task) -> None:
        """Set the task that the thread runs when its baton is released."""
        self._task = task

    def join(self, seconds: float) -> bool:
        """Wait at most so many seconds for the end of the thread and of its last finalizers; true if it has ended."""
        self._handle.join(seconds)
        return bool(self._handle.is_done())

    def _live(self, started: Baton) -> None:
        self.native = get_native_id()
        released: Baton | None = started
        while True:
            if released is None:
                self.baton.acquire()
            else:
                hand_over(released, self.baton)
            task = self._task
            assert task is not None and task.function is not None
            error: BaseException | None = None
            try:
                contextvars.Context().run(task.function)  # a task must not see context variables of an earlier one
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
    """The answers of `threading.current_thread` in tasks that no Thread object has started."""

    def __init__(self) -> None:
        self._threads: list[Any] = []

    def enter(self, task: Task) -> None:
        """Make the task known to the threading module."""
        while len(self._threads) <= task.index:
            self._threads.append(threading.Thread(name=task.name, daemon=False))
        thread = self._threads[task.index]
        rename_thread(thread, task.ident, task.name, task.daemon)
        task.thread = thread


class Carriers:
    """The operating-system threads that carry tasks: those that are idle, and the one that is about to end.

    A carrier calls `ended` when the function of its task has ended (see `Carrier`). While `fresh_threads` is true, each
    thread ends with its task: the program has thread-local data, or finalizers on a build without the GIL. The release
    of `run_ended` says that the run is over.
    """

    def __init__(self, ended: Callable[[Carrier, Task, BaseException | None], tuple[Baton | None, bool]]) -> None:
        self.fresh_threads = False
        self._fresh_in_this_run = False
        self._ended = ended
        self._idle: list[Carrier] = []
        self._leaving: tuple[Carrier, Baton] | None = None  # the thread that ends, and the baton to release afterwards
        self.run_ended = new_baton()
        self._stand_ins = StandIns()
        self._processor = Processor()

    def begin(self, *, finalizes: bool) -> None:
        """Get ready for a run. `finalizes`: the run's program has a finalizer, though no code that shows it."""
        self._processor.settle(carrier.native for carrier in self._idle)
        self._fresh_in_this_run = finalizes and not is_gil_enabled()

    def carry(self, task: Task) -> None:
        """Give the task an operating-system thread, and a Thread object if it has none."""
        task.carrier = self._idle.pop() if self._idle else Carrier(self._ended)
        task.ident, task.native = task.carrier.ident, task.carrier.native
        if task.thread is None:
            self._stand_ins.enter(task)
        running_threads[task.ident] = task.thread

    def take_back(self, task: Task) -> bool:
        """Take the thread of a task that has ended, or never begun; true if the thread will carry more tasks."""
        running_threads.pop(task.ident, None)
        if task.begun and (self.fresh_threads or self._fresh_in_this_run):
            return False
        self._idle.append(task.carrier)
        return True

    def leave(self, carrier: Carrier, released: Baton) -> Baton:
        """Have `released` be released only when the carrier's thread has ended; return what the thread releases now."""
        self._leaving = carrier, released
        return self.run_ended

    def await_end(self, seconds: float, tasks: Sequence[Task]) -> bool:
        """Wait for the end of the run, for so many seconds at most; true if the run is over.

        If it was only a thread that ended, let the next task go on.

        Raises:
            Lost: a thread that has done its work does not end.

        """
        if not self.run_ended.wait(seconds):
            return False
        if self._leaving is None:
            return True
        (carrier, released), self._leaving = self._leaving, None
        if not carrier.join(PATIENCE):
            raise Lost("a thread that has done its work does not end", stacks_of(tasks))
        if released is self.run_ended:
            return True
        released.release()
        return False
