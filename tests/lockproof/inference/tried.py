"""Classes whose operations inference has to find out by trials, and broken ones that only then show their fault."""

from __future__ import annotations

import enum
import threading
import typing
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, Protocol, TypeVar

Key = NewType("Key", str)
Any_T = TypeVar("Any_T")
Text = TypeVar("Text", str, bytes)


@dataclass(frozen=True)
class Job:
    """A record that holds another one."""

    number: int
    owner: Owner


class Owner(NamedTuple):
    """A record."""

    name: str


class Refusal(Exception):
    """An exception that needs an argument."""

    def __init__(self, code: int) -> None:
        super().__init__(code)


class Level(enum.Enum):
    """Members of its own."""

    LOW, HIGH = 1, 2


class Sink(Protocol):
    """Something that takes lines."""

    def write(self, line: str) -> int: ...


class Annotated_:
    """One method for each annotation."""

    def hashable(self, key: Hashable) -> int:
        return hash(key)

    def typing_hashable(self, key: typing.Hashable) -> int:
        return hash(key)

    def enumeration(self, event: enum.Enum) -> str:
        return event.name

    def enumerations(self, events: type[enum.Enum]) -> int:
        return len(events)

    def exception(self, error: Exception) -> str:
        return str(error)

    def refusal(self, error: Refusal) -> str:
        return str(error)

    def job(self, job: Job) -> str:
        return job.owner.name

    def when(self, at: datetime, after: timedelta) -> str:
        return str(at + after)

    def where(self, path: Path) -> str:
        return path.name

    def level(self, level: Level | None) -> str:
        return level.name if level else ""

    def variable(self, item: Any_T) -> Any_T:
        return item

    def text(self, item: Text) -> int:
        return len(item)

    def key(self, key: Key) -> str:
        return key + "!"

    def noted(self, size: Annotated[int, "positive"]) -> int:
        return size + 1

    def mode(self, mode: Literal["r", "w"]) -> str:
        return mode + "+"

    def sink(self, sink: Sink) -> Any:
        return sink.write("x")

    def kind(self, kind: type[Exception]) -> str:
        return kind.__name__

    def merged(self, other: Set[str]) -> int:
        return len(other)

    def called(self, function: Callable[[int], int]) -> int:
        return function(1)

    def nested(self, rows: Sequence[tuple[str, Level]]) -> str:
        return "".join(name + level.name for name, level in rows)

    def extra(self, *names: str, **options: int) -> int:
        return len(names) + sum(options.values())


