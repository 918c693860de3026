"""Classes that inherit from the standard library: from containers, and from bases for other ends."""

from __future__ import annotations

import io
import logging
import queue
import threading
from collections import Counter, OrderedDict, UserDict, deque
from typing import Any


class Remembering(logging.Handler):
    """Takes what it remembers in two steps. `emit` runs under the lock of the handler, so it needs none of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._texts = [*self._texts, str(record)]

    def drain(self) -> list[str]:
        texts = self._texts
        self._texts = []
        return texts


class RememberingInOrder(Remembering):
    """The twin: it takes what it remembers under the lock of the handler."""

    def drain(self) -> list[str]:
        assert self.lock is not None
        with self.lock:
            return super().drain()


class Flushing(logging.StreamHandler):  # type: ignore[type-arg]
    """Overrides a hook of a hook: `handle` calls `emit`, and that calls `flush`."""

    def flush(self) -> None:
        super().flush()


class Walker(threading.Thread):
    """A thread with a counter. No method of the base calls one of these by name."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return self.steps


class Lines(io.StringIO):
    """A stream that counts what is written; the base has an `__iter__` and a `__next__`, and a `with` block."""

    lines = 0

    def write_line(self, text: str) -> int:
        self.lines += 1
        return self.write(text)


class Tally(Counter[str]):
    """A container: what it inherits is what it is for."""

    def more(self, name: str) -> None:
        self[name] += 1


class Lately(OrderedDict[str, int]):
    """A container in C."""


class Wrapped(UserDict[str, int]):
    """A container in Python."""


class Ring(deque[int]):
    """A sequence."""


class Waiting(queue.Queue[int]):
    """A queue."""


class Pulse(threading.Event):
    """An event: what it inherits is its state."""

    def toggle(self) -> bool:
        was = self.is_set()
        (self.clear if was else self.set)()
        return was


class StepsAsModel:
    """A model of `Walker` that has one method of its base too."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return self.steps

    def is_alive(self) -> bool:
        return False


CONTAINERS: tuple[tuple[type[Any], str], ...] = (
    (Tally, "update"), (Lately, "move_to_end"), (Wrapped, "pop"), (Ring, "append"), (Waiting, "put"), (Pulse, "set"),
)  # fmt: skip
"""Classes with a method that each inherits, and that is an operation."""
