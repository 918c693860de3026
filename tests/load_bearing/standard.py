"""Classes of the standard library that are written in Python with locks, as specifications for `lockproof mutate`.

Nobody can ask these anything without knowing what they are for: a condition guards something, and whoever waits for it
looks again at what is guarded.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from lockproof import Specification, block, choose, op

SOON = 0.002
"""Seconds of the waits that run out: under control they take no time."""


class Waiter:
    """One who waits, and whether it was notified."""

    def __init__(self) -> None:
        self.notified = False


class OneThreadsCondition:
    """A condition for one thread, with what it guards. A wait for items has no end, as nobody else puts them in."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.depth = self.tried = 0
        self.waiters: list[Waiter] = []

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1

    def notify(self, n: int = 1) -> None:
        if not self.depth:
            raise RuntimeError
        for each in self.waiters[:n]:
            each.notified = True
        del self.waiters[:n]

    def notify_all(self) -> None:
        self.notify(len(self.waiters))

    notifyAll = notify_all

    def wait(self, timeout: float | None = None) -> bool:
        if not self.depth:
            raise RuntimeError
        if timeout is None:
            block()
        return False

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        return predicate() or self.wait(timeout)

    def heard(self, *, limited: bool) -> Iterator[None]:
        self.waiters.append(waiter := Waiter())
        yield
        if not waiter.notified and not limited:
            block()
        if waiter.notified:
            # Notified between the end of its time and its getting the lock back, it says that it was not.
            return choose([True, False]) if limited else True
        self.waiters.remove(waiter)
        return False

    def held_until_tried(self) -> Iterator[None]:
        yield
        if not self.tried:
            block()
        self.tried -= 1


class OneThreadsConditions(OneThreadsCondition):
    """What `conditions` makes, for one thread."""

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.pure, self.bell = (OneThreadsCondition() for _ in range(3))


def conditions() -> Any:
    """Return a condition with items that it guards, and in it three more: with a plain lock, with the reentrant one
    that is written in Python, and one that guards nothing.
    """
    made: Any = threading.Condition()
    made.plain, made.pure = threading.Condition(threading.Lock()), threading.Condition(threading._RLock())
    made.bell = threading.Condition()
    for each in (made, made.plain, made.pure):
        each.items = []
    made.pure.tried, made.bell.waiting = threading.Semaphore(0), 0
    return made


def put(one: Any, item: int) -> None:
    """Put an item in, for one that waits."""
    with one:
        one.items.append(item)
        one.notify()


def put_two(one: Any) -> None:
    """Put two items in, for two that wait."""
    with one:
        one.items += [7, 8]
        one.notify(2)


def put_three(one: Any) -> None:
    """Put three items in, for all that wait."""
    with one:
        one.items += [4, 5, 6]
        one.notify_all()


def get(one: Any) -> Any:
    """Take an item out, when there is one."""
    with one:
        while not one.items:
            one.wait()
        return one.items.pop(0)


def get_inside(one: Any) -> Any:
    """Take an item out, when there is one, with the lock taken twice."""
    with one, one:
        one.wait_for(lambda: one.items)
        return one.items.pop(0)


def get_soon(one: Any) -> Any:
    """Take an item out, if there is one before the time is over."""
    with one:
        return one.items.pop(0) if one.wait_for(lambda: one.items, SOON) else None


def sorted_slowly(one: Any) -> None:
    """Put the items in order, and hold the lock for longer than others are ready to wait."""
    with one:
        items = sorted(one.items)
        one.items.clear()
        time.sleep(2 * SOON)
        one.items += items


def ring(one: Any, call: str, count: int) -> None:
    """Notify who waits, as soon as so many do. Whoever came after a notification would wait for ever."""
    if isinstance(one, OneThreadsCondition) and len(one.waiters) < count:
        block()
    while True:
        with one:
            if isinstance(one, OneThreadsCondition) or one.waiting >= count:
                getattr(one, call)()
                return
        time.sleep(SOON)


def hear(one: Any) -> Any:
    """Wait until notified."""
    if isinstance(one, OneThreadsCondition):
        return one.heard(limited=False)
    with one:
        one.waiting += 1
        heard = one.wait()
        one.waiting -= 1
    return heard


