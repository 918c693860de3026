"""Classes that hand out things, places or tasks, and whose calls wait until there is one, in pairs."""

from __future__ import annotations

from threading import Condition


class BrokenLending:
    """Looks whether there is a thing without the lock, and waits: the thing came back in between."""

    def __init__(self) -> None:
        self._back = Condition()
        self._things = [1]

    def borrow(self) -> int:
        while True:
            with self._back:
                if self._things:
                    return self._things.pop()
            with self._back:
                self._back.wait()

    def give_back(self, thing: int) -> None:
        with self._back:
            self._things.append(thing)
            self._back.notify()


class MendedLending:
    """Looks and waits under the lock."""

    def __init__(self) -> None:
        self._back = Condition()
        self._things = [1]

    def borrow(self) -> int:
        with self._back:
            while not self._things:
                self._back.wait()
            return self._things.pop()

    def give_back(self, thing: int) -> None:
        with self._back:
            self._things.append(thing)
            self._back.notify()


class BrokenShelf:
    """A woken thread does not look again whether there is room: there is one thing too many."""

    def __init__(self) -> None:
        self._room = Condition()
        self._things: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._room:
            if self._things:
                self._room.wait()
            self._things[key] = value

    def clear_out(self) -> None:
        with self._room:
            self._things.clear()
            self._room.notify_all()

    def size(self) -> int:
        with self._room:
            return len(self._things)


class MendedShelf:
    """A woken thread looks again."""

    def __init__(self) -> None:
        self._room = Condition()
        self._things: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._room:
            while self._things:
                self._room.wait()
            self._things[key] = value

    def clear_out(self) -> None:
        with self._room:
            self._things.clear()
            self._room.notify_all()

    def size(self) -> int:
        with self._room:
            return len(self._things)


class BrokenTasks:
    """Each of the last two threads sees that the other is still at work, and none says that all is done."""

    def __init__(self) -> None:
        self._over = Condition()
        self._open = 2

    def done(self) -> None:
        with self._over:
            is_last = self._open <= 1
        with self._over:
            self._open -= 1
            if is_last:
                self._over.notify_all()

    def join(self) -> None:
        with self._over:
            while self._open > 0:
                self._over.wait()


class MendedTasks:
    """Looks and counts in one step."""

    def __init__(self) -> None:
        self._over = Condition()
        self._open = 2

    def done(self) -> None:
        with self._over:
            self._open -= 1
            if self._open <= 0:
                self._over.notify_all()

    def join(self) -> None:
        with self._over:
            while self._open > 0:
                self._over.wait()


class BrokenHire:
    """Waits with a time limit, which is longer than a hang; who is woken in time does not look again."""

    def __init__(self) -> None:
        self._returned = Condition()
        self._free = [1]

    def take(self) -> int | None:
        with self._returned:
            if not self._free and not self._returned.wait(30):
                return None
            return self._free.pop()

    def put(self, thing: int) -> None:
        with self._returned:
            self._free.append(thing)
            self._returned.notify()


class MendedHire:
    """Looks again, until the limit is over."""

    def __init__(self) -> None:
        self._returned = Condition()
        self._free = [1]

    def take(self) -> int | None:
        with self._returned:
            if not self._returned.wait_for(lambda: self._free, 30):
                return None
            return self._free.pop()

    def put(self, thing: int) -> None:
        with self._returned:
            self._free.append(thing)
            self._returned.notify()
