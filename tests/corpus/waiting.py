"""Classes whose calls wait for other threads, in pairs."""

from __future__ import annotations

from collections import deque
from threading import Condition, Event, Lock


class BrokenTokens:
    """A woken thread does not look again: another thread has taken the token, and there are two on one token."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._tokens = 1

    def take(self) -> None:
        with self._changed:
            if self._tokens == 0:
                self._changed.wait()
            self._tokens -= 1

    def put_back(self) -> None:
        with self._changed:
            self._tokens += 1
            self._changed.notify()


class MendedTokens:
    """A woken thread looks again."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._tokens = 1

    def take(self) -> None:
        with self._changed:
            while self._tokens == 0:
                self._changed.wait()
            self._tokens -= 1

    def put_back(self) -> None:
        with self._changed:
            self._tokens += 1
            self._changed.notify()


class BrokenCountDown:
    """The last count wakes one of the threads that wait, and the others wait for ever."""

    def __init__(self) -> None:
        self._zero = Condition()
        self._left = 2

    def count_down(self) -> None:
        with self._zero:
            self._left = max(0, self._left - 1)
            if self._left == 0:
                self._zero.notify()

    def wait(self) -> None:
        with self._zero:
            while self._left:
                self._zero.wait()


class MendedCountDown:
    """The last count wakes all."""

    def __init__(self) -> None:
        self._zero = Condition()
        self._left = 2

    def count_down(self) -> None:
        with self._zero:
            self._left = max(0, self._left - 1)
            if self._left == 0:
                self._zero.notify_all()

    def wait(self) -> None:
        with self._zero:
            while self._left:
                self._zero.wait()


class BrokenSignal:
    """Looks before it takes the lock: the signal comes in between, and nobody gives it again."""

    def __init__(self) -> None:
        self._given = Condition()
        self._is_given = False

    def give(self) -> None:
        with self._given:
            self._is_given = True
            self._given.notify_all()

    def await_it(self) -> None:
        if not self._is_given:
            with self._given:
                self._given.wait()


class MendedSignal:
    """Looks under the lock."""

    def __init__(self) -> None:
        self._given = Condition()
        self._is_given = False

    def give(self) -> None:
        with self._given:
            self._is_given = True
            self._given.notify_all()

    def await_it(self) -> None:
        with self._given:
            self._given.wait_for(lambda: self._is_given)


class BrokenReadWrite:
    """The writer that leaves wakes one reader, although all may come in."""

    def __init__(self) -> None:
        self._free = Condition()
        self._readers, self._writes = 0, False

    def acquire_read(self) -> None:
        with self._free:
            while self._writes:
                self._free.wait()
            self._readers += 1

    def release_read(self) -> None:
        with self._free:
            self._readers -= 1
            self._free.notify_all()

    def acquire_write(self) -> None:
        with self._free:
            while self._writes or self._readers:
                self._free.wait()
            self._writes = True

    def release_write(self) -> None:
        with self._free:
            self._writes = False
            self._free.notify()


class MendedReadWrite:
    """The writer that leaves wakes all."""

    def __init__(self) -> None:
        self._free = Condition()
        self._readers, self._writes = 0, False

    def acquire_read(self) -> None:
        with self._free:
            while self._writes:
                self._free.wait()
            self._readers += 1

    def release_read(self) -> None:
        with self._free:
            self._readers -= 1
            self._free.notify_all()

    def acquire_write(self) -> None:
        with self._free:
            while self._writes or self._readers:
                self._free.wait()
            self._writes = True

    def release_write(self) -> None:
        with self._free:
            self._writes = False
            self._free.notify_all()


class BrokenMeeting:
    """A thread that comes to the next meeting before the others have left this one keeps them in it."""

    def __init__(self) -> None:
        self._all = Condition()
        self._here = 0

    def meet(self) -> None:
        with self._all:
            self._here += 1
            if self._here == 2:
                self._here = 0
                self._all.notify_all()
            while self._here:
                self._all.wait()