def hear_soon(one: Any, seconds: float) -> Any:
    """Wait until notified or the time is over, and tell which."""
    if isinstance(one, OneThreadsCondition):
        return one.heard(limited=True)
    with one:
        return one.wait(seconds)


def hold_until_tried(one: Any) -> Any:
    """Hold the lock until somebody has tried to take it."""
    if isinstance(one, OneThreadsCondition):
        return one.held_until_tried()
    with one:
        one.tried.acquire()
    return None


def try_for_a_while(one: Any) -> None:
    """Try to take the lock; whether it was there does not matter."""
    if isinstance(one, OneThreadsCondition):
        one.tried += 1
        return
    if one.acquire(timeout=SOON):
        one.release()
    one.tried.release()


_ALL = ("notify_all", "notifyAll")
_GUARDING = ("a", "a.plain", "a.pure")
_FUNCTIONS = (put, put_two, put_three, get, get_inside, get_soon, sorted_slowly, ring, hear, hear_soon,
              hold_until_tried, try_for_a_while)  # fmt: skip

condition: Specification = Specification(
    subject=conditions,
    model=OneThreadsConditions,
    operations=[
        *(op(f"put({one}, x)", x=[1, 2], weight=2) for one in _GUARDING),
        *(op(f"{call}({one})") for one in _GUARDING for call in ("put_two", "put_three", "get_soon", "sorted_slowly")),
        *(op(f"get({one})", blocking=True, weight=2) for one in _GUARDING),
        *(op(f"get_inside({one})", blocking=True) for one in ("a", "a.pure")),
        *(op(f"{one}.{call}") for one in ("a", "a.pure") for call in ("notify()", "notify_all()", "wait(0)")),
        *(op(f"ring(a.bell, 'notify', {count})", blocking=True) for count in (1, 2)),
        *(op(f"ring(a.bell, {call!r}, {count})", blocking=True) for call in _ALL for count in (1, 2)),
        op("hear(a.bell)", dual=True, weight=3),
        op("hear_soon(a.bell, x)", x=[0, SOON], dual=True, weight=2),
        op("hold_until_tried(a.pure)", dual=True),
        op("try_for_a_while(a.pure)"),
    ],
    init=[op(f"put({one}, x)", x=[1, 2]) for one in _GUARDING],
    observe=[f"{one}.items" for one in _GUARDING],
    names={each.__name__: each for each in _FUNCTIONS},
    subject_name="Condition",
)


class Meeting:
    """A barrier for one thread. A round ends when all are there, or when it is broken."""

    def __init__(self, parties: int) -> None:
        self.parties, self.broken = parties, False
        self.there = self.round = 0
        self.ends: dict[int, str] = {}

    def _end(self, how: str) -> None:
        self.ends[self.round] = how
        self.there, self.round = 0, self.round + 1

    def wait(self, timeout: float | None = None) -> Iterator[None]:
        if self.broken:
            raise threading.BrokenBarrierError
        number, index = self.round, self.there
        self.there += 1
        if self.there == self.parties:
            self._end("met")
        yield
        if number not in self.ends:
            if timeout is None:
                block()
            self.abort()
        # Who has met and not gone yet is told of a barrier that is broken then.
        if self.ends[number] == "broken" or (self.ends[number] == "late" and choose([True, False])):
            raise threading.BrokenBarrierError
        return index

    def reset(self) -> None:
        if self.there:
            self._end("broken")
        self.broken = False

    def abort(self) -> None:
        for number, how in self.ends.items():
            self.ends[number] = "late" if how == "met" else how
        if self.there:
            self._end("broken")
        self.broken = True


class Meetings:
    """What `barriers` makes, for one thread."""

    def __init__(self) -> None:
        self.two, self.three = Meeting(2), Meeting(3)


def barriers() -> Any:
    """Return a barrier for two, and in it one for three."""
    made: Any = threading.Barrier(2)
    made.two, made.three = made, threading.Barrier(3)
    return made


def late(one: Any, call: str, count: int) -> None:
    """Reset or abort the barrier when so many wait. Whoever comes after a reset would wait for ever."""
    if isinstance(one, Meeting) and one.there < count:
        block()
    while not isinstance(one, Meeting) and one.n_waiting < count:
        time.sleep(SOON)
    getattr(one, call)()


