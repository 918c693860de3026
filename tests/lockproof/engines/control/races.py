"""Small classes with a race, each with a twin in which a lock protects all of it. Names of attributes are unique.

A race is a function that makes a fresh object. It returns the functions of the threads, and a function that checks the
object afterwards. Each thread runs inside `guard`: a lock, or nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

type Guard = AbstractContextManager[Any]
type Race = tuple[list[Callable[[], object]], Callable[[], bool]]

RACES: dict[str, tuple[Callable[[Guard], Race], bool]] = {}
"""By name: the function that makes the race, and whether a standard build has the race too."""


def race(*, gil: bool) -> Callable[[Callable[[Guard], Race]], Callable[[Guard], Race]]:
    def note(made: Callable[[Guard], Race]) -> Callable[[Guard], Race]:
        RACES[made.__name__] = (made, gil)
        return made

    return note


def guards(*, locked: bool) -> Guard:
    return threading.Lock() if locked else nullcontext()


class Bag:
    """Has attributes, as they are needed."""

    def __init__(self) -> None:
        self.items: list[int] = []


@race(gil=False)
def attribute_counter(guard: Guard) -> Race:
    bag: Any = Bag()
    bag.number = 0

    def add() -> None:
        with guard:
            bag.number += 1

    return [add, add], lambda: bag.number == 2


@race(gil=True)
def counter_across_a_call_in_c(guard: Guard) -> Race:
    bag: Any = Bag()
    bag.total = 0

    def add() -> None:
        with guard:
            before = bag.total
            abs(-1)
            bag.total = before + 1

    return [add, add], lambda: bag.total == 2


def nothing() -> None:
    """Be called."""


@race(gil=True)
def counter_across_a_call_of_a_function(guard: Guard) -> Race:
    bag: Any = Bag()
    bag.sum = 0

    def add() -> None:
        with guard:
            before = bag.sum
            nothing()
            bag.sum = before + 1

    return [add, add], lambda: bag.sum == 2


class Peak:
    """Makes a number one greater than the greatest so far; a function in C calls the method that reads it."""

    def __init__(self) -> None:
        self.peak = 0

    def get(self, _: int) -> int:
        return self.peak


@race(gil=True)
def counter_by_a_call_in_c_that_calls_back(guard: Guard) -> Race:
    peak = Peak()

    def add() -> None:
        with guard:
            peak.peak = max(map(peak.get, (1,))) + 1

    return [add, add], lambda: peak.peak == 2


@race(gil=True)
def counter_across_a_jump_backward(guard: Guard) -> Race:
    bag: Any = Bag()
    bag.rounds = 0

    def add() -> None:
        with guard:
            before, k = bag.rounds, 2
            while k:
                k -= 1
            bag.rounds = before + 1

    return [add, add], lambda: bag.rounds == 2


@race(gil=False)
def closure_variable(guard: Guard) -> Race:
    count = 0

    def add() -> None:
        nonlocal count
        with guard:
            count += 1

    return [add, add], lambda: count == 2


GLOBAL = 0


@race(gil=False)
def global_variable(guard: Guard) -> Race:
    global GLOBAL
    GLOBAL = 0

    def add() -> None:
        global GLOBAL
        with guard:
            GLOBAL += 1

    return [add, add], lambda: GLOBAL == 2


@race(gil=False)
def item_of_a_dict(guard: Guard) -> Race:
    counts = {"k": 0}

    def add() -> None:
        with guard:
            counts["k"] += 1

    return [add, add], lambda: counts["k"] == 2


@race(gil=True)
def item_by_get(guard: Guard) -> Race:
    counts: dict[str, int] = {}

    def add() -> None:
        with guard:
            counts["k"] = counts.get("k", 0) + 1

    return [add, add], lambda: counts["k"] == 2


@race(gil=False)
def membership(guard: Guard) -> Race:
    taken: dict[int, int] = {}
    winners: list[int] = []

    def claim() -> None:
        with guard:
            if 1 not in taken:
                taken[1] = 1
                winners.append(1)

    return [claim, claim], lambda: len(winners) == 1


class CheckedSet(set[int]):
    """Tells whether it added."""

    def __init__(self) -> None:
        super().__init__()
        self.winners: list[int] = []

    def claim(self, x: int) -> None:
        if x not in self:
            super().add(x)
            self.winners.append(x)


@race(gil=False)
def subclass_of_set(guard: Guard) -> Race:
    taken = CheckedSet()

    def claim() -> None:
        with guard:
            taken.claim(1)

    return [claim, claim], lambda: len(taken.winners) == 1


@race(gil=False)
def truth_of_a_list(guard: Guard) -> Race:
    items, failed = [1], list[int]()

    def take() -> None:
        with guard:
            try:
                if items:
                    items.pop()
            except IndexError:
                failed.append(1)

    return [take, take], lambda: not failed


@race(gil=True)
def length_of_a_list(guard: Guard) -> Race:
    items, failed = [1], list[int]()

    def take() -> None:
        with guard:
            try:
                if len(items) > 0:
                    items.pop()
            except IndexError:
                failed.append(1)

    return [take, take], lambda: not failed


@race(gil=True)
def update_from_a_generator(guard: Guard) -> Race:
    items, seen = set[int](), list[int]()

    def given() -> Iterator[int]:
        yield 1
        yield 2

    def fill() -> None:
        with guard:
            items.update(given())

    def look() -> None:
        with guard:
            seen.append(len(items))

    return [fill, look], lambda: seen[0] != 1


@race(gil=True)
def iteration_beside_a_change(guard: Guard) -> Race:
    items, failed = {1, 2}, list[str]()

    def walk() -> None:
        with guard:
            try:
                for _ in items:
                    pass
            except RuntimeError as error:
                failed.append(str(error))

    def add() -> None:
        with guard:
            items.add(3)

    return [walk, add], lambda: not failed


@race(gil=False)
def two_reads_of_an_attribute(guard: Guard) -> Race:
    bag: Any = Bag()
    bag.state, seen = 0, list[bool]()

    def write() -> None:
        with guard:
            bag.state = 1

    def read() -> None:
        with guard:
            first = bag.state
            second = bag.state
        seen.append(first == second)

    return [write, read], lambda: seen[0]


class Named:
    """Counts its instances in the class."""

    made = 0

    def __init__(self) -> None:
        Named.made += 1


@race(gil=False)
def counter_of_instances(guard: Guard) -> Race:
    before = Named.made

    def make() -> None:
        with guard:
            Named()

    return [make, make], lambda: Named.made - before == 2


class Registry:
    """Counts the objects that register themselves."""

    def __init__(self) -> None:
        self.entries = 0


class Entry:
    """Counts itself in a registry."""

    def __init__(self, registry: Registry) -> None:
        registry.entries += 1


@race(gil=False)
def counter_of_another_object_in_a_constructor(guard: Guard) -> Race:
    registry = Registry()

    def make() -> None:
        with guard:
            Entry(registry)

    return [make, make], lambda: registry.entries == 2


class Only:
    """A singleton that is made at its first use."""

    only: Only | None = None

    def __new__(cls) -> Only:
        if cls.only is None:
            cls.only = super().__new__(cls)
        return cls.only


@race(gil=True)
def singleton(guard: Guard) -> Race:
    Only.only = None
    got: list[Only] = []

    def get() -> None:
        with guard:
            got.append(Only())

    return [get, get], lambda: got[0] is got[1]


class Point:
    """Has two coordinates that belong together."""

    __match_args__ = ("abscissa", "ordinate")

    def __init__(self) -> None:
        self.abscissa = self.ordinate = 0


@race(gil=False)
def attributes_of_a_pattern(guard: Guard) -> Race:
    point, seen = Point(), list[bool]()

    def move() -> None:
        with guard:
            point.abscissa = 1

    def look() -> None:
        with guard:
            before = point.abscissa
            match point:
                case Point(abscissa=after):
                    seen.append(before == after)

    return [move, look], lambda: seen[0]


MODE = 0


def mode_seen() -> bool:
    first = MODE
    second = MODE
    return first == second


@race(gil=False)
def attribute_of_a_module(guard: Guard) -> Race:
    module: Any = sys.modules[__name__]
    module.MODE, seen = 0, list[bool]()

    def write() -> None:
        with guard:
            module.MODE = 1

    def read() -> None:
        with guard:
            mode = mode_seen()
        seen.append(mode)

    return [write, read], lambda: seen[0]


class Base:
    """Starts a thread before its subclass is ready."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self) -> None:
        """Do what the subclass says."""


class Early(Base):
    """Gets ready too late."""

    def __init__(self) -> None:
        super().__init__()
        self.ready_at = 1

    def work(self) -> None:
        try:
            self.ready_at  # the read is the point
        except AttributeError as error:
            self.failed.append(str(error))


class Late(Base):
    """Gets ready first."""

    def __init__(self) -> None:
        self.prepared = 1
        super().__init__()

    def work(self) -> None:
        try:
            self.prepared
        except AttributeError as error:
            self.failed.append(str(error))
