"""What runs on a worker of a Dask cluster: one unit, in a process of the worker's own interpreter.

What comes in and what goes out is JSON text, so that driver and workers may have different versions of Python, and
nothing of a subject is ever pickled. Dask itself sends these functions by their names.

A unit ends early in three ways. The driver stops its run (`stop`): the outcome says what was found until then. The task
is cancelled, since the driver is gone: nobody reads the outcome. The worker is killed: the process of the unit sees the
end of its input, and ends.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from lockproof import __version__
from lockproof.audit.running import UnitProcess
from lockproof.core.codec import decode, encode
from lockproof.core.options import Progress
from lockproof.core.unit import Unit

TELLING: Final = 0.5
"""Seconds between two messages on the progress of a unit."""

WATCHING: Final = 1.0
"""Seconds between two looks at whether the task of a unit was cancelled."""

_lock = threading.Lock()
_running: dict[str, dict[int, UnitProcess]] = defaultdict(dict)
_stopped: set[str] = set()


def version() -> str:
    """Return the version of lockproof on this worker."""
    return __version__


def run_unit(text: str, run: str, number: int, wanted: str) -> str:
    """Run a unit on this worker, and return the answer as JSON text.

    Args:
        text: the unit, as JSON.
        run: the name of the run, which is also the topic of its events.
        number: the number of the unit in its run.
        wanted: the version of lockproof that the driver has.

    Returns:
        An object with one key: `outcome`; or `version`, if this worker has another version and ran nothing; or
        `stopped`, if the run was stopped before the unit began.

    """
    if wanted != __version__:
        return json.dumps({"version": __version__})
    worker = importlib.import_module("distributed").get_worker()
    worker.log_event(run, json.dumps({"unit": number, "worker": worker.address}))
    with UnitProcess(decode(Unit, json.loads(text))) as process, _registered(run, number, process) as registered:
        if not registered:
            return json.dumps({"stopped": True})
        with _watched(worker, process):
            return json.dumps({"outcome": encode(process.outcome(_Telling(worker, run, number)))})


def stop(run: str) -> list[int]:
    """Interrupt the units of a run on this worker, let no other begin, and return the numbers of those that ran."""
    with _lock:
        _stopped.add(run)
        running = dict(_running[run])
    for process in running.values():
        process.stop()
    return list(running)


def dask_setup(_: Any) -> None:
    """Leave Ctrl-C to the driver: a terminal sends it to each process of a cluster on this machine. Dask calls it."""
    signal.signal(signal.SIGINT, lambda *_: None)  # SIG_IGN would be inherited by the processes of units


@contextlib.contextmanager
def _registered(run: str, number: int, process: UnitProcess) -> Iterator[bool]:
    """Let `stop` find the process; yield False if the run is stopped already."""
    with _lock:
        stopped = run in _stopped
        if not stopped:
            _running[run][number] = process
    try:
        yield not stopped
    finally:
        with _lock:
            _running[run].pop(number, None)


@contextlib.contextmanager
def _watched(worker: Any, process: UnitProcess) -> Iterator[None]:
    """Stop the process when its task is cancelled, as it is when the scheduler has lost the driver."""
    key, over = worker.get_current_task(), threading.Event()

    def watch() -> None:
        while not over.wait(WATCHING):
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                process.stop()
                return

    watcher = threading.Thread(target=watch, name="lockproof-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


class _Telling:
    """Sends the progress of a unit to the driver, each new phase and otherwise now and then."""

    def __init__(self, worker: Any, run: str, number: int) -> None:
        self._worker, self._run, self._number = worker, run, number
        self._phase, self._last = "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.phase == self._phase and now - self._last < TELLING:
            return
        self._phase, self._last = progress.phase, now
        self._worker.log_event(self._run, json.dumps({"unit": self._number, "progress": encode(progress)}))
