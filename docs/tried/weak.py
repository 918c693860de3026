"""Small classes of our own on which lockproof answers as it does on the packages of docs/tried.md.

lockproof check docs/tried/weak.py:Budget --seed 1
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from enum import Enum
from typing import Any


class Reservation:
    """A part of a budget."""

    def __init__(self, budget: Budget, amount: int) -> None:
        self._budget, self._amount, self._done = budget, amount, False

    def release(self) -> None:
        if self._done:  # looked at without the lock: two threads give the amount back twice
            return
        with self._budget._lock:
            self._budget._reserved -= self._amount
            self._done = True


class Budget:
    """As token-budget-py: what is reserved without an argument is nothing, so giving it back twice changes nothing."""

    def __init__(self) -> None:
        self._lock, self._reserved = threading.Lock(), 0

    def reserve(self, *, amount: int = 0) -> Reservation:
        with self._lock:
            self._reserved += amount
        return Reservation(self, amount)

    def reserved(self) -> int:
        with self._lock:
            return self._reserved


class Bus:
    """As avyra: takes members of any Enum. A handler for one event is removed after the call, so it hears two."""

    def __init__(self) -> None:
        self._handlers: dict[Enum, list[tuple[Callable[[Any], Any], bool]]] = {}
        self._lock = threading.Lock()

    def once(self, event: Enum, handler: Callable[[Any], Any]) -> None:
        if not isinstance(event, Enum):
            raise TypeError("not a member of an Enum")
        with self._lock:
            self._handlers.setdefault(event, []).append((handler, True))

    def emit(self, event: Enum) -> None:
        with self._lock:
            handlers = list(self._handlers.get(event, []))
        for each in handlers:
            each[0](event)
            with self._lock:
                if each in self._handlers[event]:
                    self._handlers[event].remove(each)


class Container(MutableMapping[Any, Any]):
    """As urllib3: own methods locked, iteration refused, and `pop` and `setdefault` in two steps from the base."""

    def __init__(self) -> None:
        self._items: dict[Any, Any] = {}
        self._lock = threading.RLock()

    def __getitem__(self, key: Any) -> Any:
        with self._lock:
            return self._items[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        with self._lock:
            self._items[key] = value

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            del self._items[key]

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError("iteration is unlikely to be safe for threads")


class Cache:
    """As cacheout: `next(a)` is the key to evict, and `iter(a)` is another thing."""

    def __init__(self) -> None:
        self._items: dict[int, int] = {}
        self._lock = threading.RLock()

    def set(self, key: int, value: int) -> None:
        with self._lock:
            self._items[key] = value

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            keys = list(self._items)
        yield from keys

    def __next__(self) -> int:
        return next(iter(self._items))


class Counters:
    """As limits: a timer of its own removes what has expired; two hits of a new key are both the first one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._timer = threading.Timer(0.01, self._expire)
        self._timer.start()

    def _expire(self) -> None:
        pass

    def hit(self, key: str) -> int:
        if key not in self._known:  # without the lock: takes the count of another thread for an old one
            self._counts.pop(key, None)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            count = self._counts[key]
        self._known.add(key)
        return count


class Breaker:
    """As pybreaker: what a listener hears is right only while no other thread reads the state."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stored = self._shown = "closed"
        self._listeners: list[Callable[[str, str], Any]] = []

    def add_listener(self, listener: Callable[[str, str], Any]) -> None:
        with self._lock:
            self._listeners.append(listener)

    def _show(self, state: str) -> None:
        with self._lock:
            for listener in self._listeners:
                listener(self._shown, state)
            self._shown = state

    @property
    def state(self) -> str:
        if self._stored != self._shown:
            self._show(self._stored)
        return self._shown

    def open(self) -> None:
        with self._lock:
            self._show("open")
            self._stored = "open"


class Once:
    """As xEvents: `post` removes a listener for one event after the call, so two posts both reach it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._listeners: dict[str, list[Callable[[Any], Any]]] = {}
        self._once: set[tuple[str, int]] = set()

    def subscribe(self, event: str, listener: Callable[[Any], Any], once: bool = False) -> None:
        with self._lock:
            listeners = self._listeners.setdefault(event, [])
            if listener not in listeners:
                listeners.append(listener)
                if once:
                    self._once.add((event, id(listener)))

    def once(self, event: str, listener: Callable[[Any], Any]) -> None:
        self.subscribe(event, listener, once=True)

    def post(self, event: str, data: dict[str, Any]) -> None:
        with self._lock:
            listeners = list(self._listeners.get(event, []))
            once = set(self._once)
        for listener in listeners:
            with suppress(Exception):
                listener(data)
            if (event, id(listener)) in once:
                with self._lock:
                    if listener in self._listeners.get(event, []):
                        self._listeners[event].remove(listener)
                    self._once.discard((event, id(listener)))
