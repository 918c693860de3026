"""What must hold of LockedSet when threads use it at the same time. Each property is a check that a twin must fail.

A check gets the class and a budget, and returns None or, in words, what it saw that must not be.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import lockedset
from lockedset import DeadlockError, LockedSet
from tests.stress.race import LIMIT, Budget, race

type Check = Callable[[type[LockedSet[Any]], Budget], str | None]


@dataclass(frozen=True)
class Property:
    """A question that is answered by yes on every build."""

    name: str
    claim: str
    check: Check
    posix: bool = False


PROPERTIES: dict[str, Property] = {}


def _property(claim: str, *, posix: bool = False) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        PROPERTIES[name] = Property(name, claim, check, posix)
        return check

    return register


def _shown(results: object) -> str:
    text = repr(results)
    return text if len(text) < 200 else text[:200] + "..."


# Who wins


def _told_twice(budget: Budget, arrange: Callable[[], LockedSet[Any]], ask: Callable[[Any, int], bool]) -> str | None:
    def ask_all(s: LockedSet[Any]) -> list[bool]:
        return [ask(s, number) for number in range(30)]

    for _, results in race(budget, arrange, ask_all, ask_all):
        one, two = results
        if not (isinstance(one, list) and isinstance(two, list)):
            return f"a thread raised {_shown(results)}"
        for number, answers in enumerate(zip(one, two, strict=True)):
            if sorted(answers) != [False, True]:
                return f"two threads asked for {number} and were told {answers}"
    return None


@_property("of two threads that add the same element with try_add, exactly one is told that it added it")
def one_adds(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return _told_twice(budget, cls, lambda s, number: s.try_add(number))


@_property("of two threads that remove the same element with try_remove, exactly one is told that it removed it")
def one_removes(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return _told_twice(budget, lambda: cls(range(30)), lambda s, number: s.try_remove(number))


@_property("an element is popped once, and pop(default) never raises")
def one_pops(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def add_and_pop(s: LockedSet[Any]) -> int:
        balance = 0
        for _ in range(30):
            balance += s.try_add(0)
            balance -= s.pop(None) is not None
            balance -= s.pop(None) is not None
        return balance

    for state, results in race(budget, cls, add_and_pop, add_and_pop):
        if not all(isinstance(result, int) for result in results):
            return f"try_add and pop(None) in two threads ended as {_shown(results)}"
        if sum(results) != len(state):  # type: ignore[arg-type]
            return f"what was added less what was popped is {sum(results)}, and {len(state)} are left"  # type: ignore[arg-type]
    return None


@_property("overlapping batches that are added with add_new are given out once")
def batches_are_shared_out(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    batches = [range(start, start + 8) for start in range(0, 80, 4)]

    def add(s: LockedSet[Any]) -> list[int]:
        return [number for batch in batches for number in s.add_new(batch)]

    for _, results in race(budget, cls, add, add):
        if not all(isinstance(result, list) for result in results):
            return f"a thread raised {_shown(results)}"
        given = sorted(itertools.chain(*results))  # type: ignore[call-overload]
        if given != [*range(84)]:
            return f"two threads added the numbers 0 to 83 with add_new, which returned {_shown(given)}"
    return None


@_property("what remove_if and take give out, they give out once")
def removals_are_shared_out(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def even(s: LockedSet[Any]) -> set[Any]:
        return s.remove_if(lambda element: element % 2 == 0) | s.take(4)

    def low(s: LockedSet[Any]) -> set[Any]:
        return s.remove_if(lambda element: element < 20) | s.take(4)

    for state, results in race(budget, lambda: cls(range(40)), even, low):
        one, two = results
        if not (isinstance(one, set) and isinstance(two, set)):
            return f"remove_if and take raised {_shown(results)}"
        if one & two or {*one, *two, *state} != {*range(40)}:
            return f"remove_if and take in two threads on range(40) returned {_shown(results)} and left {state}"
    return None


@_property("drain loses nothing and gives nothing out twice while others add")
def drain_loses_nothing(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def fill(s: LockedSet[Any]) -> None:
        for number in range(30):
            s.add(number)

    def empty(s: LockedSet[Any]) -> list[set[Any]]:
        return [s.drain() for _ in range(8)]

    for state, results in race(budget, cls, fill, empty):
        if not isinstance(results[1], list):
            return f"drain beside add raised {results[1]!r}"
        found = sorted(itertools.chain(state, *results[1]))
        if found != [*range(30)]:
            return f"30 numbers were added beside drain; all that was drained or left is {_shown(found)}"
    return None


@_property("an in-place change keeps what others add at the same time")
def changes_lose_nothing(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    everything = frozenset(range(300))

    def add(s: LockedSet[Any]) -> None:
        for number in range(100, 200):
            s.add(number)

    def change(s: LockedSet[Any]) -> None:
        for _ in range(5):
            s.intersection_update(everything, everything)
            s &= everything  # noqa: PLW2901
            s -= frozenset({1000})
            s.difference_update([1001], [1002])

    for state, _ in race(budget, lambda: cls(range(100)), add, change):
        if len(state) != 200:
            return f"100 elements were added beside in-place changes that remove none, and {200 - len(state)} are lost"
    return None


# Who sees what: readers in C, and readers through the methods


def _views(s: LockedSet[Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    """Read the set by every row of the table of C code that reads past the methods."""
    plain: set[Any] = set()
    plain.update(s)
    yield "plain.update(s)", frozenset(plain)
    yield "set(s)", frozenset(set(s))
    yield "frozenset(s)", frozenset(s)
    yield "{*s}", frozenset({*s})
    yield "plain.union(s)", frozenset(set().union(s))
    yield "frozenset | s", frozenset() | s
    yield "frozenset.union(s)", frozenset().union(s)
    yield "{}.keys() | s", frozenset({}.keys() | s)
    yield "set.copy(s)", frozenset(set.copy(s))


def _method_views(s: LockedSet[Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    yield "s.snapshot()", s.snapshot()
    yield "list(s)", frozenset(list(s))
    yield "[*s]", frozenset([*s])
    yield "sorted(s)", frozenset(sorted(s))
    yield "s.copy()", frozenset(s.copy())
    yield "s | set()", frozenset(s | set())
    yield "set() | s", frozenset(set() | s)
    yield "s.union()", frozenset(s.union())
    yield "dict.fromkeys(s)", frozenset(dict.fromkeys(s))


type Changes = list[Callable[[LockedSet[Any]], object]]

NUMBERS = [*range(40)]

ADDITIONS: Changes = [
    lambda s: s.update(list(NUMBERS)),
    lambda s: s.update(number for number in NUMBERS),
    lambda s: s.update(NUMBERS[:5], NUMBERS[5:]),
    lambda s: s.symmetric_difference_update(NUMBERS),
    lambda s: s.__ior__(set(NUMBERS)),
    lambda s: s.__ior__(type(s)(NUMBERS)),
    lambda s: s.__ixor__(set(NUMBERS)),
    lambda s: s.add_new(NUMBERS),
]
REMOVALS: Changes = [
    lambda s: s.clear(),
    lambda s: s.difference_update(list(NUMBERS)),
    lambda s: s.difference_update(NUMBERS[:5], NUMBERS[5:]),
    lambda s: s.intersection_update([]),
    lambda s: s.symmetric_difference_update(NUMBERS),
    lambda s: s.__isub__(set(NUMBERS)),
    lambda s: s.__iand__(set()),
    lambda s: s.drain(),
    lambda s: s.take(39) and s.pop(),
    lambda s: s.remove_if(lambda _: True),
]
REPLACEMENTS: Changes = [
    lambda s: s.replace(range(40, 80)),
    lambda s: s.__init__(range(40, 80)),  # type: ignore[misc]
    lambda s: s.symmetric_difference_update(range(80)),
]


def _sees_halves(
    cls: type[LockedSet[Any]],
    budget: Budget,
    before: list[int],
    changes: Changes,
    views: Callable[[LockedSet[Any]], Iterable[tuple[str, frozenset[Any]]]],
    allowed: set[frozenset[int]],
) -> str | None:
    def write(s: LockedSet[Any]) -> None:
        for change in changes:
            set.__iand__(s, set())
            set.__ior__(s, set(before))
            change(s)

    def read(s: LockedSet[Any]) -> str | None:
        for _ in range(3):
            for name, seen in views(s):
                if seen not in allowed:
                    return f"{name} saw {_shown(set(seen))} in the middle of a bulk change"
        return None

    for _, results in race(budget, cls, read, write):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


EMPTY, FULL, OTHER = frozenset[int](), frozenset(NUMBERS), frozenset(range(40, 80))


@_property("code in C that reads past the methods sees each bulk addition whole or not at all")
def c_readers_see_whole_additions(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return _sees_halves(cls, budget, [], ADDITIONS, _views, {EMPTY, FULL})


@_property("code in C that reads past the methods sees each bulk removal whole or not at all")
def c_readers_see_whole_removals(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    one_left = {frozenset({number}) for number in NUMBERS}
    return _sees_halves(cls, budget, NUMBERS, REMOVALS, _views, {EMPTY, FULL} | one_left)


@_property("code in C that reads past the methods sees the old content or the new one, never a mixture")
def c_readers_see_whole_replacements(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return _sees_halves(cls, budget, NUMBERS, REPLACEMENTS, _views, {EMPTY, FULL, OTHER})


@_property("methods that read see each bulk change whole or not at all")
def methods_see_whole_changes(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return _sees_halves(cls, budget, [], ADDITIONS, _method_views, {EMPTY, FULL})


@_property("len sees each bulk change whole or not at all")
def len_sees_whole_changes(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def write(s: LockedSet[Any]) -> None:
        for change in ADDITIONS:
            s.clear()
            change(s)

    def read(s: LockedSet[Any]) -> set[int]:
        return {len(s) for _ in range(200)}

    for _, results in race(budget, cls, read, write):
        if not isinstance(results[0], set) or not results[0] <= {0, 40}:
            return f"len(s) was {_shown(results[0])} in the middle of bulk changes between 0 and 40 elements"
    return None


class Equal:
    """An element whose `__eq__` is Python code, which lets other threads run."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        _pause()
        return isinstance(other, Equal) and self.number == other.number

    def __repr__(self) -> str:
        return f"Equal({self.number})"


