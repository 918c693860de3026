"""Classes that hand things out, for `test_handed`."""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any


class Connection:
    """What a pool hands out."""

    def query(self) -> int:
        return 1


class Pool:
    """Two connections, which a caller takes and gives back, or has for a block."""

    def __init__(self) -> None:
        self._free = [Connection(), Connection()]
        self._returned = threading.Condition()

    def acquire(self) -> Connection:
        with self._returned:
            while not self._free:
                self._returned.wait()
            return self._free.pop()

    def release(self, connection: Connection) -> None:
        with self._returned:
            self._free.append(connection)
            self._returned.notify()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        taken = self.acquire()
        try:
            yield taken
        finally:
            self.release(taken)


class Single:
    """One place: who is inside is counted, and another one waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        with self._lock:
            self._inside += 1
            yield
            self._inside -= 1

    def count(self) -> int:
        return self._inside


class Register:
    """A block that one writer respects, and another one does not. Nothing is promised by the name of the block."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._entries: list[int] = []

    @contextmanager
    def session(self) -> Iterator[None]:
        with self._lock:
            yield

    def enter_one(self, number: int) -> None:
        with self._lock:
            self._entries.append(number)

    def push_aside(self, number: int) -> None:
        self._entries.append(number)

    def count(self) -> int:
        return len(self._entries)


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method."""

    @functools.wraps(function)
    def wrapper(self: Any, *args: Any) -> Any:
        self.calls += 1
        return function(self, *args)

    return wrapper


class Wrapped:
    """A generator and a block behind a decorator, and a block that cannot be entered."""

    def __init__(self) -> None:
        self.calls = 0

    @counted
    def drain(self) -> Generator[int]:
        yield 1

    @counted
    @contextmanager
    def visit(self) -> Iterator[int]:
        yield 1

    @contextmanager
    def forbidden(self) -> Iterator[int]:
        raise ValueError
        yield 1

    @asynccontextmanager
    async def later(self) -> AsyncIterator[int]:
        yield 1

    async def __aenter__(self) -> int:
        return 1


class Service:
    """Its own `with` block ends it."""

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        pass

    def state(self) -> int:
        return 1


class Local:
    """Each thread has a session of its own."""

    def __init__(self) -> None:
        self._local = threading.local()

    def session(self) -> Connection:
        if not hasattr(self._local, "session"):
            self._local.session = Connection()
        found: Connection = self._local.session
        return found


class Readers:
    """Readers share, a writer excludes them; each has its block."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._changed:
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._changed:
            while self._readers:
                self._changed.wait()
            yield


class Batch:
    """Collects, and writes when its block ends."""

    def __init__(self, store: Store) -> None:
        self._store, self._waiting = store, list[int]()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit()

    def put(self, number: int) -> None:
        self._waiting.append(number)

    def commit(self) -> None:
        with self._store.lock:
            self._store.numbers += self._waiting


class Store:
    """Gives out batches."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.numbers = list[int]()

    def batch(self) -> Batch:
        return Batch(self)


class Leases:
    """Grants leases by identifiers that no two runs repeat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, str] = {}

    def grant(self, name: str) -> str:
        token = str(uuid.uuid4())
        with self._lock:
            self._open[token] = name
        return token

    def redeem(self, token: str) -> str:
        with self._lock:
            return self._open.pop(token)


class Signals(threading.Condition):
    """A condition, and a call that is refused wherever it comes from."""

    def broken(self) -> None:
        raise RuntimeError("never")


class Ledger:
    """Writes only inside of its own block; reads at any time."""

    def __init__(self) -> None:
        self._lock, self._open, self._total = threading.Lock(), False, 0

    def __enter__(self) -> Ledger:
        self._lock.acquire()
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._lock.release()

    def write(self, amount: int) -> int:
        if not self._open:
            raise RuntimeError("use `with`")
        self._total += amount
        return self._total

    def peek(self) -> int:
        return self._total


class Ticket:
    """Some seats, which are free again after `cancel`."""

    def __init__(self, hall: Hall, seats: int) -> None:
        self._hall, self._seats = hall, seats

    def cancel(self) -> None:
        with self._hall.lock:
            self._hall.taken -= self._seats
            self._seats = 0


class Hall:
    """Sells tickets, for no seat if nobody says how many."""

    def __init__(self) -> None:
        self.lock, self.taken = threading.Lock(), 0

    def sell(self, *, seats: int = 0) -> Ticket:
        with self.lock:
            self.taken += seats
        return Ticket(self, seats)


class Labels:
    """`label` returns a new label, and `shout` does with it what it does with any text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: list[str] = []

    def label(self) -> str:
        with self._lock:
            self._given.append(f"label-{len(self._given)}")
            return self._given[-1]

    def shout(self, text: str) -> str:
        return f"{text}!"

    def again(self, text: str) -> str:
        with self._lock:
            self._given.append(text)
            return "noted"


class KnownLabels(Labels):
    """`known` answers otherwise to a label that was given out, and `drop` changes something only then."""

    def known(self, text: str) -> bool:
        with self._lock:
            return text in self._given

    def drop(self, text: str) -> None:
        with self._lock:
            if text in self._given:
                self._given.remove(text)


class Line:
    """An object that is handed out anew each time, with a lock of its own."""

    def __init__(self) -> None:
        self._open, self._lock = True, threading.Lock()

    def close(self) -> bool:
        with self._lock:
            was, self._open = self._open, False
            return was


class Exchange:
    """Hands out lines."""

    def line(self) -> Line:
        return Line()


class BareLine:
    """The same without a lock: each thread has its own."""

    def __init__(self) -> None:
        self.open = True

    def close(self) -> bool:
        was, self.open = self.open, False
        return was


class BareExchange:
    """Hands out lines without a lock."""

    def line(self) -> BareLine:
        return BareLine()


class Files:
    """A sequence of texts: the key is a place."""

    def __init__(self) -> None:
        self._files: list[str] = []

    def opened(self, name: str) -> None:
        self._files.insert(0, name)

    def __getitem__(self, index: Any) -> Any:
        return self._files[index]


class Ages:
    """A mapping from texts: the key is a text."""

    def __init__(self) -> None:
        self._ages: dict[str, int] = {}

    def born(self, name: str) -> None:
        self._ages[name] = 0

    def __getitem__(self, name: Any) -> Any:
        return self._ages[name]
