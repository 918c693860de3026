"""Queues, in pairs. Three of them block; there `get` waits for an item."""

from __future__ import annotations

import queue
from collections import deque
from threading import Condition, Lock, RLock


class BrokenMailbox:
    """Looks for mail before it takes the lock to wait: a letter that comes in between wakes nobody."""

    def __init__(self) -> None:
        self._letters: deque[int] = deque()
        self._arrived = Condition()

    def put(self, letter: int) -> None:
        with self._arrived:
            self._letters.append(letter)
            self._arrived.notify()

    def get(self) -> int:
        while not self._letters:
            with self._arrived:
                self._arrived.wait()
        with self._arrived:
            return self._letters.popleft()

    def __len__(self) -> int:
        with self._arrived:
            return len(self._letters)


class MendedMailbox:
    """Looks for mail under the lock that `wait` releases."""

    def __init__(self) -> None:
        self._letters: deque[int] = deque()
        self._arrived = Condition()

    def put(self, letter: int) -> None:
        with self._arrived:
            self._letters.append(letter)
            self._arrived.notify()

    def get(self) -> int:
        with self._arrived:
            while not self._letters:
                self._arrived.wait()
            return self._letters.popleft()

    def __len__(self) -> int:
        with self._arrived:
            return len(self._letters)


class BrokenWaitingQueue:
    """`if` where `while` belongs: when the thread wakes up, another one has taken the item."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._changed = Condition()

    def put(self, item: int) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify()

    def get(self) -> int:
        with self._changed:
            if not self._items:
                self._changed.wait()
            return self._items.popleft()

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)


class MendedWaitingQueue:
    """Looks again after each waking."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._changed = Condition()

    def put(self, item: int) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify()

    def get(self) -> int:
        with self._changed:
            while not self._items:
                self._changed.wait()
            return self._items.popleft()

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)


class BrokenBuffer:
    """Producers and consumers wait on one condition, and `notify` wakes one that cannot go on."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._changed = Condition()

    def put(self, item: int) -> None:
        with self._changed:
            while len(self._items) >= 1:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify()

    def get(self) -> int:
        with self._changed:
            while not self._items:
                self._changed.wait()
            item = self._items.popleft()
            self._changed.notify()
            return item

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)


class MendedBuffer:
    """`notify_all` wakes whoever can go on."""

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self._changed = Condition()

    def put(self, item: int) -> None:
        with self._changed:
            while len(self._items) >= 1:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify_all()

    def get(self) -> int:
        with self._changed:
            while not self._items:
                self._changed.wait()
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)


class BrokenPeekQueue(queue.Queue[int]):
    """`peek` looks at the storage without the queue's lock: it is empty by then."""

    def peek(self) -> int:
        if self.empty():
            raise queue.Empty
        first: int = self.queue[0]
        return first


class MendedPeekQueue(queue.Queue[int]):
    """`peek` takes the lock of the queue."""

    def peek(self) -> int:
        with self.mutex:
            if not self._qsize():
                raise queue.Empty
            first: int = self.queue[0]
            return first


class BrokenPriorityQueue:
    """Finds the least item and then removes it: two threads find the same one."""

    def __init__(self) -> None:
        self._items: list[int] = []

    def push(self, item: int) -> None:
        self._items.append(item)

    def pop(self) -> int | None:
        least = min(self._items, default=None)
        if least is not None:
            self._items.remove(least)
        return least

    def __len__(self) -> int:
        return len(self._items)


class MendedPriorityQueue:
    """Finds and removes under the lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[int] = []

    def push(self, item: int) -> None:
        with self._lock:
            self._items.append(item)

    def pop(self) -> int | None:
        with self._lock:
            least = min(self._items, default=None)
            if least is not None:
                self._items.remove(least)
            return least

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)


class BrokenBoundedQueue:
    """Looks whether it is full before it takes the lock: it holds more than it should."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: deque[int] = deque()

    def full(self) -> bool:
        with self._lock:
            return len(self._items) >= 1

    def offer(self, item: int) -> bool:
        if self.full():
            return False
        with self._lock:
            self._items.append(item)
        return True

    def poll(self) -> int | None:
        with self._lock:
            return self._items.popleft() if self._items else None

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class MendedBoundedQueue:
    """Looks and appends under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._items: deque[int] = deque()

    def full(self) -> bool:
        with self._lock:
            return len(self._items) >= 1

    def offer(self, item: int) -> bool:
        with self._lock:
            if self.full():
                return False
            self._items.append(item)
        return True

    def poll(self) -> int | None:
        with self._lock:
            return self._items.popleft() if self._items else None

    def size(self) -> int:
        with self._lock:
            return len(self._items)


class BrokenOutbox:
    """Copies the messages and clears them afterwards: one that comes in between is lost."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._messages: list[int] = []

    def send(self, message: int) -> None:
        with self._lock:
            self._messages.append(message)

    def messages(self) -> list[int]:
        with self._lock:
            return list(self._messages)

    def clear(self) -> None:
        with self._lock:
            self._messages.clear()

    def drain(self) -> list[int]:
        found = self.messages()
        self.clear()
        return found


class MendedOutbox:
    """Copies and clears under one hold of the lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._messages: list[int] = []

    def send(self, message: int) -> None:
        with self._lock:
            self._messages.append(message)

    def messages(self) -> list[int]:
        with self._lock:
            return list(self._messages)

    def clear(self) -> None:
        with self._lock:
            self._messages.clear()

    def drain(self) -> list[int]:
        with self._lock:
            found = self.messages()
            self.clear()
        return found


class BrokenWorkList:
    """A job is taken out under one lock and counted as done under another: they exclude nobody from both."""

    def __init__(self) -> None:
        self._jobs_lock = Lock()
        self._done_lock = Lock()
        self._jobs: deque[int] = deque()
        self._done: list[int] = []

    def submit(self, job: int) -> None:
        with self._jobs_lock:
            self._jobs.append(job)

    def work(self) -> int | None:
        with self._jobs_lock:
            if not self._jobs:
                return None
            job = self._jobs.popleft()
        with self._done_lock:
            self._done.append(job)
        return job

    def status(self) -> tuple[int, int]:
        with self._jobs_lock, self._done_lock:
            return len(self._jobs), len(self._done)


class MendedWorkList:
    """One lock for both."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: deque[int] = deque()
        self._done: list[int] = []

    def submit(self, job: int) -> None:
        with self._lock:
            self._jobs.append(job)

    def work(self) -> int | None:
        with self._lock:
            if not self._jobs:
                return None
            job = self._jobs.popleft()
            self._done.append(job)
        return job

    def status(self) -> tuple[int, int]:
        with self._lock:
            return len(self._jobs), len(self._done)