_pause: Callable[[], object] = getattr(os, "sched_yield", lambda: None)


@_property("code in C sees no half of a bulk change of elements that are equal, not identical, and compare in Python")
def equal_elements_show_no_half(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def change(s: LockedSet[Any]) -> None:
        s.update([*map(Equal, range(30))])  # 10 of them are there already, as other objects
        s.difference_update([*map(Equal, range(10, 30))])
        s.symmetric_difference_update([*map(Equal, range(5, 30))])
        s.replace([*map(Equal, range(10))])

    sizes = {10, 30}
    after_toggle = 10 - 5 + 20

    def read(s: LockedSet[Any]) -> set[int]:
        return {len(frozenset(s)) for _ in range(60)}

    for _, results in race(budget, lambda: cls(map(Equal, range(10))), read, change):
        if not isinstance(results[0], set) or not results[0] <= sizes | {after_toggle}:
            return f"frozenset(s) had {_shown(results[0])} elements; between bulk changes s had 10, 25 or 30"
        if results[1] is not None:
            return f"a bulk change raised {results[1]!r}"
    return None


@_property("an iterator may be shared by threads, and the set changed while it is iterated")
def iterators_are_private(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def iterate(state: tuple[LockedSet[Any], Iterator[Any]]) -> list[Any]:
        s, shared = state
        seen = []
        for element in shared:
            seen.append(element)
            s.discard(element)
            s.add(element + 1000)
        return seen

    def arrange() -> tuple[LockedSet[Any], Iterator[Any]]:
        s = cls(range(200))
        return s, iter(s)

    for _, results in race(budget, arrange, iterate, iterate):
        if not all(isinstance(result, list) for result in results):
            return f"threads that share an iterator got {_shown(results)}"
        if {*itertools.chain(*results)} != {*range(200)}:  # type: ignore[misc]
            return "threads that share an iterator over 200 elements did not see all of them"
    return None


# Several sets


@_property("an operation on several sets sees all of them at one instant")
def several_sets_are_one_step(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def move(sets: list[LockedSet[Any]]) -> None:
        """Pass a token from b to c and back, and let b differ from a for the time of a compound step."""
        a, b, c, d = sets
        for _ in range(20):
            for source, target in ((b, c), (c, b)):
                with lockedset.locked(b, c):
                    source.discard("token")
                    target.add("token")
            with lockedset.locked(d):
                d.add("half")
                d.discard("half")

    def look(sets: list[LockedSet[Any]]) -> str | None:
        a, b, c, d = sets
        for _ in range(10):
            if len(a.union(b, c)) != 1:
                return f"the token is in exactly one of b and c, and a.union(b, c) had {len(a.union(b, c))}"
            if len(a | d) or a != d or not a == d or not d <= a:
                return "d equals a but for the inside of compound steps, and another thread saw it differ"
            if b & c or len(b ^ c) != 1 or b == c:
                return "the token is in exactly one of b and c, and was seen in both or none"
        return None

    for _, results in race(budget, lambda: [cls(), cls(["token"]), cls(), cls()], look, move):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


@_property("operations on the same two sets in opposite orders do not wait for each other")
def opposite_orders_do_not_hang(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def one(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        for _ in range(20):
            a.update(b)
            a.__ior__(b)
            a == b  # noqa: B015

    def two(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        one((b, a))

    for _, results in race(budget, lambda: (cls(range(5)), cls(range(3, 8))), one, two):
        if results != [None, None]:
            return f"`a |= b` beside `b |= a` raised {_shown(results)}"
    return None


@_property("inside locked(s) no other thread gets into a method of s")
def a_hold_keeps_others_out(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def step(s: LockedSet[Any]) -> None:
        for _ in range(10):
            with lockedset.locked(s):
                s.add("half")
                for _ in range(20):
                    s.snapshot()
                s.discard("half")

    def look(s: LockedSet[Any]) -> str | None:
        for _ in range(20):
            if any("half" in s for _ in range(5)):
                return "`in` saw the inside of a compound step"
            if len(s):
                return "len saw the inside of a compound step"
            if any(repr(s) != f"{type(s).__name__}()" for _ in range(3)):
                return "repr saw the inside of a compound step"
            if s != set() or not s == set() or s > set():
                return "a comparison saw the inside of a compound step"
            if [*s] or s.snapshot():
                return "iteration or snapshot saw the inside of a compound step"
            s.add("mine")
            s.remove("mine")
        return None

    for _, results in race(budget, cls, look, step):
        for result in results:
            if result is not None:
                return str(result) if isinstance(result, str) else f"a thread raised {result!r}"
    return None


@_property("holds that are nested crosswise end in DeadlockError, not in silence")
def crossed_holds_are_told(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def cross(state: tuple[LockedSet[Any], LockedSet[Any]]) -> str:
        a, b = state
        try:
            with lockedset.locked(a):
                _pause()
                b.add(0)
                b.update(a)
        except DeadlockError:
            return "told"
        return "done"

    told = 0
    for _, results in race(budget, lambda: (cls(), cls()), cross, lambda state: cross(state[::-1])):
        if not {*results} <= {"told", "done"} or results == ["told", "told"]:
            return f"two crossed holds ended as {_shown(results)}"
        told += "told" in results
    return None if told else "no two holds were crossed: the check saw nothing"


@_property("holds that are nested in the same order by all threads never get a DeadlockError")
def ordered_holds_are_not_accused(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    def nest(state: tuple[LockedSet[Any], LockedSet[Any]]) -> None:
        a, b = state
        for _ in range(5):
            with lockedset.locked(a):
                b.add(0)
                with lockedset.locked(b):
                    a.update(b)
            b.discard(0)

    def arrange() -> tuple[LockedSet[Any], LockedSet[Any]]:
        a, b = sorted((cls(), cls()), key=id)
        return a, b

    for _, results in race(budget, arrange, nest, nest):
        if results != [None, None]:
            return f"holds nested in one order ended as {_shown(results)}"
    return None


# Callbacks, finalizers, generators, fork, signals


def _ends(work: Callable[[], object], what: str) -> str | None:
    """Run `work` in a thread of its own; return what went wrong, a hang included."""
    problem: list[str | None] = [f"{what}: it never ended"]

    def run() -> None:
        try:
            work()
            problem[0] = None
        except BaseException as error:
            problem[0] = f"{what}: it raised {error!r}"

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT / 4)
    return problem[0]


@_property("__hash__, __eq__, __del__ and weakref callbacks may come back into the set on the same thread")
def callbacks_may_come_back(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    s = cls()

    class Visitor:
        def __hash__(self) -> int:
            return len(s)

        def __eq__(self, other: object) -> bool:
            s.add("eq")
            return self is other

        def __del__(self) -> None:
            s.add("del")
            list(s)

    def work() -> None:
        for _ in range(20):
            s.clear()
            s.update([Visitor(), Visitor()])
            s.add(Visitor())
            s.clear()
            gc.collect()
            s | {1}

    return _ends(work, "elements that use the set from __hash__, __eq__ and __del__")


@_property("a generator that is an argument may wait for another thread that uses the set")
def generators_may_wait(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    for method in ("update", "difference_update", "intersection_update", "union", "issuperset", "replace", "add_new"):
        s = cls([1])

        def wait(s: LockedSet[Any] = s) -> Iterator[int]:
            other = threading.Thread(target=s.add, args=(2,), daemon=True)
            other.start()
            other.join(LIMIT / 8)
            if other.is_alive():
                raise TimeoutError("another thread could not add while the generator ran")
            yield 1

        problem = _ends(lambda: getattr(s, method)(wait()), f"s.{method}(generator)")
        if problem:
            return problem
    return None


@_property("a child forked while other threads are inside the set can use it", posix=True)
def a_forked_child_can_use_it(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    s, t = cls(range(10)), cls()
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def __hash__(self) -> int:
            return 5

        def __eq__(self, other: object) -> bool:
            inside.set()
            leave.wait(LIMIT)
            return False

    def hold() -> None:
        with lockedset.locked(t):
            s.add(Slow())

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    if not inside.wait(LIMIT):
        return "the other thread did not get inside the set"
    child = os.fork()
    if child == 0:
        signal.alarm(5)  # a child that hangs is ended by the signal
        s.add(11)
        t.update(s)
        with lockedset.locked(s, t):
            s.discard(11)
        os._exit(0 if 11 in t and 11 not in s else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    leave.set()
    holder.join(LIMIT)
    return None if status == 0 else f"the child ended with {status} (-14: it hung)"


@_property("a signal handler that raises leaves every lock released", posix=True)
def signals_leave_no_lock(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    a, b = cls(range(10)), cls(range(5, 15))

    def hold() -> None:
        with lockedset.locked(a, b):
            pass

    works: list[Callable[[], object]] = [
        hold,
        lambda: a.try_add(3),
        lambda: a.update(b),
        lambda: a == b,
        lambda: 3 in a,
        lambda: a.replace(range(10)),
    ]
    free = threading.Event()

    def use() -> None:
        a.add(1)
        b.add(1)
        free.set()

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        while budget.goes_on():
            for work in works:
                kept = None
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0002)
                    while True:
                        work()
                except Interrupt as error:
                    kept = error  # while it lives, so do the frames that it passed
                free.clear()
                other = threading.Thread(target=use, daemon=True)
                other.start()
                if not free.wait(LIMIT / 4):
                    return f"after {kept!r} another thread cannot enter the set: a lock is still held"
                other.join(LIMIT)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return None


@_property("random operations of all kinds on three sets from four threads end, and lose no element")
def random_operations_end(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    return soak(cls, budget)


def soak(cls: type[LockedSet[Any]], budget: Budget) -> str | None:
    """Four threads, three sets, every kind of operation (`rounds` is then a lower bound). Each thread owns numbers that only it adds and removes.

    The invariant: after its own add an element is there, after its own discard it is not, whatever the others do with
    theirs; bulk operations touch only the thread's own elements, or all of them without removing any.
    """
    sets = [cls() for _ in range(3)]
    universe = frozenset(range(400))
    problems: list[str] = []
    end = threading.Event()

    def work(number: int) -> None:
        choose = random.Random(budget.seed * 4 + number)
        own = [*range(number * 100, number * 100 + 100)]
        while not end.is_set():
            s, t = choose.choice(sets), choose.choice(sets)
            some = choose.sample(own, 10)
            x = some[0]
            try:
                s.update(some)
                if not s >= {*some} or x not in s or not universe.issuperset(s):
                    problems.append(f"thread {number}: update({some}) and then not all of them are in {s}")
                for act in choose.sample(_SAFE, 6):
                    act(s, t, universe)
                with lockedset.locked(s, t):
                    before = s.snapshot(), t.snapshot()
                    if s.try_add(x) or t.union(s) != s | t or (s.snapshot(), t.snapshot()) != before:
                        problems.append(f"thread {number}: inside locked(s, t) another thread changed them")
                budget.rounds += 1
                s.difference_update(some)
                if x in s or s & {*some} or s.try_remove(x):
                    problems.append(f"thread {number}: difference_update({some}) and then some are in {s}")
                if set.intersection(s.remove_if(lambda e: e in some), some):  # noqa: B023
                    problems.append(f"thread {number}: remove_if found elements that were removed")
            except Exception as error:
                problems.append(f"thread {number}: {error!r}")
            if problems:
                end.set()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    end.wait(budget.seconds)
    end.set()
    for thread in threads:
        thread.join(LIMIT)
        if thread.is_alive():
            return f"a thread hangs (seed {budget.seed})"
    return problems[0] if problems else None


_SAFE: list[Callable[[LockedSet[Any], LockedSet[Any], frozenset[Any]], object]] = [
    lambda s, t, u: s | t,
    lambda s, t, u: s & t,
    lambda s, t, u: s - t,
    lambda s, t, u: s ^ t,
    lambda s, t, u: s == t,
    lambda s, t, u: s <= t,
    lambda s, t, u: s.intersection(t, u),
    lambda s, t, u: s.union(t, u),
    lambda s, t, u: s.intersection_update(u),
    lambda s, t, u: s.__iand__(u),
    lambda s, t, u: s.symmetric_difference_update(()),
    lambda s, t, u: s.difference_update({1000, 1001}, [1002]),
    lambda s, t, u: s.isdisjoint(t),
    lambda s, t, u: s.issubset(u),
    lambda s, t, u: s.copy(),
    lambda s, t, u: s.snapshot() | t.snapshot(),
    lambda s, t, u: repr(s),
    lambda s, t, u: [*s],
    lambda s, t, u: (len(s), bool(s)),
    lambda s, t, u: frozenset(s) | t,
    lambda s, t, u: s.take(0),
    lambda s, t, u: s.update(e for e in ()),
    lambda s, t, u: s.__reduce_ex__(4),
    lambda s, t, u: s.add_new(()),
]
