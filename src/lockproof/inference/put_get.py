"""Classes with put and get under other names: trials show whether they wait, when, and in which order items come out.

Each trial runs on a thread of its own. A call counts as waiting, and not as hung, only if another operation makes it
return: that is the difference between an empty queue and a lock that is held for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.foreign import attribute
from lockproof.core.lives import OWN_NAME
from lockproof.core.model import block
from lockproof.core.operation import OperationKind, op
from lockproof.core.own_time import own_time
from lockproof.inference.queues import Order

PUTS: Final = ("put", "push", "enqueue", "offer", "send", "produce", "append", "add", "insert")
GETS: Final = ("get", "pop", "dequeue", "take", "poll", "receive", "recv", "consume", "popleft", "remove")

PATIENCE: Final = 0.15
"""Seconds after which a call on an idle subject counts as waiting, if another operation makes it return."""

LONG: Final = 3.0
"""Seconds after which a call that could return counts as hung."""

_MOST: Final = 6
"""A queue that takes so many items counts as unbounded."""


@dataclass(frozen=True)
class Waits:
    """A queue that waits: the names of its two methods, which item comes out, and how many fit in (0: any number)."""

    put: str
    get: str
    order: Order
    capacity: int


class _Trial:
    """A call on a thread of its own. If the call never returns, its thread is left behind."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result: Any = None
        self.done = self.raised = False
        self._call = call
        self._thread = threading.Thread(target=self._run, name=f"{OWN_NAME}trial", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with own_time.adopted():  # a wait with a time limit comes to its end: it does not wait as a queue does
                self.result = self._call()
        except Exception as error:
            self.result, self.raised = error, True
        self.done = True

    def returned(self, patience: float = PATIENCE) -> bool:
        """Tell whether the call returns within so many seconds."""
        self._thread.join(patience)
        return self.done

    def released(self) -> bool:
        """Tell whether a call that may return now does so: on a busy machine that takes long."""
        return self.returned(LONG)


def pair(cls: type) -> tuple[str, str] | None:
    """Return the names of the methods that put an item in and take one out, if the class has such."""
    put = next((name for name in PUTS if callable(attribute(cls, name))), None)
    get = next((name for name in GETS if callable(attribute(cls, name))), None)
    return (put, get) if put and get else None


def find_out(cls: type, make: Callable[[], Any]) -> Waits | None:
    """Return how objects of the class wait; None if they do not, or not as a queue does."""
    names = pair(cls)
    if names is None:
        return None
    put, get = names
    subject = make()
    try:
        getter = _Trial(getattr(subject, get))
        if getter.returned():
            return None
        putter = _Trial(lambda: getattr(subject, put)(1))
        if not putter.released() or putter.raised or not getter.released() or getter.result != 1:
            return None
        capacity = _capacity(make(), put, get)
        if capacity and _capacity(make(), put, get) != capacity:
            return None  # not the same twice: a put was slow, and did not wait
        order = _order(make(), put, get, 3 if not capacity else min(capacity, 3))
    except Exception:
        return None
    return Waits(put, get, order, capacity) if order else None


def _capacity(subject: Any, put: str, get: str) -> int:
    """Return after how many items `put` waits, 0 for never."""
    for count in range(_MOST):
        putter = _Trial(lambda: getattr(subject, put)(1))
        if putter.returned():
            if putter.raised:
                raise ValueError("put refuses when it is full")
            continue
        _Trial(getattr(subject, get))
        if not putter.released():
            raise ValueError("a put that no get releases")
        return count
    return 0


def _order(subject: Any, put: str, get: str, count: int) -> Order | None:
    """Return which item comes out; None if the order is none of the known ones. A queue of one item has any order."""
    items = [2, 1, 3][:count]
    for item in items:
        if not _Trial(lambda: getattr(subject, put)(item)).released():
            return None
    came = []
    for _ in items:
        getter = _Trial(getattr(subject, get))
        if not getter.released():
            return None
        came.append(getter.result)
    orders: list[tuple[Order, list[int]]] = [("first", items), ("last", items[::-1]), ("least", sorted(items))]
    return next((order for order, expected in orders if came == expected), None)


_SIZES: Final = ("qsize", "size", "count", "length", "__len__")
_EMPTY: Final = ("empty", "is_empty")
_FULL: Final = ("full", "is_full")


def model_of(waits: Waits) -> type:
    """Return a model of such a queue: a class with the same method names."""

    def put(self: Any, item: Any) -> None:
        if self.full():
            block()
        self.items.append(item)

    def get(self: Any) -> Any:
        if not self.items:
            block()
        item = {"first": self.items[0], "last": self.items[-1], "least": min(self.items)}[waits.order]
        index = len(self.items) - 1 if waits.order == "last" else self.items.index(item)
        return self.items.pop(index)

    def start(self: Any) -> None:
        self.items = []

    def size(self: Any) -> int:
        return len(self.items)

    def empty(self: Any) -> bool:
        return not self.items

    def full(self: Any) -> bool:
        return 0 < waits.capacity <= len(self.items)

    members: dict[str, Any] = {
        "__init__": start, "full": full, waits.put: put, waits.get: get,
        **dict.fromkeys(_SIZES, size), **dict.fromkeys(_EMPTY, empty), **dict.fromkeys(_FULL, full),
    }  # fmt: skip
    return type("WaitingQueue", (), members)


def operations(cls: type, waits: Waits) -> tuple[list[OperationKind], Sequence[OperationKind], list[str]]:
    """Return the kinds of operations that the model knows, those that prepare a subject, and what observes it."""
    may = waits.capacity > 0
    kinds = [op(f"a.{waits.put}(x)", x=[1, 2], blocking=may, weight=4), op(f"a.{waits.get}()", blocking=True, weight=4)]
    observe = []
    for name in (*_SIZES, *_EMPTY, *_FULL):
        if callable(attribute(cls, name)):
            text = "len(a)" if name == "__len__" else f"a.{name}()"
            kinds.append(op(text, reads=True))
            observe.append(text)
    init = [op(f"a.{waits.put}(x)", x=[1, 2])]
    return kinds, init, observe[:2]
