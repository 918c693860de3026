"""Mappings, in pairs."""

from __future__ import annotations

from collections import UserDict, defaultdict
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Condition, Lock, RLock
from typing import Any


class _Storage(UserDict[int, int]):
    """What the abstract class asks for, under the lock; iteration and views over snapshots."""

    def __init__(self, items: Any = ()) -> None:
        self._lock = RLock()
        super().__init__(items)

    def __getitem__(self, key: int) -> int:
        with self._lock:
            return super().__getitem__(key)

    def __setitem__(self, key: int, value: int) -> None:
        with self._lock:
            super().__setitem__(key, value)

    def __delitem__(self, key: int) -> None:
        with self._lock:
            super().__delitem__(key)

    def __len__(self) -> int:
        with self._lock:
            return len(self.data)

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self.data

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self.data))

    def keys(self) -> KeysView[int]:
        with self._lock:
            return dict(self.data).keys()

    def values(self) -> ValuesView[int]:
        with self._lock:
            return dict(self.data).values()

    def items(self) -> ItemsView[int, int]:
        with self._lock:
            return dict(self.data).items()

    def _both(self, other: object) -> AbstractContextManager[object]:
        """Take the locks of both operands, in one global order."""
        locks = ExitStack()
        for each in sorted((each for each in (self, other) if isinstance(each, _Storage)), key=id):
            locks.enter_context(each._lock)
        return locks


class _Mixins(_Storage):
    """What `UserDict` and `MutableMapping` make of several steps."""


class _Copying(_Storage):
    """`copy`, which in `UserDict` empties the original for a moment."""

    def copy(self) -> Any:
        with self._lock:
            return type(self)(self.data)

    __copy__ = copy


def _under_both(name: str) -> Callable[..., Any]:
    inherited = getattr(UserDict, name)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        with self._both(arguments[0] if arguments else None):
            return inherited(self, *arguments, **named)

    return method


for _name in (
    "get", "pop", "popitem", "setdefault", "update", "clear", "__eq__", "__or__", "__ror__", "__ior__", "__repr__",
):  # fmt: skip
    setattr(_Mixins, _name, _under_both(_name))


class BrokenMapping(_Copying):
    """Locks what the abstract class asks for; `pop`, `setdefault` and the others are inherited, of several steps."""


class MendedMapping(_Mixins, _Copying):
    """Locks what it inherits as well."""


class BrokenCopiedDict(_Mixins):
    """`copy` is inherited from `UserDict`: it sets the contents aside for a moment, and readers see none."""


class MendedCopiedDict(_Mixins, _Copying):
    """`copy` copies the contents under the lock."""


class BrokenAddresses:
    """Makes a lock for each call, which no other call can hold."""

    def __init__(self) -> None:
        self._items: dict[int, int] = {}

    def put_if_absent(self, key: int, value: int) -> bool:
        with Lock():
            if self.find(key) is not None:
                return False
            self._items[key] = value
            return True

    def find(self, key: int) -> int | None:
        with Lock():
            return self._items.get(key)

    def size(self) -> int:
        with Lock():
            return len(self._items)


class MendedAddresses:
    """One lock for all calls."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: dict[int, int] = {}

    def put_if_absent(self, key: int, value: int) -> bool:
        with self._lock:
            if self.find(key) is not None:
                return False
            self._items[key] = value
            return True

    def find(self, key: int) -> int | None:
        with self._lock:
            return self._items.get(key)

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class BrokenBiMap:
    """Writers hold one lock and readers another: readers see one direction without the other."""

    def __init__(self) -> None:
        self._write_lock = Lock()
        self._read_lock = Lock()
        self._forward: dict[int | None, int] = {}
        self._backward: dict[int | None, int] = {}

    def link(self, key: int, value: int) -> None:
        with self._write_lock:
            self._backward.pop(self._forward.pop(key, None), None)
            self._forward.pop(self._backward.pop(value, None), None)
            self._forward[key] = value
            self._backward[value] = key

    def snapshot(self) -> tuple[dict[int | None, int], dict[int | None, int]]:
        with self._read_lock:
            return dict(self._forward), dict(self._backward)


class MendedBiMap:
    """Writers and readers hold the same lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forward: dict[int | None, int] = {}
        self._backward: dict[int | None, int] = {}

    def link(self, key: int, value: int) -> None:
        with self._lock:
            self._backward.pop(self._forward.pop(key, None), None)
            self._forward.pop(self._backward.pop(value, None), None)
            self._forward[key] = value
            self._backward[value] = key

    def snapshot(self) -> tuple[dict[int | None, int], dict[int | None, int]]:
        with self._lock:
            return dict(self._forward), dict(self._backward)


