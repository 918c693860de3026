"""Programs whose threads meet in one kind of access each, for `test_accesses`: by `Traces`, and by all schedules."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from lockproof.core.schedule import Ran, Switching
from lockproof.engines.strategies.exhaustive import Preemptions
from lockproof.engines.strategies.traces import Traces
from tests.lockproof.engines.control.inside import explore, together

counted = 0


class Shared:
    """Has whatever a program gives it."""


class Leaking:
    """Hands out the iterator of its list."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def __iter__(self) -> Iterator[int]:
        return iter(self.items)


def an_attribute() -> object:
    s = Shared()
    s.n = 0  # type: ignore[attr-defined]

    def work() -> None:
        s.n += 1  # type: ignore[attr-defined]

    together(work, work)
    return s.n  # type: ignore[attr-defined]


def a_global() -> object:
    global counted
    counted = 0

    def work() -> None:
        global counted
        counted += 1

    together(work, work)
    return counted


def a_cell() -> object:
    n = 0

    def work() -> None:
        nonlocal n
        n += 1

    together(work, work)
    return n


def one_list_by_two_names() -> object:
    s, out = Shared(), list[int]()
    s.one = s.other = [0]  # type: ignore[attr-defined]

    def change() -> None:
        s.one.append(1)  # type: ignore[attr-defined]

    def look() -> None:
        out.append(len(s.other))  # type: ignore[attr-defined]

    together(change, look)
    return out


def a_list_that_is_replaced() -> object:
    s = Shared()
    s.items = [0]  # type: ignore[attr-defined]

    def replace() -> None:
        s.items = []  # type: ignore[attr-defined]

    def add() -> None:
        s.items.append(1)  # type: ignore[attr-defined]

    together(replace, add)
    return s.items  # type: ignore[attr-defined]


def an_iterator_that_leaks() -> object:
    leaking, out = Leaking(), list[list[int]]()
    together(lambda: leaking.items.append(1), lambda: out.append(list(leaking)))
    return out


def a_view() -> object:
    table, out = {0: 0}, list[list[int]]()

    def change() -> None:
        table[1] = 1

    keys = table.keys()
    together(change, lambda: out.append(list(keys)))
    return out


def an_iterator_of_two_threads() -> object:
    numbers, out = iter([1, 2]), list[tuple[str, int]]()
    together(lambda: out.append(("a", next(numbers))), lambda: out.append(("b", next(numbers))))
    return out


def a_look_that_changes() -> object:
    table: defaultdict[int, list[int]] = defaultdict(list)
    out: list[bool] = []

    def ask() -> None:
        len(table[1])

    together(ask, lambda: out.append(1 in table))
    return out


def an_item() -> object:
    table, out = {"n": 0}, list[int]()

    def work() -> None:
        table["n"] = table["n"] + 1

    together(work, work)
    out.append(table["n"])
    return out


def a_deque() -> object:
    line: deque[str] = deque()
    together(lambda: line.append("a"), lambda: line.append("b"))
    return list(line)


def an_argument() -> object:
    mine, other, out = [0], [1], list[list[int]]()

    def join() -> None:
        mine.extend(other)
        out.append([*mine])

    together(join, lambda: other.append(2))
    return out


def an_attribute_by_its_name() -> object:
    s, out = Shared(), list[object]()

    def change() -> None:
        s.n = 1  # type: ignore[attr-defined]

    together(change, lambda: out.append(getattr(s, "n", None)))
    return out


def an_event() -> object:
    s, event, out = Shared(), threading.Event(), list[bool]()
    s.n = 0  # type: ignore[attr-defined]

    def ask() -> None:
        s.n = 1  # type: ignore[attr-defined]
        out.append(event.is_set())

    def answer() -> None:
        if s.n:  # type: ignore[attr-defined]
            event.set()

    together(ask, answer)
    return out


def a_try() -> object:
    lock, out = threading.Lock(), list[bool]()

    def hold() -> None:
        with lock:
            pass

    together(hold, lambda: out.append(lock.acquire(blocking=False)))
    return out


def a_thread_that_ends() -> object:
    out: list[bool] = []
    thread = threading.Thread(target=int)
    thread.start()
    out.append(thread.is_alive())
    thread.join()
    return out


