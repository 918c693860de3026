"""Classes of which calls do nothing before others were made, or take keys of one kind alone, in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from threading import Lock


class _Topics:
    """Tells each follower of a topic once; a topic has to be made first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._followers: dict[str, list[Callable[[], object]]] = {}

    def create(self, topic: str) -> None:
        with self._lock:
            self._followers.setdefault(topic, [])

    def follow(self, topic: str, follower: Callable[[], object]) -> None:
        with self._lock:
            if topic not in self._followers:
                raise ValueError(topic)
            self._followers[topic].append(follower)


class BrokenTopics(_Topics):
    """Takes the followers out after they were told: two posts tell them twice."""

    def post(self, topic: str) -> None:
        with self._lock:
            followers = list(self._followers.get(topic, ()))
        for each in followers:
            each()
        with self._lock:
            if topic in self._followers:
                self._followers[topic].clear()


class MendedTopics(_Topics):
    """Takes the followers out before they are told."""

    def post(self, topic: str) -> None:
        with self._lock:
            followers = list(self._followers.get(topic, ()))
            if topic in self._followers:
                self._followers[topic].clear()
        for each in followers:
            each()


class _Bank:
    """Accounts that have to be opened, and filled, before anybody can draw from them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: dict[int, int] = {}

    def open(self, number: int) -> None:
        with self._lock:
            self._accounts.setdefault(number, 0)

    def pay_in(self, number: int) -> None:
        with self._lock:
            if number in self._accounts:
                self._accounts[number] += 1


class BrokenBank(_Bank):
    """Looks outside the lock whether there is something to draw: two threads draw the same coin."""

    def draw(self, number: int) -> bool:
        if not self._accounts.get(number):
            return False
        with self._lock:
            self._accounts[number] -= 1
            return True


class MendedBank(_Bank):
    """Looks under the lock."""

    def draw(self, number: int) -> bool:
        with self._lock:
            if not self._accounts.get(number):
                return False
            self._accounts[number] -= 1
            return True


class _Switchboard:
    """Handlers of calls, which decorators register."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._handlers: dict[str, list[Callable[[], object]]] = {}

    def on(self, line: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
        def registered(handler: Callable[[], object]) -> Callable[[], object]:
            with self._lock:
                self._handlers.setdefault(line, []).append(handler)
            return handler

        return registered


class BrokenSwitchboard(_Switchboard):
    """Looks for the handler before it takes the lock: the second of two threads raises ValueError."""

    def off(self, line: str, handler: Callable[[], object]) -> bool:
        if handler not in self._handlers.get(line, ()):
            return False
        with self._lock:
            self._handlers[line].remove(handler)
            return True


class MendedSwitchboard(_Switchboard):
    """Looks under the lock."""

    def off(self, line: str, handler: Callable[[], object]) -> bool:
        with self._lock:
            if handler not in self._handlers.get(line, ()):
                return False
            self._handlers[line].remove(handler)
            return True


class _Headers(MutableMapping[str, str]):
    """A mapping that takes texts as keys and nothing else."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[str, str] = {}

    @staticmethod
    def _checked(key: object) -> str:
        if not isinstance(key, str):
            raise TypeError("a header is a text")
        return key

    def __getitem__(self, key: str) -> str:
        with self._lock:
            return self._items[self._checked(key)]

    def __setitem__(self, key: str, value: str) -> None:
        with self._lock:
            self._items[self._checked(key)] = value

    def __delitem__(self, key: str) -> None:
        with self._lock:
            del self._items[self._checked(key)]

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._items))


class BrokenHeaders(_Headers):
    """Inherits `pop`, which reads and deletes in two steps: two threads get one value, or the second raises."""


class MendedHeaders(_Headers):
    """Has a `pop`, and what else takes two steps, of its own."""

    _NONE = object()

    def pop(self, key: str, default: object = _NONE) -> object:  # type: ignore[override]
        with self._lock:
            if default is self._NONE:
                return self._items.pop(self._checked(key))
            return self._items.pop(self._checked(key), default)

    def popitem(self) -> tuple[str, str]:
        with self._lock:
            return self._items.popitem()

    def setdefault(self, key: str, default: str = "") -> str:
        with self._lock:
            return self._items.setdefault(self._checked(key), default)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def update(self, *given: object, **more: str) -> None:  # type: ignore[override]
        new = dict(*given, **more)  # type: ignore[call-overload]
        for key in new:
            self._checked(key)
        with self._lock:
            self._items.update(new)

    def items(self) -> object:  # type: ignore[override]
        with self._lock:
            return list(self._items.items())

    def values(self) -> object:  # type: ignore[override]
        with self._lock:
            return list(self._items.values())

    def __eq__(self, other: object) -> bool:
        with self._lock:
            items = dict(self._items)
        return items == other

    __hash__ = None  # type: ignore[assignment]
