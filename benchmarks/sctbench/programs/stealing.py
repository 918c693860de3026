"""WSQ, IWSQ, StateWSQ, IWSQWithState: work-stealing queues in which owner and thief may both take one item.

The owner pushes and pops at the tail, the thief steals at the head; only at the last item do they meet. The four
differ in what is to decide then: the indices under a lock, the indices by compare-and-swap, or the state of the item.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from benchmarks.sctbench.programs._run import Atomic, run

ITEMS = 2
WAITING = 0
TAKEN = 1


class WorkQueue(ABC):
    """What the owner and the thief see of each of the four."""

    @abstractmethod
    def push(self, item: int) -> None: ...

    @abstractmethod
    def pop(self) -> int | None: ...

    @abstractmethod
    def steal(self) -> int | None: ...


class Shared:
    """The queue, and the items that were run."""

    def __init__(self, queue: WorkQueue) -> None:
        self.queue = queue
        self.done: list[int] = []


def _own(s: Shared) -> None:
    for number in range(ITEMS):
        s.queue.push(number)
    for _ in range(ITEMS):
        item = s.queue.pop()
        if item is not None:
            s.done.append(item)


def _thieve(s: Shared) -> None:
    for _ in range(ITEMS):
        item = s.queue.steal()
        if item is not None:
            s.done.append(item)


def _each_item_once(queue: WorkQueue) -> None:
    s = Shared(queue)
    run(s, _own, _thieve)
    assert sorted(s.done) == list(range(ITEMS))


class LockQueue(WorkQueue):
    """WSQ: the thief claims an item by the head before it looks at the tail; the owner looks before it claims."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.head = 0
        self.tail = 0
        self.items = [-1] * ITEMS

    def push(self, item: int) -> None:
        self.items[self.tail] = item
        self.tail += 1

    def pop(self) -> int | None:
        last = self.tail - 1
        if self.head <= last:
            self.tail = last
            return self.items[last]
        return self.pop_under_lock()

    def pop_under_lock(self) -> int | None:
        """Pop when no claim of the thief's is open: what looks empty may be one that it takes back."""
        with self.lock:
            last = self.tail - 1
            if self.head > last:
                return None
            self.tail = last
            return self.items[last]

    def steal(self) -> int | None:
        with self.lock:
            first = self.head
            self.head = first + 1
            if first < self.tail:
                return self.items[first]
            self.head = first
            return None


class LockQueueMended(LockQueue):
    """The owner looks and claims under the lock, always."""

    def pop(self) -> int | None:
        return self.pop_under_lock()


def lock_broken() -> None:
    # fails: pop sees that item 0 is there | steal takes item 0, the tail being still 1 | pop takes it too
    _each_item_once(LockQueue())


def lock_mended() -> None:
    _each_item_once(LockQueueMended())


class SwapQueue(WorkQueue):
    """IWSQ: no lock. The thief claims by compare-and-swap on the head; the owner does not, even for the last item."""

    def __init__(self) -> None:
        self.head = Atomic(0)
        self.tail = 0
        self.items = [-1] * ITEMS

    def push(self, item: int) -> None:
        self.items[self.tail] = item
        self.tail += 1

    def pop(self) -> int | None:
        last = self.tail - 1
        self.tail = last
        if self.head.value <= last:
            return self.items[last]
        self.tail = last + 1
        return None

    def steal(self) -> int | None:
        first = self.head.value
        if first < self.tail:
            item = self.items[first]
            if self.head.compare_and_swap(first, first + 1):
                return item
        return None


class SwapQueueMended(SwapQueue):
    """For the last item the owner, too, must win the head."""

    def pop(self) -> int | None:
        last = self.tail - 1
        self.tail = last
        first = self.head.value
        if first < last:
            return self.items[last]
        self.tail = last + 1
        if first == last and self.head.compare_and_swap(first, first + 1):
            return self.items[last]
        return None


def swap_broken() -> None:
    # fails: steal reads head 0 and tail 1 | pop lowers the tail and takes item 0 | steal swaps the head and has it too
    _each_item_once(SwapQueue())


def swap_mended() -> None:
    _each_item_once(SwapQueueMended())


class Task:
    """An item, and whether someone has it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.taken = False


class StateQueue(WorkQueue):
    """StateWSQ: both may reach one item, whose state is to decide; but it is read and then set, with no lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.head = 0
        self.tail = 0
        self.tasks: list[Task] = []

    def push(self, item: int) -> None:
        self.tasks.append(Task(item))
        self.tail += 1

    def pop(self) -> int | None:
        last = self.tail - 1
        if self.head > last:
            return None
        self.tail = last
        return self.take(self.tasks[last])

    def steal(self) -> int | None:
        first = self.head
        if first >= self.tail:
            return None
        self.head = first + 1
        return self.take(self.tasks[first])

    def take(self, task: Task) -> int | None:
        if task.taken:
            return None
        task.taken = True
        return task.number


class StateQueueMended(StateQueue):
    """The state is read and set under a lock."""

    def take(self, task: Task) -> int | None:
        with self.lock:
            return super().take(task)


def state_broken() -> None:
    # fails: pop and steal reach item 0, each before the other has moved its index | both find it not taken
    _each_item_once(StateQueue())


def state_mended() -> None:
    _each_item_once(StateQueueMended())


class SwapTask:
    """An item whose state is an atomic word."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = Atomic(WAITING)


class SwapStateQueue(WorkQueue):
    """IWSQWithState: the thief takes an item by compare-and-swap on its state, the owner by a look and a store."""

    def __init__(self) -> None:
        self.head = Atomic(0)
        self.tail = 0
        self.tasks: list[SwapTask] = []

    def push(self, item: int) -> None:
        self.tasks.append(SwapTask(item))
        self.tail += 1

    def pop(self) -> int | None:
        last = self.tail - 1
        if self.head.value > last:
            return None
        self.tail = last
        return self.take(self.tasks[last])

    def take(self, task: SwapTask) -> int | None:
        if task.state.value == WAITING:
            task.state.exchange(TAKEN)
            return task.number
        return None

    def steal(self) -> int | None:
        first = self.head.value
        if first < self.tail and self.head.compare_and_swap(first, first + 1):
            task = self.tasks[first]
            if task.state.compare_and_swap(WAITING, TAKEN):
                return task.number
        return None


class SwapStateQueueMended(SwapStateQueue):
    """The owner takes as the thief does."""

    def take(self, task: SwapTask) -> int | None:
        if task.state.compare_and_swap(WAITING, TAKEN):
            return task.number
        return None


def swap_state_broken() -> None:
    # fails: both reach item 0 | pop reads that it is waiting | steal swaps its state | pop stores and has it too
    _each_item_once(SwapStateQueue())


def swap_state_mended() -> None:
    _each_item_once(SwapStateQueueMended())
