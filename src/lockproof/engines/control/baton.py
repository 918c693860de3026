"""The baton that a thread waits for until it may go on: each release lets one `acquire` return.

On Linux a baton is an eventfd, elsewhere a lock of `_thread`. Locks were rejected on Linux: on a free-threaded build a
thread that waits for a lock yields the processor forty times before it sleeps. A hand-over by locks took 114 us, one
by eventfd 6 us (3.13.15t, two busy processors); on 3.13.15 it was 6.5 us against 5 us. SimpleQueue and POSIX semaphores
lie between the two.
"""

from __future__ import annotations

import os
import select
from _thread import allocate_lock
from collections.abc import Callable
from functools import partial
from operator import call
from typing import Final


class Baton:
    """`release` lets one `acquire` return, which waits until then and returns something true.

    Both are functions in C, as `hand_over` needs them.
    """

    __slots__ = ("acquire", "release")

    def __init__(self, release: Callable[[], object], acquire: Callable[[], object]) -> None:
        self.release = release
        self.acquire = acquire

    def wait(self, seconds: float) -> bool:
        """Acquire the baton within so many seconds; false if nobody released it in that time."""
        raise NotImplementedError

    def close(self) -> None:
        """Free the resources of the operating system."""


class _EventBaton(Baton):
    __slots__ = ("_number", "_poll")

    def __init__(self) -> None:
        self._number = os.eventfd(0, os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._number, select.POLLIN)
        super().__init__(partial(os.eventfd_write, self._number, 1), partial(os.eventfd_read, self._number))

    def wait(self, seconds: float) -> bool:
        if not self._poll.poll(seconds * 1000):
            return False
        os.eventfd_read(self._number)
        return True

    def close(self) -> None:
        os.close(self._number)


class _LockBaton(Baton):
    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()
        super().__init__(self._lock.release, self._lock.acquire)

    def wait(self, seconds: float) -> bool:
        return self._lock.acquire(timeout=seconds)


new_baton: Final[type[_EventBaton] | type[_LockBaton]] = _EventBaton if hasattr(os, "eventfd") else _LockBaton
"""Makes a baton that nobody has released."""


def hand_over(released: Baton, acquired: Baton) -> None:
    """Release one baton and acquire the other, in one call of C code.

    The interpreter may run a finalizer between two instructions of Python: on a free-threaded build, the finalizer of
    an object that this thread made and another thread dropped. With two calls, a finalizer could run after the release,
    at the same time as the thread that goes on. With one call, it runs when this thread has its turn again.
    """
    any(map(call, (released.release, acquired.acquire)))
