"""Private names of CPython and its standard library that lockproof relies on, all in this module.

A private name may change in any release without notice: after 3.14 renamed `Thread._handle`, lockproof reported every
function that joins a thread. `tests/lockproof/core/test_interpreter.py` shows on each build that every name here exists
and does what its line says, and that no other module of lockproof uses a private name of the standard library.
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
"""The version of the running Python, like 3.14."""


def unknown_python(fact: str) -> LockproofError:
    """Return the error for a Python whose threads lockproof cannot control; `fact` follows "Python 3.x"."""
    return LockproofError(
        f"Python {VERSION} {fact}",
        "this lockproof was not written for this version of Python",
        "use a version of Python that lockproof supports, or a newer lockproof; --engine threads needs no control",
    )


# What the interpreter says about itself.

is_gil_enabled: Final[Callable[[], bool]] = sys._is_gil_enabled
"""Tell whether the GIL is on now: an import can turn it on in a free-threaded build."""

current_frames: Final[Callable[[], dict[int, FrameType]]] = sys._current_frames
"""Return the frame of each thread by its identifier. It shows where a thread waits or spins."""

get_frame: Final[Callable[[int], FrameType]] = sys._getframe
"""Return a caller's frame. It has the operands of an instruction, and the line that makes or takes a lock."""

DATACLASS_MAKER: Final = "__create_fn__"
"""The name of the code with which `dataclasses` makes methods. This code is no code of the subject."""


# Names that engines replace.


class Place(NamedTuple):
    """An attribute of a module or class that engines replace."""

    owner: Any
    name: str

    def replace(self, value: object) -> None:
        """Set the attribute to `value`.

        Raises:
            LockproofError: the attribute does not exist, so no code would use the value.

        """
        if not hasattr(self.owner, self.name):
            raise unknown_python(f"has no {self.owner.__name__}.{self.name}")
        setattr(self.owner, self.name, value)


C_RLOCK: Final = Place(threading, "_CRLock")
"""The class of the locks that `threading.RLock` returns."""

NOTIFICATION_LOCK: Final = Place(threading, "_allocate_lock")
"""The function that makes the lock on which a thread waits inside `Condition.wait`."""

THREADING_TIME: Final = Place(threading, "_time")
"""The clock of `Condition.wait_for` and `Semaphore.acquire`."""

DANGLING_THREADS: Final = Place(threading, "_dangling")
"""The set of all threads, which `threading` needs after a fork."""

THREAD_NAMES: Final = Place(threading, "_counter")
"""The counter for the names of threads that are made without a name."""

QUEUE_TIME: Final = Place(queue, "time")
"""The clock of `Queue.get` and `Queue.put`: a name that `queue` imports for itself."""

IMPORT_LOCKS: Final = Place(sys.modules["_frozen_importlib"], "_thread")
"""The module from which the import system takes the functions that make its locks."""

SIMPLE_QUEUE_OF_PYTHON: Final[Any] = queue._PySimpleQueue  # type: ignore[attr-defined]
"""`SimpleQueue` in Python, as the standard library has it."""


# Threads.

start_joinable_thread: Final[Any] = threading._start_joinable_thread  # type: ignore[attr-defined]
"""Start an operating-system thread that has no Thread object, and return its handle."""

running_threads: Final[dict[int, Any]] = threading._active  # type: ignore[attr-defined]
"""The threads by identifier: `threading.current_thread` and `threading.enumerate` read this dict."""

HANDLE: Final = next((name for name in ("_os_thread_handle", "_handle") if hasattr(threading.main_thread(), name)), "")
"""The attribute of a Thread that `join` and `is_alive` use: `_handle` up to 3.13, `_os_thread_handle` after that."""

HAS_CONTEXT: Final = hasattr(threading.main_thread(), "_context")
"""Whether a Thread runs in a context, which it gets from the thread that starts it: so from 3.14 on."""


thread_target: Final[Callable[[Any], Any]] = attrgetter("_target")
"""Return the function that a thread will call, while it has not run."""


def begin_start(thread: Any) -> None:
    """Mark a thread as started, as `Thread.start` does.

    Raises:
        RuntimeError: the thread was started before, or its `__init__` did not run.

    """
    if not thread._initialized:
        raise RuntimeError("thread.__init__() not called")
    if thread._started.is_set():
        raise RuntimeError("threads can only be started once")
    thread._started._flag = True  # no thread can wait for the event yet; `set` would take a lock, one more to explore
    if HAS_CONTEXT and thread._context is None:
        inherits = sys.flags.thread_inherit_context  # type: ignore[attr-defined]
        thread._context = contextvars.copy_context() if inherits else contextvars.Context()


def end_start(thread: Any, ident: int, native: int, handle: object) -> None:
    """Give a started thread its identifiers, and the handle that `join` and `is_alive` use."""
    thread._ident, thread._native_id = ident, native
    setattr(thread, HANDLE, handle)


def run_thread(thread: Any) -> None:
    """Call `thread.run` as a thread started by `Thread.start` does: in the context of the thread, if it has one."""
    if HAS_CONTEXT:
        thread._context.run(thread.run)
    else:
        thread.run()


def rename_thread(thread: Any, ident: int, name: str, daemon: bool) -> None:
    """Make a Thread object stand for the running thread with the identifier `ident`."""
    thread._started._flag, thread._ident, thread._name, thread._daemonic = True, ident, name, daemon


# Locks and events.

event_flag: Final[Callable[[threading.Event], bool]] = attrgetter("_flag")
"""Return whether an event is set."""

event_lock: Final[Callable[[threading.Event], Any]] = attrgetter("_cond._lock")
"""Return the lock of an event. A thread takes it to set the event."""

LOCK_METHODS: Final = ("_is_owned", "_release_save", "_acquire_restore", "_recursion_count", "_at_fork_reinit")
"""The private methods of a lock that `Condition` and a fork call. Locks under control have the same methods."""

is_owned: Final[Callable[[Any], bool]] = methodcaller("_is_owned")
"""Return whether the calling thread holds a real reentrant lock."""

release_save: Final[Callable[[Any], Any]] = methodcaller("_release_save")
"""Release a real reentrant lock as often as the calling thread has taken it; return the state for `acquire_restore`."""

recursion_count: Final[Callable[[Any], int]] = methodcaller("_recursion_count")
"""Return how often the calling thread has taken a real reentrant lock."""


def acquire_restore(lock: Any, state: Any) -> None:
    """Take a real reentrant lock again, as often as it was taken before `release_save` returned `state`."""
    lock._acquire_restore(state)


_RLOCK_HAS_LOCKED: Final = hasattr(_thread.RLock, "locked")


def rlock_is_taken(lock: Any) -> bool:
    """Return whether any thread holds a real reentrant lock. Up to 3.13, only the repr of the lock shows it."""
    return bool(lock.locked()) if _RLOCK_HAS_LOCKED else " owner=0 " not in repr(lock)
