"""The protocol of what runs many units, and the runner of this machine: so many at a time, each in its own process.

A command that has units does not know where they run. It goes through `run_all`, and gets each outcome as soon as it is
there. A cluster is another class with this one method.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from lockproof.audit.running import FAREWELL, UnitProcess
from lockproof.core.options import Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome

type TellOf = Callable[[Unit, Progress], None]
"""A function that gets the progress of one of the units; any thread may call it."""


def tell_nobody(unit: Unit, progress: Progress) -> None:
    """Drop the progress of a unit."""


class UnitRunner(Protocol):
    """What runs units, here or elsewhere."""

    def run_all(self, units: Sequence[Unit], tell: TellOf = tell_nobody) -> Iterator[UnitOutcome]:
        """Run the units, and yield the outcome of each one as soon as it has ended, in any order.

        What goes wrong with a unit is an outcome (`Ending.FAILED`), and no exception. After Ctrl-C the units that run
        are stopped, their outcomes are yielded (`Ending.INTERRUPTED`, with the report until then), and then
        KeyboardInterrupt is raised; of units that did not begin there is no outcome. A caller that leaves early closes
        the iterator: nothing runs on then.
        """
        ...


class LocalRunner:
    """Runs units on this machine, `jobs` of them at a time.

    Args:
        jobs: how many run at the same time, at least 1.
        folder: their working directory, from which modules are imported; None: the one of this process.

    """

    def __init__(self, jobs: int, folder: Path | None = None) -> None:
        self._jobs, self._folder = jobs, folder

    def run_all(self, units: Sequence[Unit], tell: TellOf = tell_nobody) -> Iterator[UnitOutcome]:
        """Run the units, as `UnitRunner.run_all` says."""
        work = _Work(units, self._folder, tell)
        threads = [
            threading.Thread(target=work.go, name=f"lockproof-unit-{number}", daemon=True)
            for number in range(min(self._jobs, len(units)))
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in units:
                yield work.outcomes.get()
        except KeyboardInterrupt:
            work.stop()
            _join(threads)
            while True:
                try:
                    yield work.outcomes.get_nowait()
                except queue.Empty:
                    break
            raise
        finally:
            work.stop()
            _join(threads)


class _Work:
    """The units that wait for their turn, the processes that run, and the outcomes."""

    def __init__(self, units: Sequence[Unit], folder: Path | None, tell: TellOf) -> None:
        self._waiting, self._folder, self._tell = deque(units), folder, tell
        self._running: set[UnitProcess] = set()
        self._stopped = False
        self._lock = threading.Lock()
        self.outcomes: queue.SimpleQueue[UnitOutcome] = queue.SimpleQueue()

    def go(self) -> None:
        """Run one unit after the other until none waits."""
        while True:
            with self._lock:
                if self._stopped or not self._waiting:
                    return
                unit = self._waiting.popleft()
            try:
                outcome = self._outcome(unit)
            except Exception as error:  # no process could be started
                outcome = UnitOutcome(unit, Ending.FAILED, trace=f"{type(error).__name__}: {error}")
            self.outcomes.put(outcome)

    def _outcome(self, unit: Unit) -> UnitOutcome:
        with UnitProcess(unit, self._folder) as process:
            with self._lock:
                self._running.add(process)
                stopped = self._stopped
            if stopped:
                process.stop()
            try:
                return process.outcome(lambda progress: self._tell(unit, progress))
            finally:
                with self._lock:
                    self._running.discard(process)

    def stop(self) -> None:
        """Stop the units that run, and begin no other."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            with contextlib.suppress(ValueError):
                process.stop()


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        if thread.ident is not None:
            thread.join(2 * FAREWELL)
