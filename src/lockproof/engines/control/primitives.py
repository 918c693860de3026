"""Locks, threads and time under control. In a thread that is not under control, each of them does the real thing.

`Lock` and `RLock` replace those of `_thread`. `threading`, `queue` and `concurrent.futures` build Condition, Event,
Semaphore, Barrier, Timer, Queue and pools from them in Python, so these are under control without any change.
"""

from __future__ import annotations

import _thread
import itertools
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, ClassVar, Final

from lockproof.core import interpreter, own_time, probes
from lockproof.core.run_steps import CONTAINER, TIME, Access, Sync, thread_number
from lockproof.engines.control.engine import Engine
from lockproof.engines.control.task import Site, Task, here, own, place

engine: Final = Engine()
"""The engine of this process."""

turns: Final = engine.turns
"""The turns of its tasks, here because every lock asks for the running task."""

_real_id: Final = id
_real_lock: Final = _thread.allocate_lock
_real_rlock: Final = _thread.RLock
_real_start: Final = threading.Thread.start
_real_join: Final = threading.Thread.join
_real_step_aside: Final = probes.step_aside
_real_new_thread: Final = _thread.start_new_thread


class Lock:
    """A lock that waits under control. Its number is the same in each run with the same choices.

    `taken`, `owner` and `count` say whether a task has the lock, which one, and how many times. `quiet`: the threading
    module made the lock to wait inside a call on another lock. `name` is the name of an access to the lock.
    """

    __slots__ = ("__weakref__", "_made", "_real", "_run", "count", "name", "number", "owner", "quiet", "taken")

    kind = "lock"
    _stands_for: ClassVar[type] = _thread.LockType  # what is public of a lock that is itself the subject

    def __init__(self) -> None:
        # Made at once, not at the first use: two threads that are not under control must find the same real lock.
        self._real: Any = None if turns.current is not None and turns.me() is not None else self._new_real()
        self.owner: Task | None = None
        self.taken = False
        self.count = 0
        self.quiet = False
        self._run = 0
        self._made = here()
        self.number = engine.number() if turns.current is not None else -_real_id(self)
        self.name = f"#{self.number}"

    # For the program.

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Do as `threading.Lock.acquire` does."""
        task = turns.me()
        if task is None:
            return self._acquire_outside(blocking, timeout)
        if timeout != -1:
            if not blocking:
                raise ValueError("can't specify a timeout for a non-blocking call")
            if timeout < 0:
                raise ValueError("timeout value must be a non-negative number")
        return self._acquire(task, blocking, timeout)

    def _acquire_outside(self, blocking: bool, timeout: float) -> bool:
        """Take the lock in a thread that is not under control: there a time limit is no real time either."""
        if not blocking or timeout <= 0:
            return bool(self._native().acquire(blocking, timeout))
        if got := bool(self._native().acquire(True, own_time.own_time.waits(timeout))):
            return got
        own_time.own_time.advance(timeout)
        return False

    def release(self) -> None:
        """Do as `threading.Lock.release` does."""
        task = turns.me()
        if task is None and not self.taken:
            self._native().release()
            return
        if turns.abandoning:
            return
        self._adopt()
        if task is not None:
            engine.tries |= self.owner is not task and not self.quiet  # another thread may come before
            if engine.tries:
                engine.point(task, self.name)
            if not self.taken:
                engine.synced(Sync.LOOK, self.number)
        if not self.taken:
            raise RuntimeError("release unlocked lock")
        self._give_back()

    def locked(self) -> bool:
        """Tell whether a thread has the lock."""
        task = turns.me()
        if task is None:
            return self.taken or (self._real is not None and bool(self._real.locked()))
        engine.tries = True
        self._adopt()
        engine.point(task, self.name)
        engine.synced(Sync.LOOK, self.number)
        return self.taken

    def __enter__(self) -> bool:
        task = turns.me()
        return self._acquire_outside(True, -1) if task is None else self._acquire(task, True, -1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def __repr__(self) -> str:
        state = "locked" if self.taken or (self._real is not None and self._real.locked()) else "unlocked"
        return f"<{state} _thread.lock object at {_real_id(self):#x}>"

    def _is_owned(self) -> bool:
        # Condition calls this method. Without it, Condition tries to take the lock: one more step to explore.
        return self.taken if turns.me() is not None else self.locked()

    def _at_fork_reinit(self) -> None:
        self._real, self.owner, self.taken, self.count = self._new_real(), None, False, 0

    # For the engine.

    @property
    def origin(self) -> str:
        """The place that made the lock. Locks made by one line at different places of the line stay apart."""
        return f"{place(self._made)}+{self._made[1]}" if self._made else ""

    def owners(self) -> Sequence[Task]:
        """Return the task that has the lock; none for a quiet lock."""
        return (self.owner,) if self.owner is not None and not self.quiet else ()

    def describe(self) -> str:
        """Return the kind of lock and the place that made it, as text."""
        if self.quiet:
            return "a notification"
        return f"the {self.kind} made at {place(self._made)}" if self._made else f"a {self.kind}"

    def reset(self) -> None:
        """Release the lock: the run is over."""
        self.owner, self.taken, self.count = None, False, 0

    def _native(self) -> Any:
        if self._real is None:
            self._real = self._new_real()
        return self._real

    def _new_real(self) -> Any:
        return _real_lock()

    def _acquire(self, task: Task, blocking: bool, timeout: float) -> bool:
        engine.touch(self.number)
        if self._run != engine.runs:
            self._adopt()
        if self.quiet and not self.taken:
            self._take(task, Sync.TRY)
            return True
        patient = blocking and timeout < 0
        if patient and not self.taken:
            task.wants = self  # a task that takes the lock meanwhile holds this one back
            try:
                engine.point(task, self.name)
            finally:
                task.wants = None
        while patient and self.taken and not turns.abandoning:
            engine.wait(task, self)
        if not patient:
            engine.tries = True
            engine.point(task, self.name)
            if self.taken and blocking and not turns.abandoning:
                deadline = engine.now + timeout
                engine.wait(task, self, deadline)
                if self.taken:
                    engine.now = max(engine.now, deadline)
                engine.touch(0)
        if turns.abandoning:
            return True  # a task that unwinds gets every lock
        if self.taken:
            engine.synced(Sync.LOOK, self.number)
            return False
        if patient and task.held and not self.quiet:
            engine.order.note(task.held, self, task.index)
        self._take(task, Sync.TAKE if patient else Sync.TRY)
        return True

    def _adopt(self) -> None:
        """At the first use in a run, take over the state that code before the run left behind."""
        if self._run != engine.runs:
            self._run = engine.runs
            engine.resources.append(self)
            self.taken = self._held_outside()

    def _held_outside(self) -> bool:
        return self._real is not None and bool(self._real.locked())

    def _take(self, task: Task, how: Sync) -> None:
        self.taken, self.owner, self.count = True, task, 1
        task.held[self] = site = here(4)
        if engine.watcher is not None:
            engine.watcher(task, site, f"+{self.name}", None)
        engine.synced(how, self.number)
        engine.hold_back(self, task)

    def _give_back(self) -> None:
        if self.owner is not None:
            self.owner.held.pop(self, None)
            if engine.watcher is not None:
                engine.watcher(self.owner, here(3), f"-{self.name}", None)
        self.taken, self.owner, self.count = False, None, 0
        engine.synced(Sync.GIVE, self.number)
        engine.wake(self)


class RLock(Lock):
    """A reentrant lock that waits under control."""

    __slots__ = ()
    _stands_for: ClassVar[type] = _thread.RLock

    kind = "reentrant lock"

    def _acquire(self, task: Task, blocking: bool, timeout: float) -> bool:
        self._adopt()
        if self.owner is task:
            self.count += 1
            return True
        return super()._acquire(task, blocking, timeout)

    def release(self) -> None:
        """Do as `threading.RLock.release` does."""
        task = turns.me()
        if task is None:
            self._native().release()
            return
        if turns.abandoning:
            return
        if self.owner is not task:
            raise RuntimeError("cannot release un-acquired lock")
        if self.count > 1:
            self.count -= 1
            return
        if engine.tries:
            engine.point(task, self.name)
        self._give_back()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    # For Condition.

    def _is_owned(self) -> bool:
        task = turns.me()
        return interpreter.is_owned(self._native()) if task is None else self.owner is task

    def _release_save(self) -> Any:
        task = turns.me()
        if task is None:
            return interpreter.release_save(self._native())
        if turns.abandoning:
            return 0
        if self.owner is not task:
            raise RuntimeError("cannot release un-acquired lock")
        count = self.count
        self._give_back()
        return count

    def _acquire_restore(self, state: Any) -> None:
        task = turns.me()
        if task is None:
            interpreter.acquire_restore(self._native(), state)
            return
        self._acquire(task, True, -1)
        self.count = state

    def _recursion_count(self) -> int:
        task = turns.me()
        if task is None:
            return interpreter.recursion_count(self._native())
        return self.count if self.owner is task else 0

    def _held_outside(self) -> bool:
        return self._real is not None and interpreter.rlock_is_taken(self._real)

    def _new_real(self) -> Any:
        return _real_rlock()

    def __repr__(self) -> str:
        if self._real is not None and self.owner is None:
            return repr(self._real).replace(f"{_real_id(self._real):x}", f"{_real_id(self):x}")
        owner = self.owner.ident if self.owner is not None else 0
        state = "locked" if owner else "unlocked"
        return f"<{state} _thread.RLock object owner={owner} count={self.count} at {_real_id(self):#x}>"


def inner_lock() -> Lock:
    """Return a lock that the threading module makes so that one thread can wait for a notification by another."""
    lock = Lock()
    lock.quiet = True
    return lock


# Threads.


class _Handle:
    """The handle that `Thread.join` waits for, of a thread under control."""

    def __init__(self, task: Task) -> None:
        self._task = task

    @property
    def ident(self) -> int:
        return self._task.ident

    def is_done(self) -> bool:
        task = turns.me()
        if task is not None:
            engine.point(task, f"@{self._task.index}")
            engine.synced(Sync.LOOK, thread_number(self._task.index))
        return self._task.done

    def _set_done(self) -> None:
        pass

    def join(self, timeout: float | None = None) -> None:
        task = turns.me()
        if task is not None:
            engine.join(task, self._task, None if timeout is None else engine.now + timeout)


def start(self: threading.Thread) -> None:
    """Do as `Thread.start` does; the new thread is under control if the caller is."""
    task = turns.me()
    if task is None:
        _real_start(self)
        return
    interpreter.begin_start(self)
    child = engine.spawn(lambda: _run_thread(self), self.name, self.daemon, self)
    interpreter.end_start(self, child.ident, child.native, _Handle(child))


def _run_thread(thread: threading.Thread) -> None:
    with suppress(SystemExit):
        interpreter.run_thread(thread)


def start_new_thread(function: Callable[..., object], args: Any, kwargs: Any = None, /) -> int:
    """Do as `_thread.start_new_thread` does; the new thread is under control if the caller is."""
    task = turns.me()
    if task is None:
        return _real_new_thread(function, args, kwargs or {})

    def run() -> None:
        with suppress(SystemExit):
            function(*args, **(kwargs or {}))

    child = engine.spawn(run, getattr(function, "__name__", "thread"), daemon=True)
    return child.ident


# For probe elements.


def step_aside() -> None:
    """Be a switch point inside a hash or a comparison of a probe."""
    task = turns.me()
    if task is None:
        _real_step_aside()
    else:
        engine.point(task, CONTAINER)


def is_set(self: threading.Event) -> bool:
    """Do as `Event.is_set` does, and note that the step depends on the order with `Event.set`."""
    task = turns.me()
    if task is not None:
        lock = interpreter.event_lock(self)
        file = interpreter.get_frame(1).f_code.co_filename
        if file != threading.__file__ and not own(file):  # these ask whether a thread has started
            engine.point(task, lock.name)
        engine.synced(Sync.LOOK, lock.number)
    return interpreter.event_flag(self)


# Identity.


_known_before: Final[set[int]] = set()
"""Results of `id` that code got before the first run, at its import, and may still compare."""


def number_of(thing: object, /) -> int:
    """Do as `id` does; in a task, number objects in the order of calls, so that each run sorts by `id` the same way."""
    if turns.me() is None and not engine.runs:
        _known_before.add(_real_id(thing))
    if turns.me() is None or _real_id(thing) in _known_before:
        return _real_id(thing)
    return engine.ids.number(thing, _real_id(thing))


def hash_of(thing: Any) -> int:
    """Hash a thread or a future by a number that is the same in each run, so that a set has them in the same order."""
    try:
        known: int = object.__getattribute__(thing, _HASH)
    except AttributeError:
        known = next(_outside) if turns.me() is None else engine.number()
        object.__setattr__(thing, _HASH, known)  # around a `__setattr__` of a subclass
    return known


_HASH: Final = "_hash_by_order"
_outside: Final = itertools.count(1)

# Time.


clock: Final = own_time.real
"""The functions of `time` that are not under control."""


def sleep(seconds: float, /) -> None:
    """Let other tasks go on, and so many seconds of the run's time pass.

    Sleeps of several tasks add up, as those of operations in an order do. More time than a task asks for may always
    pass.
    """
    task = turns.me()
    if task is None:
        own_time.own_time.sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    _note_time(passes=True)
    engine.decisions.pending[task.index] = ""
    engine.step_aside(task)
    _note_time(passes=True)
    own_time.own_time.advance(seconds)


def pass_time(seconds: float) -> None:
    """Let time pass in one step, for `time_passes`."""
    task = turns.me()
    if task is not None:
        engine.point(task, "")
        _note_time(passes=True)
    own_time.own_time.advance(seconds)


def _note_time(*, passes: bool) -> None:
    engine.touch(0)
    engine.note(Access(TIME, passes))


def _read() -> float:
    """Return the time of the run, for the function that calls the caller."""
    if turns.me() is not None:
        _note_time(passes=False)
    return own_time.own_time.look(interpreter.get_frame(2))


def monotonic() -> float:
    """Return the run's time, for `time.monotonic`."""
    return _read()


def now() -> float:
    """Return the run's time, for `time.time`."""
    return _read() - own_time.BEGIN + own_time.DATE


def monotonic_ns() -> int:
    """Return the run's time in nanoseconds, for `time.monotonic_ns`."""
    return own_time.nanoseconds(_read())


def time_ns() -> int:
    """Return the run's time in nanoseconds, for `time.time_ns`."""
    return own_time.nanoseconds(_read() - own_time.BEGIN + own_time.DATE)


__all__ = ["Lock", "RLock", "Site", "clock", "engine", "inner_lock", "monotonic", "now", "pass_time", "sleep",
           "start", "start_new_thread", "turns"]  # fmt: skip
