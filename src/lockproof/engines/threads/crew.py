"""The threads that run scenarios: they stay alive between scenarios, meet at spin barriers, and are watched for hangs.

A *chunk* is a number of invocations of one scenario. The crew works through a chunk in batches. One thread makes the
subjects and runs the initial parts; then all threads run their parts of every invocation at the same time; then the
one thread runs the final parts and counts the outcomes. The threads take turns at being the one.

Rejected: to share out the initial and final parts of a batch over the threads. It is faster, but subjects that share
a lock, or anything else, would meet there, and lockproof would report operations that never overlap.

Between chunks the threads wait for locks, so that an idle crew uses no processor.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import traceback
from _thread import allocate_lock
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from lockproof.core.interpreter import current_frames, is_gil_enabled
from lockproof.core.lives import OWN_NAME, lives
from lockproof.core.operation import OPERATION_FILE
from lockproof.core.own_time import own_time
from lockproof.core.own_time import real as time
from lockproof.core.pace import pace
from lockproof.engines.threads.compiled import DELAYS, CompiledProgram, Record, RecordKey
from lockproof.engines.threads.patience import Patience

BATCH: Final = 64
"""The number of invocations whose subjects exist at the same time."""

PATIENCE: Final = 2000
"""How often a thread looks for another one before it yields the processor, on a build without the GIL.

So many looks must take longer than an operation and its delay (some 50 us): on a busy machine, a thread that yields
comes back milliseconds later, when the other one has gone. With a GIL a thread yields at once, since the other one
needs the GIL to arrive.
"""

LOOKS: Final = 64
LONG: Final = 0.002
NAP: Final = 0.0005
"""A thread that yields while another one makes the subjects of a batch looks at the clock every `LOOKS` times. When it
has waited for `LONG` seconds, it leaves the processor for `NAP` seconds at a time.

Subjects that start threads take long, and their threads need the processors. With a GIL, each look of the thread that
waits takes the GIL from them too, and on a busy machine each change of the owner can take milliseconds.
"""

yield_processor: Final[Callable[[], object]] = getattr(os, "sched_yield", lambda: threading.Event().wait(0))

_NEVER_FREE: Final = allocate_lock()
_NEVER_FREE.acquire()

_SCALES: Final = (0, 256, 1024, 4096) if is_gil_enabled() else (0, 0, 4, 16, 64, 256)
"""Upper bounds of the random delays of a plan, in turns of an empty loop (about 10 ns each).

