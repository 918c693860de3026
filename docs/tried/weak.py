"""Small classes of our own on which lockproof answers as it does on the packages of docs/tried.md.

lockproof check docs/tried/weak.py:Budget --seed 1
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from enum import Enum


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
    """As avyra: its module imports Enum for type checkers only, and events have to be registered before anything else.

    A handler for one event is removed after the call, so it hears two.
    """

    def __init__(self) -> None:
        self._handlers: dict[enum.Enum, list[Callable[[Any], Any]]] = {}
        self._lock = threading.Lock()

    def register(self, event: enum.Enum) -> None:
        if not isinstance(event, enum.Enum):
            raise TypeError("not a member of an Enum")
        with self._lock:
            self._handlers.setdefault(event, [])

    def once(self, event: Enum, handler: Callable[[Any], Any]) -> None:
        if not isinstance(event, enum.Enum):
            raise TypeError("not a member of an Enum")
        with self._lock:
            if event not in self._handlers:
                raise ValueError("not registered")
            self._handlers[event].append(handler)

    def emit(self, event: Enum) -> None:
        with self._lock:
            handlers = list(self._handlers.get(event, []))
        for each in handlers:
            each(event)
            with self._lock:
                if each in self._handlers[event]:
                    self._handlers[event].remove(each)


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


class Listener:
    """What a breaker tells of its changes: subclasses do something about it."""

    def changed(self, old: str, new: str) -> None:
        pass


class Breaker:
    """As pybreaker: listeners are objects with methods, and hear of a change back if a thread reads the state."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stored = self._shown = "closed"
        self._listeners: list[Listener] = []

    def add_listener(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.append(listener)

    def _show(self, state: str) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.changed(self._shown, state)
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


class Names(MutableMapping[Any, Any]):
    """As mnemoreg: keys are texts and nothing else, and `pop` is in two steps."""

    def __init__(self) -> None:
        self._items: dict[str, Any] = {}
        self._lock = threading.RLock()

    def _checked(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError("not a text")
        return key

    def __getitem__(self, key: Any) -> Any:
        with self._lock:
            return self._items[self._checked(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        with self._lock:
            self._items[self._checked(key)] = value

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            del self._items[self._checked(key)]

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(list(self._items))


class Rates:
    """As pyrate_limiter: hands out its list of settings. Nothing is wrong with its threads."""

    def __init__(self) -> None:
        self._rates, self._hits, self._lock = [1, 2], 0, threading.Lock()

    @property
    def rates(self) -> list[int]:
        return self._rates

    def hit(self) -> int:
        with self._lock:
            self._hits += 1
            return self._hits


class Expirations:
    """As limits: a time in a public attribute, and a timer of its own, for whose end time passes. Nothing is wrong."""

    def __init__(self) -> None:
        self.expirations: dict[str, float] = {}
        self._lock = threading.Lock()
        self._timer = threading.Timer(0.01, self._expire)
        self._timer.start()

    def _expire(self) -> None:
        with self._lock:
            for key in [key for key, until in self.expirations.items() if until <= time.time()]:
                del self.expirations[key]

    def keep(self, key: str) -> None:
        with self._lock:
            self.expirations[key] = time.time() + 60

    def known(self, key: str) -> bool:
        with self._lock:
            return key in self.expirations


class Writer:
    """What `ReadWrite` hands out."""

    def __init__(self, lock: ReadWrite) -> None:
        self._lock = lock

    def acquire(self) -> bool:
        with self._lock._changed:
            while self._lock._writes:
                self._lock._changed.wait()
        self._lock._writes = True  # too late: two writers are in
        return True

    def release(self) -> None:
        with self._lock._changed:
            self._lock._writes = False
            self._lock._changed.notify_all()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class ReadWrite:
    """As readerwriterlock: what the class makes are locks, and they do not exclude each other."""

    def __init__(self) -> None:
        self._changed, self._writes = threading.Condition(), False

    def gen_wlock(self) -> Writer:
        return Writer(self)


class Flag(MutableMapping[Any, Any]):
    """As threadfactory: a frozen mapping changes, since the flag is looked at before the lock is taken."""

    def __init__(self) -> None:
        self._items: dict[Any, Any] = {}
        self._frozen, self._lock = False, threading.RLock()

    def freeze(self) -> None:
        with self._lock:
            self._frozen = True

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            self._items[key] = value

    def __getitem__(self, key: Any) -> Any:
        with self._lock:
            return self._items[key]

    def __delitem__(self, key: Any) -> None:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            del self._items[key]

    def pop(self, key: Any, default: Any = None) -> Any:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            return self._items.pop(key, default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            return self._items.setdefault(key, default)

    def popitem(self) -> Any:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            return self._items.popitem()

    def clear(self) -> None:
        if self._frozen:
            raise TypeError("frozen")
        with self._lock:
            self._items.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(list(self._items))


class Door:
    """As fasteners: `pending` tells of calls that are in progress, by design. Nothing is wrong."""

    def __init__(self) -> None:
        self._pending, self._open, self._changed = 0, True, threading.Condition()

    @property
    def pending(self) -> bool:
        return bool(self._pending)

    def enter(self) -> None:
        with self._changed:
            self._pending += 1
            while not self._open:
                self._changed.wait()
            self._pending -= 1

    def close(self) -> None:
        with self._changed:
            self._open = False

    def open(self) -> None:
        with self._changed:
            self._open = True
            self._changed.notify_all()