class MendedMeeting:
    """Each thread waits for the end of its own meeting."""

    def __init__(self) -> None:
        self._all = Condition()
        self._here = self._number = 0

    def meet(self) -> None:
        with self._all:
            number = self._number
            self._here += 1
            if self._here == 2:
                self._here = 0
                self._number += 1
                self._all.notify_all()
            while number == self._number:
                self._all.wait()


class BrokenSlot:
    """Givers and takers wait for one condition, and notify wakes one of them: perhaps one that cannot go on."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._items: deque[int] = deque()

    def give(self, item: int) -> None:
        with self._changed:
            while self._items:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify()

    def grab(self) -> int:
        with self._changed:
            while not self._items:
                self._changed.wait()
            item = self._items.popleft()
            self._changed.notify()
            return item


class MendedSlot:
    """Givers and takers wait for a condition each."""

    def __init__(self) -> None:
        lock = Lock()
        self._empty, self._full = Condition(lock), Condition(lock)
        self._items: deque[int] = deque()

    def give(self, item: int) -> None:
        with self._empty:
            while self._items:
                self._empty.wait()
            self._items.append(item)
            self._full.notify()

    def grab(self) -> int:
        with self._full:
            while not self._items:
                self._full.wait()
            item = self._items.popleft()
            self._empty.notify()
            return item


class BrokenPromise:
    """Says that there is a value before there is one."""

    def __init__(self) -> None:
        self._kept = Event()
        self._value: int | None = None

    def keep(self, value: int) -> None:
        self._kept.set()
        self._value = value

    def value(self) -> int | None:
        self._kept.wait()
        return self._value


class MendedPromise:
    """Has the value first."""

    def __init__(self) -> None:
        self._kept = Event()
        self._value: int | None = None

    def keep(self, value: int) -> None:
        self._value = value
        self._kept.set()

    def value(self) -> int | None:
        self._kept.wait()
        return self._value


class BrokenTurnstile:
    """Two threads that leave read the same number of free places, and one place is lost."""

    def __init__(self) -> None:
        self._place = Condition()
        self._free = 1

    def enter(self) -> None:
        with self._place:
            while self._free == 0:
                self._place.wait()
            self._free -= 1

    def leave(self) -> None:
        with self._place:
            free = self._free
        with self._place:
            self._free = free + 1
            self._place.notify()

    def free(self) -> int:
        with self._place:
            return self._free


class MendedTurnstile:
    """Reads and writes in one step."""

    def __init__(self) -> None:
        self._place = Condition()
        self._free = 1

    def enter(self) -> None:
        with self._place:
            while self._free == 0:
                self._place.wait()
            self._free -= 1

    def leave(self) -> None:
        with self._place:
            self._free += 1
            self._place.notify()

    def free(self) -> int:
        with self._place:
            return self._free


class BrokenLine:
    """Two threads draw the same number, and both are served at once."""

    def __init__(self) -> None:
        self._moved = Condition()
        self._next = self._served = 0

    def acquire(self) -> None:
        with self._moved:
            mine = self._next
        with self._moved:
            self._next = mine + 1
            while self._served < mine:
                self._moved.wait()

    def release(self) -> None:
        with self._moved:
            self._served += 1
            self._moved.notify_all()


class MendedLine:
    """Draws a number in one step."""

    def __init__(self) -> None:
        self._moved = Condition()
        self._next = self._served = 0

    def acquire(self) -> None:
        with self._moved:
            mine = self._next
            self._next = mine + 1
            while self._served < mine:
                self._moved.wait()

    def release(self) -> None:
        with self._moved:
            self._served += 1
            self._moved.notify_all()


class BrokenGate:
    """The gate is closed behind the first thread in a second step, and a second thread has come through."""

    def __init__(self) -> None:
        self._open = Event()

    def admit_one(self) -> None:
        self._open.set()

    def enter(self) -> None:
        self._open.wait()
        self._open.clear()


class MendedGate:
    """Comes through and closes the gate in one step."""

    def __init__(self) -> None:
        self._opened = Condition()
        self._is_open = False

    def admit_one(self) -> None:
        with self._opened:
            self._is_open = True
            self._opened.notify()

    def enter(self) -> None:
        with self._opened:
            while not self._is_open:
                self._opened.wait()
            self._is_open = False