With a GIL the delays must be longer than the time after which a waiting thread asks for the GIL, or no operation is
ever interrupted.
"""

_INTERVALS: Final = (1e-6, 1e-5, 1e-4)
"""Switch intervals of the GIL that are tried, in seconds."""


class Hang(Exception):
    """A chunk made no progress for `seconds`.

    `stacks` has the stacks of the threads as text; thread t had done `finished[t]` operations of its part.
    """

    def __init__(self, stacks: str, finished: tuple[int, ...], seconds: float) -> None:
        super().__init__(stacks, finished, seconds)
        self.stacks, self.finished, self.seconds = stacks, finished, seconds


@dataclass
class _Chunk:
    program: CompiledProgram
    invocations: int
    batch: int
    delays: Sequence[Sequence[range]]
    tallies: list[dict[RecordKey, int]]
    places: list[Any]
    outs: Sequence[list[Any]]
    cells: Sequence[list[int]]
    meeting: Sequence[list[int]]
    errors: list[BaseException] = field(default_factory=list)

    def progress(self) -> Sequence[int]:
        """Return numbers of which one changes when a thread has done something: an operation, a subject, a meeting.

        On a busy machine, the subjects of a batch that start threads may take longer than a hang.
        """
        made = sum(place is not None for place in self.places)
        return [*(cell[0] for cell in self.cells), *(cell[0] for cell in self.meeting), made]


class Crew:
    """`size` threads that run chunks.

    The threads are daemons, so a crew that nobody closes ends with the process. `seed` determines the delays and the
    placement of the threads. `looks` is that of `CompiledProgram`.
    """

    def __init__(self, size: int, seed: int, *, looks: bool = True) -> None:
        exact_timers()
        self.size, self._looks = size, looks
        self._random = random.Random(seed)
        self._patience = 0 if is_gil_enabled() else PATIENCE
        self._chunk: _Chunk | None = None
        self._begin = [allocate_lock() for _ in range(size)]
        self._end = [allocate_lock() for _ in range(size)]
        for lock in (*self._begin, *self._end):
            lock.acquire()
        self._threads = [
            threading.Thread(target=self._live, args=(t,), name=f"{OWN_NAME}{t + 1}", daemon=True) for t in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def program(self, scenario: Any, new: Callable[[], Any], names: Any) -> CompiledProgram:
        """Return the code of a scenario, with the patience that this build needs."""
        return CompiledProgram(scenario, new, names, patience=self._patience, looks=self._looks)

    def run(self, program: CompiledProgram, invocations: int, *, hang: float, batch: int = BATCH) -> Counter[RecordKey]:
        """Run a scenario `invocations` times, and return how often each key was recorded.

        Raises:
            Hang: no operation returned for `hang` seconds. The crew cannot run anything more.
            ValueError: the scenario has more threads than the crew.

        """
        count = len(program.threads)
        if count > self.size:
            raise ValueError(f"{count} threads, and the crew has {self.size}")
        self._vary(count)
        size = min(batch, invocations)
        chunk = _Chunk(
            program,
            invocations,
            size,
            [self._delays() for _ in range(count)],
            [],
            [None] * size,
            [[None] * size for _ in range(count)],
            [[program.stale(0)] for _ in range(count)],
            [[0] for _ in range(count)],
        )
        self._chunk = chunk
        own_time.parallel = True
        for t in range(count):
            self._begin[t].release()
        self._await(chunk, hang)
        own_time.parallel = False
        if chunk.errors:
            raise chunk.errors[0]
        total: Counter[RecordKey] = Counter()
        for tally in chunk.tallies:
            total.update(tally)
        return total

    def close(self) -> None:
        """End the threads. Do not call this after a hang."""
        self._chunk = None
        for lock in self._begin:
            lock.release()
        for thread in self._threads:
            thread.join(5.0)

    def _live(self, t: int) -> None:
        own_time.adopt()
        while True:
            self._begin[t].acquire()
            chunk = self._chunk
            if chunk is None:
                return
            try:
                _work(chunk, t)
            except BaseException as error:  # a fault of lockproof: `run` raises it
                chunk.errors.append(error)
            self._end[t].release()

    def _await(self, chunk: _Chunk, hang: float) -> None:
        """Wait for the threads to end the chunk, and check now and then that at least one makes progress."""
        waiting = list(range(len(chunk.cells)))
        seen: object = None
        patience = Patience(hang)
        step = min(max(hang / 10, 0.01), 0.25)
        while waiting:
            if self._end[waiting[-1]].acquire(timeout=step):
                waiting.pop()
                continue
            if chunk.errors:
                return
            now = chunk.progress()
            if now != seen:
                seen = now
                patience.renew()
                pace.goes_on()
            elif patience.over():
                raise Hang(self._stacks(len(chunk.cells)), _finished(chunk), hang)

    def _delays(self) -> list[range]:
        scale = self._random.choice(_SCALES)
        return [range(self._random.randint(0, scale)) for _ in range(DELAYS)]

    def _vary(self, count: int) -> None:
        if is_gil_enabled():
            sys.setswitchinterval(self._random.choice(_INTERVALS))
        if hasattr(os, "sched_setaffinity"):
            processors = sorted(os.sched_getaffinity(0))
            placed = self._random.random() < 0.5 and len(processors) >= count
            self._random.shuffle(processors)
            for t, thread in enumerate(self._threads[:count]):
                if thread.native_id is not None:
                    os.sched_setaffinity(thread.native_id, {processors[t]} if placed else set(processors))

    def _stacks(self, count: int) -> str:
        frames = current_frames()
        parts = []
        for t, thread in enumerate(self._threads[:count]):
            frame = frames.get(thread.ident or 0)
            parts.append(f"thread {t + 1}:\n{_stack(frame)}" if frame is not None else f"thread {t + 1}: ended\n")
        return "".join(parts)


def exact_timers() -> None:
    """Have waits of threads that start from now on end on time, where the system is Linux.

    By default Linux adds up to 50 microseconds to each wait: on a standard build, a thread then asks for the GIL only
    after the operations that it should interrupt. Measured on 3.13 with a check-then-act across a call in C and
    delays of up to 10 us: no run of 59,000 failed with the default, and about one in 400 with exact timers.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError, ImportError):
            import ctypes

            ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)  # PR_SET_TIMERSLACK, in nanoseconds


