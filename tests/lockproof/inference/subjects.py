"""Small classes to infer and compare: each has a flaw that one thread shows, and its mended twin beside it."""

from __future__ import annotations

import enum
import functools
import queue
import threading
from collections import UserDict, deque
from collections.abc import Callable, Iterable, Iterator, MutableSet
from typing import Any, ClassVar, Literal, Self


class MuteSet:
    """`in` always says no: the method has no return."""

    def __init__(self) -> None:
        self._lock, self._items = threading.RLock(), set[Any]()

    def add(self, item: int) -> None:
        with self._lock:
            self._items.add(item)

    def remove(self, item: int) -> None:
        with self._lock:
            self._items.remove(item)

    def __contains__(self, item: object) -> None:  # type: ignore[override]
        with self._lock:
            item in self._items  # noqa: B015

    def __len__(self) -> int:
        return len(self._items)


class SpokenSet(MuteSet):
    """`in` answers."""

    def __contains__(self, item: object) -> bool:  # type: ignore[override]
        with self._lock:
            return item in self._items


class SilentSet(set[Any]):
    """`remove` does not raise, and `pop` returns nothing."""

    def remove(self, item: Any) -> None:
        self.discard(item)

    def pop(self) -> Any:
        if self:
            super().pop()
        else:
            raise KeyError


class LoudSet(set[Any]):
    """`remove` and `pop` do what a set does; two methods are new."""

    def remove(self, item: Any) -> None:
        super().remove(item)

    def pop(self) -> Any:
        return super().pop()

    def try_add(self, item: int) -> bool:
        """Tell whether the item was added; a builtin set has no such method."""
        before = len(self)
        self.add(item)
        return len(self) > before

    def drain(self) -> list[Any]:
        items = list(self)
        self.clear()
        return items


class ForgetfulSet(set[Any]):
    """`discard` does nothing."""

    def discard(self, item: Any) -> None:
        pass


class CountingSet(set[Any]):
    """A method whose result depends on more than the contents."""

    calls = 0

    def add(self, item: Any) -> None:
        self.calls += 1
        super().add(item)

    def added(self) -> int:
        return self.calls


class OpenRegistry:
    """Hands its list out."""

    def __init__(self) -> None:
        self._lock, self._names = threading.Lock(), list[str]()

    def register(self, name: str) -> bool:
        with self._lock:
            self._names.append(name)
            return True

    def get_all(self) -> list[str]:
        with self._lock:
            return self._names


class ClosedRegistry(OpenRegistry):
    """Hands a copy out."""

    def get_all(self) -> list[str]:
        with self._lock:
            return list(self._names)


