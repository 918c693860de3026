"""Functions and classes whose findings have a story: who waited for what, and what the calls came to before that."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable

from tests.lockproof.campaign.subjects import Claims, step_aside


def _all(*functions: Callable[[], object]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def gives_forks_back() -> None:
    """Deadlock, and release what is held in `finally`, which runs when the run is given up."""
    forks = [threading.Lock() for _ in range(2)]

    def dine(seat: int) -> None:
        forks[seat].acquire()
        try:
            with forks[1 - seat]:
                pass
        finally:
            forks[seat].release()  # gives back

    _all(lambda: dine(0), lambda: dine(1))


def crosswise() -> None:
    """Take two locks in both orders."""
    one, other = threading.Lock(), threading.RLock()

    def first() -> None:
        with one, other:  # first takes one
            pass

    def second() -> None:
        with other:  # second takes other
            one.acquire()
            one.release()

    _all(first, second)


def looks_once() -> None:
    """Wait for a notification with `if`."""
    changed, box = threading.Condition(), list[int]()

    def take() -> None:
        with changed:
            if not box:
                changed.wait()
            box.pop()

    def put() -> None:
        for each in range(2):
            with changed:
                box.append(each)
                changed.notify()  # puts

    _all(take, take, put)


def one_sentinel() -> None:
    """Have two threads take from a queue, and put one item."""
    items = queue.Queue[int]()
    items.put(1)
    _all(lambda: items.get(), lambda: items.get())  # gets


class Buffer:
    """Has room for one item, and wakes whoever waits."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._changed = threading.Condition()

    def put(self, item: int) -> None:
        """Put an item in."""
        with self._changed:
            while self._items:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify()

    def take(self) -> int:
        """Take an item out."""
        with self._changed:
            if not self._items:
                self._changed.wait()
            item = self._items.popleft()
            self._changed.notify()
            return item


def sets_a_handler() -> None:
    """Set a handler of a signal, and start threads: right in the main thread of a process."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _all(lambda: None, lambda: None)
    signal.signal(signal.SIGTERM, before)


def sets_it_in_threads() -> None:
    """Set a handler in threads that are no main thread: wrong everywhere."""
    _all(lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN), lambda: None)


def tries_to_set_one() -> None:
    """Set a handler where that is possible."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _all(lambda: None, lambda: None)


class SlowClaims(Claims):
    """Lets other threads go first so often that two claims at once both succeed."""

    def claim(self, x: int) -> bool:
        """Take it, unless it is taken."""
        if self.taken(x):
            return False
        for _ in range(50):
            step_aside()
        self._taken.add(x)
        return True
