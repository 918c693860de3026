"""Private names of CPython and its standard library that lockproof relies on, all in this module.

A private name may change in any release without notice: 3.14 renamed `Thread._handle`, and every function that joins a
thread was accused. `tests/lockproof/core/test_interpreter.py` shows on each build that every name here exists and does
what its line says, and that no other module of lockproof uses a private name of the standard library.
"""

from __future__ import annotations

import _thread
import contextvars
import queue
import sys
import threading
from collections.abc import Callable
from operator import attrgetter, methodcaller
from types import FrameType
from typing import Any, Final, NamedTuple

from lockproof.core.errors import LockproofError

VERSION: Final = "{}.{}".format(*sys.version_info)
"""The version of Python that runs, like 3.14."""


def unknown_python(fact: str) -> LockproofError:
    """Return the error for a Python of which lockproof does not know enough to control threads."""
    return LockproofError(
        f"Python {VERSION} {fact}",
        "this lockproof was not written for this version of Python",
        "use a version of Python that lockproof supports, or a newer lockproof; --engine threads needs no control",
    )


# What the interpreter says about itself.

is_gil_enabled: Final[Callable[[], bool]] = sys._is_gil_enabled
"""Tell whether the GIL is on now: an import can turn it on in a free-threaded build."""

current_frames: Final[Callable[[], dict[int, FrameType]]] = sys._current_frames
"""Return the frame of each thread by its identifier: where a thread waits or goes round."""

get_frame: Final[Callable[[int], FrameType]] = sys._getframe
"""Return a caller's frame: the operands of an instruction, and the place where a lock is made or taken."""

DATACLASS_MAKER: Final = "__create_fn__"
"""The name of the code by which `dataclasses` makes methods: it is no code of the subject."""


# Names that control replaces.


class Place(NamedTuple):
    """An attribute of a module or class that control replaces."""

    owner: Any
    name: str

    def replace(self, value: object) -> None:
        """Put another value there.

        Raises:
            LockproofError: the attribute does not exist, so nothing would use the value.

        """
        if not hasattr(self.owner, self.name):
            raise unknown_python(f"has no {self.owner.__name__}.{self.name}")
        setattr(self.owner, self.name, value)


C_RLOCK: Final = Place(threading, "_CRLock")
"""What `threading.RLock` makes."""

NOTIFICATION_LOCK: Final = Place(threading, "_allocate_lock")
"""Makes the lock on which a thread waits inside `Condition.wait`."""

THREADING_TIME: Final = Place(threading, "_time")
"""The clock of `Condition.wait_for` and `Semaphore.acquire`."""

DANGLING_THREADS: Final = Place(threading, "_dangling")
"""The set in which `threading` keeps all threads for the time after a fork."""

THREAD_NAMES: Final = Place(threading, "_counter")
"""Numbers the threads that get no name from their maker."""

QUEUE_TIME: Final = Place(queue, "time")
"""The clock of `Queue.get` and `Queue.put`: a name that `queue` imports for itself."""

IMPORT_LOCKS: Final = Place(sys.modules["_frozen_importlib"], "_thread")
"""Where the import system finds the makers of its locks."""

PURE_SIMPLE_QUEUE: Final[Any] = queue._PySimpleQueue  # type: ignore[attr-defined]
"""`SimpleQueue` in Python: the one in C waits on a lock inside it that nobody can replace."""


# Threads.

start_joinable_thread: Final[Any] = threading._start_joinable_thread  # type: ignore[attr-defined]
"""Start an operating-system thread that has no Thread object, and return its handle."""

running_threads: Final[dict[int, Any]] = threading._active  # type: ignore[attr-defined]
"""Where `threading.current_thread` and `threading.enumerate` look threads up, by identifier."""

HANDLE: Final = next((name for name in ("_os_thread_handle", "_handle") if hasattr(threading.main_thread(), name)), "")
"""The attribute of a Thread that `join` and `is_alive` ask; `_handle` up to 3.13."""

HAS_CONTEXT: Final = hasattr(threading.main_thread(), "_context")
"""Whether a Thread runs in a context that it has from its maker, as from 3.14 on."""


def begin_start(thread: Any) -> None:
    """Mark a thread as started, as `Thread.start` does.

    Raises:
        RuntimeError: the thread was started before, or its `__init__` did not run.

    """
    if not thread._initialized:
        raise RuntimeError("thread.__init__() not called")
    if thread._started.is_set():
        raise RuntimeError("threads can only be started once")
    thread._started._flag = True  # nobody can wait for it yet, and its lock would be one more to explore
    if HAS_CONTEXT and thread._context is None:
        inherits = sys.flags.thread_inherit_context  # type: ignore[attr-defined]
        thread._context = contextvars.copy_context() if inherits else contextvars.Context()


def end_start(thread: Any, ident: int, native: int, handle: object) -> None:
    """Give a thread that was started its identifiers, and what `join` and `is_alive` ask."""
    thread._ident, thread._native_id = ident, native
    setattr(thread, HANDLE, handle)


def run_thread(thread: Any) -> None:
    """Call `thread.run` as `Thread.start` has it called: in the context of the thread, if it has one."""
    if HAS_CONTEXT:
        thread._context.run(thread.run)
    else:
        thread.run()


def rename_thread(thread: Any, ident: int, name: str, daemon: bool) -> None:
    """Let a Thread object stand for the running thread with this identifier."""
    thread._started._flag, thread._ident, thread._name, thread._daemonic = True, ident, name, daemon


# Locks and events.

event_flag: Final[Callable[[threading.Event], bool]] = attrgetter("_flag")
"""Return whether an event is set."""

event_lock: Final[Callable[[threading.Event], Any]] = attrgetter("_cond._lock")
"""Return the lock of an event: who sets the event takes it."""

LOCK_METHODS: Final = ("_is_owned", "_release_save", "_acquire_restore", "_recursion_count", "_at_fork_reinit")
"""The methods that `Condition`, and a fork, ask of a lock: locks under control have the same."""

is_owned: Final[Callable[[Any], bool]] = methodcaller("_is_owned")
"""Ask a real reentrant lock whether the calling thread has it."""

release_save: Final[Callable[[Any], Any]] = methodcaller("_release_save")
"""Release a real reentrant lock as often as the calling thread has taken it, and return how to take it again."""

recursion_count: Final[Callable[[Any], int]] = methodcaller("_recursion_count")
"""Ask a real reentrant lock how often the calling thread has taken it."""


def acquire_restore(lock: Any, state: Any) -> None:
    """Take a real reentrant lock again as `release_save` found it."""
    lock._acquire_restore(state)


_RLOCK_HAS_LOCKED: Final = hasattr(_thread.RLock, "locked")


def rlock_is_taken(lock: Any) -> bool:
    """Tell whether any thread has a real reentrant lock: up to 3.13 only its repr says so."""
    return bool(lock.locked()) if _RLOCK_HAS_LOCKED else " owner=0 " not in repr(lock)
