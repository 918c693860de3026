"""The runner of units on a Dask cluster.

Dask's scheduler distributes the units, replaces what a lost worker had, and lets workers join. What is added here: the
version of lockproof is checked on each worker, those that join later included; a unit that loses its workers again and
again becomes an outcome; Ctrl-C interrupts the units that run, and collects what they found.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from lockproof import __version__
from lockproof.audit.cluster import on_worker
from lockproof.audit.cluster.clusters import TRIES, connected
from lockproof.audit.runner import TellOf, tell_nobody
from lockproof.audit.running import FAREWELL
from lockproof.core.codec import decode, encode
from lockproof.core.errors import LockproofError
from lockproof.core.options import Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome

LOOKING: Final = 5.0
"""Seconds between two looks at whether the workers are there that a unit is restricted to."""

type Warn = Callable[[LockproofError], None]
"""A function that gets what is wrong and does not end the run."""


def warn_nobody(error: LockproofError) -> None:
    """Drop a warning."""


class ClusterRunner:
    """Runs units on a Dask cluster.

    Args:
        address: the address of its scheduler, or `local` for workers on this machine.
        jobs: how many workers `local` starts; no more than there are units.
        resource: only workers that were started with this abstract resource run units, each so many at a time as it has
            of it; None: all, one unit for each of their threads.
        warn: gets what is wrong with a worker that joined later; any thread may call it.

    """

    def __init__(self, address: str, *, jobs: int = 1, resource: str | None = None, warn: Warn = warn_nobody) -> None:
        self._address, self._jobs, self._resource, self._warn = address, jobs, resource, warn

    def run_all(self, units: Sequence[Unit], tell: TellOf = tell_nobody) -> Iterator[UnitOutcome]:
        """Run the units, as `UnitRunner.run_all` says.

        Raises:
            LockproofError: there is no cluster, or its workers have another version of lockproof.

        """
        with connected(self._address, max(1, min(self._jobs, len(units)))) as client:
            run = _Run(client, units, self._resource, tell, self._warn)
            try:
                yield from run.outcomes()
            except KeyboardInterrupt:
                yield from run.interrupted()
                raise
            finally:
                run.close()


class _Run:
    """The units of one run on the cluster: their futures, where each one began, and how far it is."""

    def __init__(self, client: Any, units: Sequence[Unit], resource: str | None, tell: TellOf, warn: Warn) -> None:
        self._client, self._units, self._resource, self._tell, self._warn = client, units, resource, tell, warn
        self._name = f"lockproof-unit-{uuid.uuid4().hex[:12]}"
        self._ended: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._submitted: dict[int, int] = defaultdict(int)
        self._restricted: dict[int, set[str]] = {}
        self._refused: set[str] = set()
        self._lock = threading.Lock()
        self._began: dict[int, list[str]] = defaultdict(list)
        self._latest: dict[int, Progress] = {}
        client.subscribe_topic(self._name, self._hear)

    def outcomes(self) -> Iterator[UnitOutcome]:
        """Submit all units, those with the largest budget first, and yield each outcome as it comes."""
        if wrong := self._wrong_workers():
            raise _other_version(wrong)
        order = sorted(range(len(self._units)), key=lambda number: -self._units[number].options.budget)
        self._submit(order)
        while self._futures:
            try:
                number, future = self._ended.get(timeout=LOOKING)
            except queue.Empty:
                self._free_from_lost_workers()
                continue
            if not self._waits_for(number, future):
                continue
            outcome = self._outcome(number, future)
            if outcome is not None:
                del self._futures[number]
                yield outcome

    def interrupted(self) -> Iterator[UnitOutcome]:
        """Stop the units that run, and yield what they found until then."""
        stopped = self._client.run(on_worker.stop, self._name, on_error="ignore")
        running = {number for numbers in stopped.values() for number in numbers}
        self._client.cancel([future for number, future in self._futures.items() if number not in running])
        waiting = {number for number in running if number in self._futures}
        end = time.monotonic() + 2 * FAREWELL
        while waiting and (left := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                number, future = self._ended.get(timeout=left)
                if number in waiting and self._waits_for(number, future):
                    waiting.discard(number)
                    answer = json.loads(future.result()) if future.status == "finished" else {}
                    if "outcome" in answer:
                        yield decode(UnitOutcome, answer["outcome"])

    def close(self) -> None:
        """Let nothing of the run go on."""
        with contextlib.suppress(Exception):  # a scheduler that is lost has nothing of it any more
            self._client.unsubscribe_topic(self._name)
            if self._futures:
                self._client.run(on_worker.stop, self._name, on_error="ignore")
                self._client.cancel(list(self._futures.values()), force=True)

    def _waits_for(self, number: int, future: Any) -> bool:
        """Whether the future is the latest one of this unit: another one may have been submitted since."""
        return number in self._futures and self._futures[number] is future

    def _submit(self, numbers: Sequence[int], workers: set[str] | None = None) -> None:
        for number in numbers:
            self._submitted[number] += 1
        versions = [__version__] * len(numbers)
        texts = [json.dumps(encode(self._units[number])) for number in numbers]
        futures = self._client.map(
            on_worker.run_unit, texts, [self._name] * len(numbers), list(numbers), versions, pure=False,
            key=[(self._name, number, self._submitted[number]) for number in numbers],
            workers=sorted(workers) if workers else None, resources={self._resource: 1} if self._resource else None,
        )  # fmt: skip
        for number, future in zip(numbers, futures, strict=True):
            self._futures[number] = future
            if workers:
                self._restricted[number] = workers
            else:
                self._restricted.pop(number, None)
            future.add_done_callback(lambda ended, number=number: self._ended.put((number, ended)))

    def _outcome(self, number: int, future: Any) -> UnitOutcome | None:
        """Return the outcome of a unit whose future is done; None if it was submitted again."""
        if future.status == "finished":
            answer = json.loads(future.result())
            if "outcome" in answer:
                return decode(UnitOutcome, answer["outcome"])
            self._elsewhere(number)
            return None
        if future.status == "cancelled":
            return self._failed(number, "the scheduler of the cluster was lost, or has cancelled the unit")
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            with self._lock:
                began = list(self._began[number])
            if len(began) < TRIES and self._submitted[number] < TRIES:  # it waited behind the unit that is to blame
                self._submit([number])
                return None
            where = f"{len(began)} workers were lost while they ran this unit: {', '.join(began)}"
            return self._failed(number, where)
        if isinstance(error, ImportError) and "lockproof" in str(error):
            self._elsewhere(number)
            return None
        return self._failed(number, f"{type(error).__name__}: {error}")

    def _failed(self, number: int, what: str) -> UnitOutcome:
        with self._lock:
            latest = self._latest.get(number)
        last = f"\nthe last that it told: {latest.phase}, after {latest.elapsed:.1f} s, {latest.text}" if latest else ""
        return UnitOutcome(self._units[number], Ending.FAILED, trace=what + last)

    def _elsewhere(self, number: int) -> None:
        """Submit a unit again that came to a worker with another version, for the workers with this one."""
        wrong = self._wrong_workers()
        if new := {address: what for address, what in wrong.items() if address not in self._refused}:
            self._refused |= new.keys()
            self._warn(_other_version(new))
        right = set(self._client.scheduler_info(n_workers=-1)["workers"]) - wrong.keys()
        if wrong and not right:
            raise _other_version(wrong)
        self._submit([number], right)

    def _wrong_workers(self) -> dict[str, str]:
        """Return the workers with another version of lockproof, and what they have."""
        found = self._client.run(on_worker.version, on_error="return")
        return {
            address: has if isinstance(has, str) else f"none ({type(has).__name__}: {has})"
            for address, has in found.items()
            if has != __version__
        }

    def _free_from_lost_workers(self) -> None:
        """Submit units again that are restricted to workers of which none is left."""
        if self._restricted:
            present = set(self._client.scheduler_info(n_workers=-1)["workers"])
            for number, workers in list(self._restricted.items()):
                if number in self._futures and not workers & present:
                    gone = self._futures[number]
                    self._submit([number])
                    gone.cancel()

    def _hear(self, event: Any) -> None:
        """Take an event of a worker: a unit began there, or how far it is."""
        message = json.loads(event[1])
        number = message["unit"]
        with self._lock:
            if "worker" in message:
                self._began[number].append(message["worker"])
                return
            progress = self._latest[number] = decode(Progress, message["progress"])
        self._tell(self._units[number], progress)


def _other_version(workers: dict[str, str]) -> LockproofError:
    listed = ", ".join(f"{address} has {what}" for address, what in sorted(workers.items()))
    return LockproofError(
        f"workers of the cluster have another lockproof than this one, {__version__}: {listed}",
        "their environment was installed at another time",
        f"install lockproof {__version__} where the workers run, and start them again",
    )