def the_time() -> object:
    out: list[bool] = []
    begin = time.monotonic()
    together(lambda: time.sleep(5), lambda: out.append(time.monotonic() - begin >= 5))
    return out


def a_sum_of_a_generator() -> object:
    items, out = [1], list[list[int]]()
    together(lambda: items.append(2), lambda: out.append(sorted(each for each in items)))
    return out


def a_simple_queue_that_is_looked_at() -> object:
    items, out = queue.SimpleQueue[int](), list[bool]()
    together(lambda: items.put(1), lambda: out.append(items.empty()))
    return out


def a_sort_and_a_least_without_a_function() -> object:
    items, out = [2, 1], list[int]()
    together(items.sort, lambda: out.append(min(items, key=None) * 10 + max(items[0], 0)))
    return out


def a_list_that_a_call_unpacks() -> object:
    items, out = [1], list[int]()

    def count(*given: int) -> None:
        out.append(len(given))

    together(lambda: items.append(2), lambda: count(*items))
    return out


class Handed:
    """A lock that is taken, and who has released it when nobody had it."""

    def __init__(self) -> None:
        self.lock, self.failed, self.told = threading.Lock(), list[int](), 0
        self.lock.acquire()

    def release(self, number: int) -> None:
        """Release the lock, or note that it was released already."""
        try:
            self.lock.release()
        except RuntimeError:
            self.failed.append(number)


def a_lock_that_two_threads_release() -> object:
    handed, seen = Handed(), list[int]()

    def tells() -> None:
        handed.told = 1
        handed.release(1)

    def asks() -> None:
        seen.append(handed.told)
        handed.release(2)

    together(tells, asks)
    return seen, handed.failed


def a_release_of_what_another_thread_has_taken() -> object:
    handed = Handed()
    together(handed.lock.acquire, lambda: handed.release(1), lambda: handed.release(2))
    return handed.failed


def bytes_through_a_view() -> object:
    held = bytearray(1)
    view = memoryview(held)

    def work() -> None:
        view[0] += 1

    def other() -> None:
        held[0] += 1

    together(work, other)
    return held[0]


def a_release_before_the_first_access() -> object:
    lock, out, seen = threading.Lock(), list[int](), list[int]()
    lock.acquire()

    def first() -> None:
        lock.release()
        out.append(1)

    thread = threading.Thread(target=first)
    thread.start()
    lock.acquire()
    seen += out
    thread.join()
    return seen


def a_last_access_before_a_join() -> object:
    s = Shared()
    s.a = s.b = 0  # type: ignore[attr-defined]

    def work() -> None:
        s.a = 1  # type: ignore[attr-defined]
        s.b = 1  # type: ignore[attr-defined]

    thread = threading.Thread(target=work)
    thread.start()
    seen = s.a, s.b  # type: ignore[attr-defined]
    thread.join()
    return seen


SEEN: Final = (
    a_list_that_a_call_unpacks, a_lock_that_two_threads_release, a_release_of_what_another_thread_has_taken,
    an_attribute, a_global, a_cell, one_list_by_two_names, a_list_that_is_replaced, an_iterator_that_leaks, a_view,
    an_iterator_of_two_threads, a_look_that_changes, an_item, a_deque, an_argument, an_attribute_by_its_name, an_event,
    a_try, a_thread_that_ends, the_time, a_sum_of_a_generator, bytes_through_a_view, a_release_before_the_first_access,
    a_last_access_before_a_join, a_simple_queue_that_is_looked_at, a_sort_and_a_least_without_a_function,
)  # fmt: skip
"""Programs whose accesses are seen."""


class Watched(Traces):
    """Collects why accesses may not all be seen."""

    unseen: Final[dict[str, None]] = {}

    def end(self, ran: Ran) -> None:
        """Note the gaps of a run."""
        super().end(ran)
        self.unseen.update(dict.fromkeys(ran.gaps) | self.gaps)


def by_traces(program: Callable[[], object]) -> dict[str, Any]:
    Watched.unseen.clear()
    return {"traces": explore(program, Watched, Switching.FREE), "gaps": sorted(Watched.unseen)}


def by_both(program: Callable[[], object]) -> dict[str, Any]:
    return by_traces(program) | {"schedules": explore(program, lambda: Preemptions(3), Switching.FREE, 4000)}


def ask_seen() -> dict[str, Any]:
    return {program.__name__: by_both(program) for program in SEEN}
