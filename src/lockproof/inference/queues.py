"""Queues: a model that says when a call would wait, and the operations to try on a queue of the standard library."""

from __future__ import annotations

import heapq
import queue
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from lockproof.core.model import block
from lockproof.core.operation import OperationKind, op
from lockproof.inference.catalogue import Catalogue, contents_of

type Order = Literal["first", "last", "least"]
"""Which item comes out: the one put in first, the one put in last, or the least."""


class QueueModel:
    """`queue.Queue` for one thread, with the same results. It calls `block` where the queue would wait.

    `maxsize` 0 means that there is always room.
    """

    def __init__(self, order: Order = "first", maxsize: int = 0, contents: tuple[Any, ...] = ()) -> None:
        self.order, self.maxsize = order, maxsize
        self.items: list[Any] = list(contents)
        self.unfinished_tasks = len(self.items)
        self.closed = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if self.closed:
            raise queue.ShutDown
        if self.full():
            self._wait(block, timeout, queue.Full)
        heapq.heappush(self.items, item) if self.order == "least" else self.items.append(item)
        self.unfinished_tasks += 1

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not self.items:
            if self.closed:
                raise queue.ShutDown
            self._wait(block, timeout, queue.Empty)
        if self.order == "least":
            return heapq.heappop(self.items)
        return self.items.pop(0 if self.order == "first" else -1)

    @staticmethod
    def _wait(may: bool, timeout: float | None, otherwise: type[Exception]) -> None:
        if may and timeout is None:
            block()
        raise otherwise

    def put_nowait(self, item: Any) -> None:
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        return self.get(block=False)

    def qsize(self) -> int:
        return len(self.items)

    def empty(self) -> bool:
        return not self.items

    def full(self) -> bool:
        return 0 < self.maxsize <= len(self.items)

    def task_done(self) -> None:
        if not self.unfinished_tasks:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1

    def join(self) -> None:
        if self.unfinished_tasks:
            block()

    def shutdown(self, immediate: bool = False) -> None:
        self.closed = True
        if immediate:
            self.unfinished_tasks = max(0, self.unfinished_tasks - len(self.items))
            self.items.clear()


_X: Final = [1, 2]

INIT: Final = (op("a.put_nowait(x)", x=[1, 2, 3]),)
OBSERVE: Final = ("[a.get_nowait() for _ in range(a.qsize())]", "a.qsize()")


def _operations(bounded: bool) -> Iterator[OperationKind]:
    yield op("a.put(x)", x=_X, blocking=bounded, weight=4)
    yield op("a.get()", blocking=True, weight=4)
    yield op("a.put_nowait(x)", x=_X, weight=3)
    yield op("a.get_nowait()", weight=4)
    yield op("a.put(x, block=False)", x=_X)
    yield op("a.get(block=False)")
    yield op("a.put(x, timeout=0)", x=_X, weight=0.5)
    yield op("a.get(timeout=0)", weight=0.5)
    yield op("a.qsize()", reads=True, weight=2)
    yield op("a.empty()", reads=True, weight=2)
    yield op("a.full()", reads=True)
    yield op("a.task_done()")
    yield op("a.join()", blocking=True, weight=0.5)
    yield op("a.shutdown()", weight=0.3)
    yield op("a.shutdown(immediate=True)", weight=0.3)


def catalogue(cls: type, make: Callable[[], Any]) -> Catalogue:
    """Return how to check queues of this class, a subclass of `queue.Queue` or `queue.SimpleQueue`."""
    order: Order = "first"
    if issubclass(cls, queue.LifoQueue):
        order = "last"
    elif issubclass(cls, queue.PriorityQueue):
        order = "least"
    maxsize = getattr(make(), "maxsize", 0)
    contents = tuple(contents_of(lambda: _drained(make())))

    def lift(model: Any) -> Any:
        subject = make()
        _drained(subject)
        for item in model.items:
            subject.put_nowait(item)
        if hasattr(subject, "unfinished_tasks"):
            subject.unfinished_tasks = model.unfinished_tasks
        if model.closed:
            subject.shutdown()
        return subject

    def lower(subject: Any, model: Any) -> None:
        model.unfinished_tasks = getattr(subject, "unfinished_tasks", len(model.items))
        model.closed = getattr(subject, "is_shutdown", False)
        model.items[:] = _drained(subject)

    base = queue.Queue if issubclass(cls, queue.Queue) else queue.SimpleQueue
    name = next(each.__name__ for each in cls.__mro__ if each.__module__ in ("queue", "_queue"))
    operations = tuple(_operations(maxsize > 0))
    return Catalogue(name, base, lambda: QueueModel(order, maxsize, contents), operations, INIT, OBSERVE, lift, lower)


def _drained(subject: Any) -> list[Any]:
    return [subject.get_nowait() for _ in range(subject.qsize())]
