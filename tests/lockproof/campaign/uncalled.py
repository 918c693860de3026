"""Classes of which a check must say that something was never called or seen, each beside a twin that holds."""

from __future__ import annotations

import asyncio
import random
import weakref
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Lock, Thread
from typing import Any

from lockproof import Specification, op


class Shelf:
    """Holds: each public member can be called."""

    def __init__(self) -> None:
        self._books: list[int] = []
        self._lock = Lock()

    def put(self, book: int) -> bool:
        with self._lock:
            self._books.append(book)
            return True

    def count(self) -> int:
        with self._lock:
            return len(self._books)


class AsyncShelf(Shelf):
    """One method is a coroutine."""

    async def put_later(self, book: int) -> None:
        with self._lock:
            self._books.append(book)


class LaterShelf(AsyncShelf):
    """Two more methods run nothing of theirs until something awaits what they return."""

    async def each(self) -> AsyncIterator[int]:
        yield self.count()

    def soon(self, book: int) -> Coroutine[Any, Any, None]:
        return self.put_later(book)


async def _all_of(shelf: LaterShelf) -> list[int]:
    return [each async for each in shelf.each()]


def _looped(shelf: LaterShelf) -> list[int]:
    return asyncio.run(_all_of(shelf))


unawaited = Specification(LaterShelf, [op("a.put(1)"), op("a.put_later(1)"), op("a.count()")])
unlooped = Specification(LaterShelf, [op("a.put(1)"), op("a.each()"), op("a.count()")])
unawaited_by_a_function = Specification(LaterShelf, [op("a.put(1)"), op("a.soon(1)"), op("a.count()")])
awaited = Specification(
    LaterShelf, [op("a.put(1)"), op("asyncio.run(a.put_later(1))"), op("looped(a)"), op("a.count()")],
    names={"asyncio": asyncio, "looped": _looped},
)  # fmt: skip


class Refusal(Exception):
    """What a shelf raises that is shut."""


class PickyShelf(Shelf):
    """One method refuses whatever it gets, since a shelf would first have to be opened by hand."""

    def lend(self, book: int) -> int:
        raise Refusal("the shelf is shut")


class SeldomShelf(Shelf):
    """One method returns only for a book that is there, which random scenarios of a short check may miss."""

    def take(self, book: int) -> int:
        with self._lock:
            self._books.remove(book)
            return book


# What HELD does not need.


class HookedShelf(Shelf):
    """One method is for subclasses."""

    def sort(self) -> None:
        raise NotImplementedError("subclasses sort")


class OpenedShelf(Shelf):
    """One method is a context manager, and so is the shelf."""

    @contextmanager
    def opened(self) -> Iterator[int]:
        yield self.count()

    def __enter__(self) -> OpenedShelf:
        return self

    def __exit__(self, *_: object) -> None: ...


class WatchedShelf(Shelf):
    """A thread watches it from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._stopped, self._watch = Event(), Thread()

    def start(self) -> None:
        with self._lock:
            self._watch = Thread(target=self._stopped.wait, daemon=True)
            self._watch.start()

    def stop(self) -> None:
        self._stopped.set()


class ClosingShelf(Shelf):
    """`close` changes nothing but the shelf, so it is called like any other method."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = False

    def put(self, book: int) -> bool:
        with self._lock:
            if self._closed:
                return False
            self._books.append(book)
            return True

    def close(self) -> bool:
        with self._lock:
            was, self._closed = self._closed, True
            return not was

    place = put


class HastyClosingShelf(ClosingShelf):
    """Two threads close it, and each believes that it was the first."""

    def close(self) -> bool:
        was = self._closed
        self._closed = True
        return not was


class Reader(Thread):
    """What it inherits from the library was not written here."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._pages = 0
        self._lock = Lock()

    def turn(self) -> int:
        with self._lock:
            self._pages += 1
            return self._pages


class Permits:
    """`release` returns only after `acquire`, which waits."""

    def __init__(self) -> None:
        self._free, self._changed = 1, Condition()

    def acquire(self) -> None:
        with self._changed:
            while not self._free:
                self._changed.wait()
            self._free -= 1

    def release(self) -> None:
        with self._changed:
            if self._free:
                raise ValueError("no permit was taken")
            self._free += 1
            self._changed.notify()


class Lottery:
    """`draw` answers by chance and changes nothing."""

    def __init__(self) -> None:
        self._tickets: list[int] = []
        self._lock = Lock()

    def sell(self, ticket: int) -> int:
        with self._lock:
            self._tickets.append(ticket)
            return len(self._tickets)

    def draw(self) -> int:
        with self._lock:
            return len(self._tickets) + random.getrandbits(12)


class Ledger:
    """Nothing reads what it writes."""

    def __init__(self) -> None:
        self._lines: list[int] = []
        self._lock = Lock()

    def write(self, line: int) -> None:
        with self._lock:
            self._lines.append(line)


class ReadLedger(Ledger):
    """The same, and something reads it."""

    def lines(self) -> list[int]:
        with self._lock:
            return list(self._lines)


class Notice:
    """Has state, and no operation changes it."""

    def __init__(self) -> None:
        self._text = "closed on Sundays"

    def text(self) -> str:
        return self._text

    def words(self) -> int:
        return len(self._text.split())


class ChangingNotice(Notice):
    """The same, and one operation changes it."""

    def set_text(self, text: str) -> None:
        self._text = text


class Arithmetic:
    """Has no state that could change."""

    def __init__(self) -> None:
        self._lock = Lock()

    def three(self) -> int:
        with self._lock:
            return 3


shut = Specification(PickyShelf, [op("a.put(x)", x=[1]), op("a.lend(x)", x=[1, 2])], observe=["a.count()"])
mute = Specification(Ledger, [op("a.write(x)", x=[1, 2])])
read = Specification(ReadLedger, [op("a.write(x)", x=[1, 2])], observe=["sorted(a.lines())"])
few = Specification(AsyncShelf, [op("a.put(x)", x=[1])], observe=["a.count()"])


# Code without switch points.


class Thing:
    """An object to which weak references may point."""


THINGS = {number: Thing() for number in range(3)}


class Weak:
    """Keeps its things in a dictionary of `weakref`."""

    def __init__(self) -> None:
        self._things: weakref.WeakValueDictionary[int, Thing] = weakref.WeakValueDictionary()

    def put(self, key: int) -> None:
        self._things[key % 3] = THINGS[key % 3]

    def count(self) -> int:
        return len(self._things)


class Strong(Weak):
    """Makes its `weakref` dictionary in each call, so that threads share none."""

    def __init__(self) -> None:
        self._kept: dict[int, Thing] = {}
        weakref.WeakValueDictionary[int, Thing]()

    def put(self, key: int) -> None:
        self._kept[key % 3] = THINGS[key % 3]

    def count(self) -> int:
        return len(self._kept)

    @contextmanager
    def opened(self) -> Iterator[int]:
        yield len(self._kept)


class Dice:
    """Two threads share one generator of random numbers; `random` is trusted, and has state."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def throw(self) -> int:
        return self._random.randint(6, 6)
