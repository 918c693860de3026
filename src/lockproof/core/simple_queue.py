"""`queue.SimpleQueue` in Python, for threads under control: the one in C waits on a lock that Python cannot replace.

Each call is one step, as in C. The one in Python that the standard library has is not: there, `get` takes the right to
an item and then the item, and between the two another thread may be told that the queue is empty.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Any

from lockproof.core.interpreter import SIMPLE_QUEUE_OF_PYTHON


class SimpleQueue(SIMPLE_QUEUE_OF_PYTHON):  # type: ignore[misc]
    """A queue without a bound."""

    def __init__(self) -> None:
        self._queue = deque[Any]()
        self._changed = threading.Condition()

    def empty(self) -> bool:
        """Tell whether there is no item."""
        return self.qsize() == 0

    def qsize(self) -> int:
        """Return how many items there are."""
        with self._changed:
            return len(self._queue)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002
        """Put an item into the queue; this never waits."""
        with self._changed:
            self._queue.append(item)
            self._changed.notify()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the first item; wait for one, if asked to.

        Raises:
            queue.Empty: there is none, or none came within so many seconds.
            ValueError: the time limit is negative.

        """
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        with self._changed:
            if not (self._queue or (block and self._changed.wait_for(lambda: self._queue, timeout))):
                raise queue.Empty
            return self._queue.popleft()