class Picky:
    """Says nothing of its parameters, and takes one kind of value each."""

    def __init__(self) -> None:
        self._seen: dict[Any, Any] = {}

    def name(self, key: NoSuchName) -> str:  # type: ignore[name-defined]  # noqa: F821
        if not isinstance(key, str):
            raise TypeError("keys are strings")
        return key + "!"

    def pair(self, first, second):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return first.upper() + str(int(second))

    def event(self, what):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return what.anything.name

    def alike(self, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self._seen[key]

    def missing(self, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self._seen[number]

    def never(self, other_one):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        raise TypeError("takes nothing")

    def hangs(self, long):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        threading.Event().wait()

    def unhashable(self, item):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self._seen[item] = 1


class MendedBus:
    """A listener that is to be called once is taken out and called by one thread."""

    def __init__(self) -> None:
        self._lock, self._once = threading.Lock(), list[Callable[[int], object]]()

    def once(self, listener: Callable[[int], object]) -> None:
        with self._lock:
            self._once.append(listener)

    def compute(self, factory: Callable[[], int]) -> int:
        return factory()

    def emit(self, value: int) -> None:
        for each in self._taken():
            each(value)

    def _taken(self) -> list[Callable[[int], object]]:
        with self._lock:
            taken, self._once = self._once, []
            return taken


class BrokenBus(MendedBus):
    """Copied under the lock, and cleared under another taking of it."""

    def _taken(self) -> list[Callable[[int], object]]:
        with self._lock:
            taken = list(self._once)
        with self._lock:
            self._once = []
        return taken


class MendedGroup:
    """Copies the other one before it takes its own lock."""

    def __init__(self) -> None:
        self._lock, self._members = threading.RLock(), set[Any]()

    def include(self, member) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        with self._lock:
            self._members.add(member)

    def absorb(self, members: Iterable[Any]) -> None:
        members = list(members)
        with self._lock:
            self._members.update(members)

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(list(self._members))

    def __len__(self) -> int:
        with self._lock:
            return len(self._members)


class BrokenGroup(MendedGroup):
    """Takes its own lock, and then that of the other one."""

    def absorb(self, members: Iterable[Any]) -> None:
        with self._lock:
            self._members.update(members)


class MendedIds:
    """Numbers from a class method, with a lock."""

    _last = 0
    _lock = threading.Lock()

    @classmethod
    def new(cls) -> int:
        with cls._lock:
            cls._last += 1
            return cls._last

    @staticmethod
    def double(number: int) -> int:
        return 2 * number


class BrokenIds(MendedIds):
    """Without the lock."""

    @classmethod
    def new(cls) -> int:
        number = cls._last
        cls._last = number + 1
        return cls._last


class MendedTickets:
    """What `reserve` returned is given to `cancel`."""

    def __init__(self) -> None:
        self._lock, self._last, self._open = threading.Lock(), 0, set[str]()

    def reserve(self) -> str:
        with self._lock:
            self._last += 1
            self._open.add(f"t{self._last}")
            return f"t{self._last}"

    def cancel(self, ticket: str) -> bool:
        with self._lock:
            return self._take(ticket)

    def _take(self, ticket: str) -> bool:
        if ticket not in self._open:
            raise KeyError(ticket)
        self._open.discard(ticket)
        return True


class BrokenTickets(MendedTickets):
    """Two threads cancel the same ticket."""

    def cancel(self, ticket: str) -> bool:
        return self._take(ticket)


class Assorted:
    """Members that are no plain methods."""

    def __init__(self) -> None:
        self._level, self._drained = 0, [1, 2]

    @property
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        self._level = value

    def __next__(self) -> int:
        self._level += 1
        return self._level

    def __iter__(self) -> Iterator[int]:
        return self

    @contextmanager
    def open(self) -> Generator[int]:
        yield 1


class Stamped:
    """Its history has the time, which no two subjects repeat."""

    def __init__(self) -> None:
        self._records = list[tuple[int, float]]()

    def post(self, event: int) -> int:
        import time

        self._records.append((event, time.perf_counter()))
        return len(self._records)

    def history(self) -> list[tuple[int, float]]:
        return list(self._records)


class Members(Set[Any]):
    """A set that cannot be changed by the operations of a set."""

    def __init__(self) -> None:
        self._items = frozenset[Any]()

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: int) -> None:
        self._items |= {item}


class Counted(Protocol):
    """What can be counted."""

    def count(self) -> int: ...


class Base:
    """Methods whose annotations name this class, which subclasses inherit."""

    def __init__(self) -> None:
        self.items = set[int]()

    def count(self) -> int:
        return len(self.items)

    def merge(self, other: Base) -> int:
        return other.count() + self.count()

    def maybe(self, rest: Base | None) -> bool:
        return rest is None

    def above(self, some: Counted) -> bool:
        return self.count() > some.count()

    def send(self, receiver, amount):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        receiver.items.add(amount)
        return self.items.discard(amount)


class Derived(Base):
    """Says nothing of its own."""


class Decorates:
    """Methods that return functions: a decorator with an argument, one without, and a function of numbers."""

    def __init__(self) -> None:
        self.known: list[Any] = []

    def named(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
        def enter(function: Any) -> Any:
            self.known.append((name, function))
            return function

        return enter

    def counted(self, function):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        def call(*arguments: Any) -> Any:
            self.known.append(arguments)
            return function(*arguments)

        return call

    def adder(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        def add(one: int, other: int) -> int:
            return one + other

        return add

    def given(self, function):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.known.append(function)
        return function


class Alarms:
    """Takes members of an enumeration alone, which one annotation says; a listener needs what was registered before."""

    def __init__(self) -> None:
        self._listeners: dict[enum.Enum, list[Callable[[], object]]] = {}

    def register(self, alarm: enum.Enum) -> None:
        if not isinstance(alarm, enum.Enum):
            raise TypeError(alarm)
        self._listeners.setdefault(alarm, [])

    def on(self, alarm, listener):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        if not isinstance(alarm, enum.Enum):
            raise TypeError(alarm)
        if alarm not in self._listeners:
            raise ValueError(alarm)
        self._listeners[alarm].append(listener)

    def ring(self, alarm):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        for each in self._listeners.get(alarm, ()):
            each()


class Words(dict[str, int]):
    """A mapping that refuses numbers as keys."""

    def __setitem__(self, key: str, value: int) -> None:
        if not isinstance(key, str):
            raise TypeError(key)
        super().__setitem__(key, value)


class Numbers(dict[int, int]):
    """A mapping that takes them."""