class BrokenTally:
    """Gets a count and stores it plus one, without a lock: counts are lost."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def count(self, key: int) -> int:
        return self._counts.get(key, 0)

    def tally(self, key: int) -> None:
        self._counts[key] = self.count(key) + 1

    def total(self) -> int:
        return sum(self._counts.copy().values())


class MendedTally:
    """Gets and stores under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._counts: dict[int, int] = {}

    def count(self, key: int) -> int:
        with self._lock:
            return self._counts.get(key, 0)

    def tally(self, key: int) -> None:
        with self._lock:
            self._counts[key] = self.count(key) + 1

    def total(self) -> int:
        with self._lock:
            return sum(self._counts.copy().values())


class BrokenVotes:
    """`+=` on an item of a defaultdict: only the GIL makes it one step."""

    def __init__(self) -> None:
        self._votes: defaultdict[str, int] = defaultdict(int)

    def vote(self, name: str) -> None:
        self._votes[name] += 1

    def snapshot(self) -> dict[str, int]:
        return dict(self._votes)


class MendedVotes:
    """`+=` under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._votes: defaultdict[str, int] = defaultdict(int)

    def vote(self, name: str) -> None:
        with self._lock:
            self._votes[name] += 1

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return dict(self._votes)


class BrokenKeyLocks:
    """A lock for each key, made by whoever comes first: two come first, and hold different locks of one key."""

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}
        self._values: dict[int, int] = {}

    def _lock(self, key: int) -> Lock:
        if key not in self._locks:
            self._locks[key] = Lock()
        return self._locks[key]

    def append(self, key: int, digit: int) -> int:
        with self._lock(key):
            value = self._values.get(key, 0)
            self._values[key] = value * 10 + digit
            return value

    def read(self, key: int) -> int:
        with self._lock(key):
            return self._values.get(key, 0)


class MendedKeyLocks:
    """`setdefault` makes the lock of a key in one step."""

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}
        self._values: dict[int, int] = {}

    def _lock(self, key: int) -> Lock:
        return self._locks.setdefault(key, Lock())

    def append(self, key: int, digit: int) -> int:
        with self._lock(key):
            value = self._values.get(key, 0)
            self._values[key] = value * 10 + digit
            return value

    def read(self, key: int) -> int:
        with self._lock(key):
            return self._values.get(key, 0)


class _ReadWriteLock:
    """Many readers or one writer."""

    def __init__(self) -> None:
        self._free = Condition(Lock())
        self._readers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._free:
            self._readers += 1
        try:
            yield
        finally:
            with self._free:
                self._readers -= 1
                self._free.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._free:
            while self._readers:
                self._free.wait()
            yield


class BrokenStock:
    """Changes the stock as a reader, together with other readers."""

    def __init__(self) -> None:
        self._access = _ReadWriteLock()
        self._stock: dict[int, int] = {}

    def restock(self, item: int, amount: int) -> int:
        with self._access.reading():
            total = self._stock.get(item, 0) + amount
            self._stock[item] = total
        return total

    def snapshot(self) -> dict[int, int]:
        with self._access.reading():
            return dict(self._stock)


class MendedStock:
    """Changes the stock as the only writer."""

    def __init__(self) -> None:
        self._access = _ReadWriteLock()
        self._stock: dict[int, int] = {}

    def restock(self, item: int, amount: int) -> int:
        with self._access.writing():
            total = self._stock.get(item, 0) + amount
            self._stock[item] = total
        return total

    def snapshot(self) -> dict[int, int]:
        with self._access.reading():
            return dict(self._stock)


class _Node:
    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.words = 0


class BrokenTrie:
    """Makes the missing nodes before it takes the lock: of two new nodes for one letter, one is lost with its words."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._root = _Node()

    def _node(self, word: str) -> _Node:
        node = self._root
        for letter in word:
            if letter not in node.children:
                node.children[letter] = _Node()
            node = node.children[letter]
        return node

    def insert(self, word: str) -> None:
        node = self._node(word)
        with self._lock:
            node.words += 1

    def count(self, word: str) -> int:
        with self._lock:
            return self._node(word).words


class MendedTrie:
    """Makes the missing nodes under the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._root = _Node()

    def _node(self, word: str) -> _Node:
        node = self._root
        for letter in word:
            if letter not in node.children:
                node.children[letter] = _Node()
            node = node.children[letter]
        return node

    def insert(self, word: str) -> None:
        with self._lock:
            node = self._node(word)
            node.words += 1

    def count(self, word: str) -> int:
        with self._lock:
            return self._node(word).words


class BrokenView:
    """`items` hands out a live view of the storage: it changes, or breaks, while the caller reads it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._lock:
            self._items[key] = value

    def erase(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def items(self) -> ItemsView[int, int]:
        with self._lock:
            return self._items.items()


class MendedView:
    """`items` hands out a view of a copy."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[int, int] = {}

    def store(self, key: int, value: int) -> None:
        with self._lock:
            self._items[key] = value

    def erase(self, key: int) -> None:
        with self._lock:
            self._items.pop(key, None)

    def items(self) -> ItemsView[int, int]:
        with self._lock:
            return dict(self._items).items()