def _work(chunk: _Chunk, t: int) -> None:
    program, count = chunk.program, len(chunk.cells)
    part = program.threads[t]
    for number, begin in enumerate(range(0, chunk.invocations, chunk.batch)):
        size = min(chunk.batch, chunk.invocations - begin)
        if number % count == t:
            lives.begin(size)
            program.prepare(0, size, chunk.places)
            for cell in chunk.cells:
                cell[0] = program.stale(0)
        _meet(chunk, t)
        part(0, size, chunk.places, chunk.cells, chunk.outs[t], chunk.delays[t], yield_processor)
        _meet(chunk, t)
        if number % count == t:
            chunk.tallies.append(program.finish(0, size, chunk.places, chunk.outs))
        _meet(chunk, t)


def _meet(chunk: _Chunk, t: int) -> None:
    mine = chunk.meeting[t]
    mine[0] = goal = mine[0] + 1
    turns, since = 0, 0.0
    while any(cell[0] < goal for cell in chunk.meeting):
        turns += 1
        if turns <= 100:
            continue
        if chunk.errors:
            raise RuntimeError("another thread of the crew has failed")
        if turns % LOOKS == 0:
            since = since or time.monotonic()
            if time.monotonic() - since > LONG:
                turns -= 1  # it looks at the clock again
                _NEVER_FREE.acquire(timeout=NAP)
                continue
        yield_processor()


def _finished(chunk: _Chunk) -> tuple[int, ...]:
    """Return how many operations each thread has done in the invocation that hangs: that of the slowest thread."""
    program, values = chunk.program, [cell[0] for cell in chunk.cells]
    lengths = [len(thread) for thread in program.scenario.threads]
    for number in range(program.epochs):
        done = [min(program.finished(value, number), length) for value, length in zip(values, lengths, strict=True)]
        entered = [value // program.width == number for value in values]
        if any(entered) and any(k < length for k, length in zip(done, lengths, strict=True)):
            return tuple(done)
    return tuple(0 for _ in values)


def _stack(frame: FrameType) -> str:
    """Return a thread's stack without the frames of the crew, the innermost last."""
    entries = traceback.extract_stack(frame)
    first = next((k for k, entry in enumerate(entries) if entry.filename.startswith("<lockproof ")), 0)
    return "".join(traceback.format_list(entries[first:]))


def stack_of_operation(frame: FrameType) -> str:
    """Return the stack of a thread from its operation on, the innermost frame last."""
    entries = traceback.extract_stack(frame)
    first = next((k for k, entry in enumerate(entries) if entry.filename.startswith(OPERATION_FILE)), 0)
    return "".join(traceback.format_list(entries[first:]))


def in_turn(program: CompiledProgram, order: Sequence[int], invocations: int = 1) -> list[Record]:
    """Run the parts of the threads one after the other, each to its end, in this order; return the records.

    Each part has a thread of its own, as in a run, so that a result which depends on the current thread shows here too.
    The subjects of all invocations are made first, so that subjects which share state show it.
    """
    places: list[Any] = [None] * invocations
    outs: list[list[Any]] = [[None] * invocations for _ in program.threads]
    lives.begin(invocations)
    program.prepare(0, invocations, places)
    for number in range(invocations):
        cells = [[number % program.epochs * program.width] for _ in program.threads]
        for t in order:
            given = (number, number + 1, places, cells, outs[t], [range(0)] * DELAYS, yield_processor)
            thread = threading.Thread(
                target=_adopted, args=(program.threads[t], given), name=f"{OWN_NAME}{t + 1}", daemon=True
            )
            thread.start()
            thread.join()
    return [program.record(key) for key in program.finish(0, invocations, places, outs)]


def _adopted(part: Callable[..., object], given: tuple[Any, ...]) -> None:
    with own_time.adopted():
        part(*given)


__all__ = ["BATCH", "Crew", "Hang", "in_turn", "stack_of_operation"]