class PlainlyLockedSet(MutableSet[Any]):
    """A lock that is not reentrant, held while elements are compared."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._lock, self._items = self._new_lock(), set(items)

    def _new_lock(self) -> Any:
        return threading.Lock()

    def __contains__(self, item: object) -> bool:
        with self._lock:
            return item in self._items

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(list(self._items))

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def add(self, value: Any) -> None:
        with self._lock:
            self._items.add(value)

    def discard(self, value: Any) -> None:
        with self._lock:
            self._items.discard(value)


class ReentrantlyLockedSet(PlainlyLockedSet):
    """The lock is reentrant."""

    def _new_lock(self) -> Any:
        return threading.RLock()


class OddDict(UserDict[Any, Any]):
    """`setdefault` overwrites."""

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self[key] = default
        return default


class EvenDict(UserDict[Any, Any]):
    """`setdefault` is inherited."""


class WrongDeque(deque[Any]):
    """`popleft` takes from the right."""

    def popleft(self) -> Any:
        return self.pop()


class Counter:
    """No collection: the class itself is the model."""

    def __init__(self) -> None:
        self._value = 0

    def increment(self, by: int = 1) -> int:
        self._value += by
        return self._value

    @property
    def value(self) -> int:
        return self._value


class Colour(enum.Enum):
    """Values that have no literal."""

    RED, BLUE = 1, 2


class Everything:
    """Parameters of all sorts, and attributes that are no operations."""

    limit = 3

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[Any] = []

    def colour(self, colour: Colour) -> str:
        return colour.name

    def mode(self, mode: Literal["r", "w"], flag: bool) -> str:
        return mode * (1 + flag)

    def maybe(self, item: int | None, names: list[str]) -> int:
        return len(names) + (item or 0)

    def compute(self, key: int, factory: Callable[[int], int]) -> int:
        return key + factory(key)

    def merge(self, other: Self) -> bool:
        return other is self

    def untyped(self, key, other=5):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return key, other

    def each(self) -> Iterator[int]:
        yield from (1, 2)

    async def later(self) -> None: ...

    @property
    def lock(self) -> Any:
        return self._lock

    @classmethod
    def create(cls) -> Self:
        return cls()

    def size(self) -> int:
        return len(self._seen)


class Needy:
    """Cannot be made without arguments."""

    def __init__(self, size: int) -> None:
        self.size = size

    def double(self) -> int:
        return self.size * 2


class Empty:
    """Nothing to try."""


class Random:
    """An operation with another result each time."""

    made = iter(range(10**9))

    def draw(self) -> int:
        return next(self.made)

    def fixed(self) -> int:
        return 4


class Buffer:
    """A bounded queue that waits."""

    def __init__(self, size: int = 2) -> None:
        self._items: list[Any] = []
        self._condition = threading.Condition()
        self._most = size

    def put(self, item: int) -> None:
        with self._condition:
            self._condition.wait_for(lambda: len(self._items) < self._most)
            self._items.append(item)
            self._condition.notify_all()

    def take(self) -> int:
        with self._condition:
            self._condition.wait_for(lambda: self._items)
            item = self._items.pop(0)
            self._condition.notify_all()
            return item

    def size(self) -> int:
        with self._condition:
            return len(self._items)


class Pool:
    """`acquire` answers None when nothing is left."""

    def __init__(self) -> None:
        self._free = [1, 2]

    def acquire(self) -> int | None:
        return self._free.pop() if self._free else None

    def release(self, item: int) -> None:
        self._free.append(item)

    def available(self) -> int:
        return len(self._free)


class Gate:
    """`acquire` waits for `release`."""

    def __init__(self) -> None:
        self._semaphore = threading.Semaphore(0)

    def acquire(self) -> bool:
        return self._semaphore.acquire()

    def release(self) -> None:
        self._semaphore.release()


class StackQueue(queue.Queue[Any]):
    """Says that it is a queue, and is a stack."""

    def _get(self) -> Any:
        return self.queue.pop()


class Background:
    """Counts on a thread of its own what it is given, so what `counted` returns depends on how far that has come."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._count = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while self._given.get() is not None:
            self._count += 1

    def give(self, item: int) -> None:
        self._given.put(item)

    def counted(self) -> int:
        return self._count


class Foreground(Background):
    """Counts at once."""

    def __init__(self) -> None:
        self._count = 0

    def give(self, item: int) -> None:
        self._count += 1


class Settings:
    """Hands out a list that its own calls never change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rates, self._hits = [1, 2], 0

    def rates(self) -> list[int]:
        return self._rates

    def hit(self) -> int:
        with self._lock:
            self._hits += 1
            return self._hits


class Sized:
    """It has a number, which no argument means."""

    def __init__(self) -> None:
        self.most = 128
        self._values: dict[int, int] = {}

    def find(self, key: int) -> int | None:
        return self._values.get(key)

    def fill(self, key: int, value: int) -> None:
        self._values[key] = value


def _loud[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    return called


class Named:
    """Its objects are found by class methods."""

    found: ClassVar[dict[Any, int]] = {}

    @classmethod
    def plain(cls, name: str) -> int:
        return cls.found.setdefault(name, len(cls.found))

    @classmethod
    @_loud
    def wrapped(cls, name: str) -> int:
        return cls.found.setdefault(name, len(cls.found))

    @classmethod
    def bare(cls, number, more=0):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN206
        return cls.found.setdefault(number, more)

    @staticmethod
    def static(name: str) -> str:
        return name.upper()