_BARRIERS = ("two", "three")

barrier: Specification = Specification(
    subject=barriers,
    model=Meetings,
    operations=[
        *(op(f"a.{one}.wait()", dual=True, weight=4) for one in _BARRIERS),
        *(op(f"a.{one}.wait(x)", x=[0, SOON], dual=True) for one in _BARRIERS),
        *(op(f"a.{one}.{call}()") for one in _BARRIERS for call in ("reset", "abort")),
        *(op(f"late(a.{one}, {call!r}, 1)", blocking=True) for one in _BARRIERS for call in ("reset", "abort")),
        *(op(f"late(a.three, {call!r}, 2)", blocking=True) for call in ("reset", "abort")),
        # `n_waiting` takes no lock, and may tell 2 of 2 for a moment.
        *(op(f"a.{one}.broken", reads=True) for one in _BARRIERS),
    ],
    observe=[f"a.{one}.broken" for one in _BARRIERS],
    names={"late": late},
    subject_name="Barrier",
)


def written_in_python(name: str, accelerator: str) -> ModuleType:
    """Return a module of the standard library anew, without what is written in C."""
    known = {each: sys.modules.pop(each, None) for each in (name, accelerator)}
    sys.modules[accelerator] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(name)
    finally:
        sys.modules.update({each: module for each, module in known.items() if module is not None})


functools = written_in_python("functools", "_functools")


def squared(number: int) -> int:
    """Return what is remembered."""
    return number * number


class Squares:
    """A cache for one thread, of which nobody can tell what it remembers."""

    def __init__(self) -> None:
        self.calls = 0
        self.other = squared

    def __call__(self, number: int) -> int:
        self.calls += 1
        return squared(number)

    def cache_info(self) -> tuple[int, int, int, int]:
        return 0, self.calls, 2, min(self.calls, 2)

    def cache_clear(self) -> None:
        self.calls = 0


class Asking(int):
    """A number that asks the cache before it is compared."""

    cache: Any = None

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return bool(self.cache(5)) and int(self) == other


def asked(cache: Any) -> list[int]:
    """Ask for the same number twice, which asks in its turn."""
    numbers = [Asking(7), Asking(7)]
    for each in numbers:
        each.cache = cache
    return [int(cache(each)) for each in numbers]


class Nested(int):
    """A number that asks for another one like it while it is squared, and that cannot be compared with that one."""

    cache: Any = None

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        raise ValueError(other)

    def __mul__(self, other: object) -> int:
        if self.cache is not None:
            self.cache(Nested(self))
        return 0


def nested(cache: Any) -> None:
    """Have a comparison raise, when what was computed is put in."""
    number = Nested(8)
    number.cache = cache
    cache(number)
    raise ValueError


def calls(cache: Any) -> int:
    """Return how often it was asked: twice for the same at once may be two misses, or a miss and a hit."""
    return sum(cache.cache_info()[:2])


def squares(module: ModuleType = functools) -> Any:
    """Return a cached function, and with it one whose calls nobody counts."""
    made, other = (module.lru_cache(maxsize=2)(squared) for _ in range(2))
    made.other = other
    return made


lru_cache: Specification = Specification(
    subject=squares,
    model=Squares,
    operations=[
        op("a(x)", x=[1, 2, 3], weight=4),
        op("calls(a)", reads=True),
        op("a.cache_info()[3] <= 2", reads=True),
        op("a.cache_clear()"),
        *(op(f"{call}(a.other)") for call in ("asked", "nested")),
    ],
    init=[op("a(x)", x=[1, 2, 3])],
    observe=["calls(a)", "[a(x) for x in (4, 5, 6, 4, 5, 6)]", "a.cache_info()[3]"],
    names={each.__name__: each for each in (calls, asked, nested)},
    subject_name="lru_cache",
)

unlocked: Any = written_in_python("functools", "_functools")
unlocked.RLock = nullcontext

unlocked_cache: Specification = replace(
    lru_cache, subject=partial(squares, unlocked), subject_name="lru_cache without its lock"
)
"""The twin that must be found."""
