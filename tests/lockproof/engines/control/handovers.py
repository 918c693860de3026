"""Short functions that show where the interpreter hands over the GIL: see `test_handover`.

In each function, `o.trip` is a step in C, after which another thread waits for the GIL. Then come one construct of the
language and a call of `done`: the interpreter hands over at the beginning of `done` at the latest.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Generator, Iterator
from functools import partial
from operator import methodcaller
from typing import Any

lock = threading.Lock()


class Trip:
    """`trip` calls `go` by C code alone."""

    def __init__(self) -> None:
        self.go: Callable[[], object] = int

    trip = property(methodcaller("go"))


class Plain:
    """Has no methods."""


class Subject:
    """Python code behind each kind of operation."""

    def __init__(self) -> None:
        self.n = 0
        self.items = [1, 2]

    @property
    def twice(self) -> int:
        return self.n

    def get(self) -> int:
        return self.n

    def trip(self, o: Trip) -> None:
        o.trip

    def __getattr__(self, name: str) -> int:
        return 1

    def __add__(self, other: object) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        return True

    def __getitem__(self, key: object) -> int:
        return 1

    def __setitem__(self, key: object, value: object) -> None:
        pass


class Derived(Subject):
    """Asks its base."""

    def ask(self, o: Trip) -> None:
        o.trip
        super().get()
        done()


class Tripping:
    """Trips where it is made."""

    def __init__(self, o: Trip) -> None:
        o.trip


class Called:
    """Trips where it is called."""

    def __call__(self, o: Trip) -> None:
        o.trip


class Context:
    """Trips at one end of a `with`."""

    def __init__(self, o: Trip, entering: bool) -> None:
        self.o, self.entering = o, entering

    def __enter__(self) -> None:
        if self.entering:
            self.o.trip

    def __exit__(self, *_: object) -> None:
        if not self.entering:
            self.o.trip


class Dying:
    """Has a finalizer."""

    def __del__(self) -> None:
        pass


class Descriptor:
    """Answers in Python."""

    def __get__(self, instance: object, owner: object) -> int:
        return 1


class Described:
    """Has a descriptor."""

    described = Descriptor()


def done(*_: object, **__: object) -> None:
    """Begin."""


def trips(o: Trip) -> None:
    o.trip


def numbers(o: Trip) -> Iterator[int]:
    yield 1
    o.trip
    yield 2
    yield 3


def plain_numbers() -> Iterator[int]:
    yield 1
    yield 2


def delegating(to: Iterator[int]) -> Iterator[int]:
    yield from to


def ending(o: Trip) -> Iterator[int]:
    yield 1
    o.trip


def beginning(o: Trip) -> Iterator[int]:
    o.trip
    yield 1
    yield 2


class Waiting:
    """Lets its loop go on once."""

    def __await__(self) -> Generator[None]:
        return iter([None])  # type: ignore[return-value]


async def awaiting(waiting: Awaitable[None]) -> None:
    await waiting


CASES: dict[str, Callable[[Trip, Any], object]] = {}


def case(function: Callable[[Trip, Any], object]) -> Callable[[Trip, Any], object]:
    CASES[function.__name__] = function
    return function


@case
def augmented_assignment(o: Trip, s: Any) -> None:
    o.trip
    s.n += 1
    done()


@case
def items_and_slices(o: Trip, s: Any) -> None:
    o.trip
    s.items[0] += 1
    s.items[0:1] = s.items[0:1]
    _, *_ = s.items
    f"{s.items!r:>3}{s.n:3}"
    done()


@case
def with_lock_enters(o: Trip, s: Any) -> None:
    o.trip
    with lock:
        s.n
        done()


@case
def with_lock_exits(o: Trip, s: Any) -> None:
    with lock:
        o.trip
    s.n
    done()


@case
def with_lock_exits_by_an_exception(o: Trip, s: Any) -> None:
    try:
        with lock:
            o.trip
            raise ValueError
    except ValueError:
        s.n
    done()


@case
def with_python_enters(o: Trip, s: Any) -> None:
    with Context(o, True):
        s.n
        done()


@case
def with_python_exits(o: Trip, s: Any) -> None:
    with Context(o, False):
        s.n
    s.n
    done()


@case
def function_begins(o: Trip, s: Any) -> None:
    o.trip
    done()


@case
def function_returns(o: Trip, s: Any) -> None:
    trips(o)
    s.n
    done()


@case
def function_returns_keyword(o: Trip, s: Any) -> None:
    trips(o=o)
    s.n
    done()


@case
def function_returns_star(o: Trip, s: Any) -> None:
    given = (o,)
    trips(*given)
    s.n
    done()


@case
def method_returns(o: Trip, s: Any) -> None:
    Subject.trip(s, o)
    s.trip(o)
    s.n
    done()


@case
def bound_method_returns(o: Trip, s: Any) -> None:
    method = s.trip
    method(o)
    s.n
    done()


@case
def method_returns_keyword(o: Trip, s: Any) -> None:
    s.trip(o=o)
    s.n
    done()


@case
def bound_method_returns_keyword(o: Trip, s: Any) -> None:
    method = s.trip
    method(o=o)
    s.n
    done()


@case
def method_returns_star(o: Trip, s: Any) -> None:
    given = (o,)
    s.trip(*given)
    s.n
    done()


@case
def method_returns_double_star(o: Trip, s: Any) -> None:
    given = {"o": o}
    s.trip(**given)
    s.n
    done()


@case
def class_returns(o: Trip, s: Any) -> None:
    Tripping(o)
    s.n
    done()


@case
def class_returns_keyword(o: Trip, s: Any) -> None:
    Tripping(o=o)
    s.n
    done()


@case
def class_returns_star(o: Trip, s: Any) -> None:
    given = (o,)
    Tripping(*given)
    s.n
    done()


@case
def object_that_is_called_returns(o: Trip, s: Any) -> None:
    called = Called()
    called(o)
    s.n
    done()


@case
def partial_returns(o: Trip, s: Any) -> None:
    called = partial(trips)
    called(o)
    s.n
    done()


@case
def class_without_init(o: Trip, s: Any) -> None:
    o.trip
    Plain()
    done()


@case
def builtin_with_one_argument(o: Trip, s: Any) -> None:
    o.trip
    len(s.items)
    done()


@case
def builtin_with_more_arguments(o: Trip, s: Any) -> None:
    o.trip
    isinstance(s, Subject)
    done()


@case
def builtin_type(o: Trip, s: Any) -> None:
    o.trip
    type(s)
    done()


@case
def builtin_class(o: Trip, s: Any) -> None:
    o.trip
    str(1)
    done()


@case
def builtin_method(o: Trip, s: Any) -> None:
    o.trip
    s.items.append(1)
    done()


@case
def builtin_keyword(o: Trip, s: Any) -> None:
    o.trip
    int("1", base=10)
    done()


@case
def builtin_star(o: Trip, s: Any) -> None:
    given = ("1", 10)
    o.trip
    int(*given)
    done()


@case
def builtin_double_star(o: Trip, s: Any) -> None:
    given = {"a": 1}
    o.trip
    dict(**given)
    done()


@case
def builtin_that_raises(o: Trip, s: Any) -> None:
    number = 0
    o.trip
    try:
        int("x")
    except ValueError:
        number = 1
    s.n = number
    done()


@case
def exception(o: Trip, s: Any) -> None:
    try:
        o.trip
        raise ValueError
    except ValueError:
        pass
    finally:
        s.n
    done()


@case
def attribute_by_property(o: Trip, s: Any) -> None:
    o.trip
    s.twice
    done()


@case
def attribute_by_getattr(o: Trip, s: Any) -> None:
    o.trip
    s.absent
    done()


@case
def attribute_by_descriptor(o: Trip, s: Any) -> None:
    o.trip
    Described.described
    done()


@case
def operator_in_python(o: Trip, s: Any) -> None:
    o.trip
    s + 1
    done()


@case
def comparison_in_python(o: Trip, s: Any) -> None:
    o.trip
    s.n = s == 1
    done()


@case
def truth_in_python(o: Trip, s: Any) -> None:
    o.trip
    if not s:
        s.n = 1
    done()


@case
def membership_in_python(o: Trip, s: Any) -> None:
    o.trip
    s.n = 1 in s
    done()


@case
def item_in_python(o: Trip, s: Any) -> None:
    o.trip
    s[1]
    done()


@case
def item_stored_in_python(o: Trip, s: Any) -> None:
    o.trip
    s[1] = 1
    done()


@case
def method_of_a_base(o: Trip, s: Any) -> None:
    Derived().ask(o)


@case
def finalizer(o: Trip, s: Any) -> None:
    dying = Dying()
    o.trip
    del dying
    done()


@case
def for_loop_begins(o: Trip, s: Any) -> None:
    o.trip
    for _ in s.items:
        s.n
    done()


@case
def for_loop_goes_on(o: Trip, s: Any) -> None:
    for _ in (1, 2):
        o.trip
    done()


@case
def while_loop(o: Trip, s: Any) -> None:
    left = 2
    o.trip
    while True:
        left -= 1
        if not left:
            break
    done()


@case
def loop_that_continues_in_a_handler(o: Trip, s: Any) -> None:
    for each in (1, 2):
        try:
            o.trip
            s.items[each + 5]
        except IndexError:
            continue
    done()


@case
def list_comprehension(o: Trip, s: Any) -> None:
    o.trip
    [each + 1 for each in s.items]
    done()


@case
def dict_comprehension(o: Trip, s: Any) -> None:
    o.trip
    {each: each for each in s.items}
    done()


@case
def generator_expression(o: Trip, s: Any) -> None:
    o.trip
    sum(each for each in s.items)
    done()


@case
def generator_expression_in_all(o: Trip, s: Any) -> None:
    o.trip
    all(each for each in s.items)
    done()


@case
def generator_expression_in_list(o: Trip, s: Any) -> None:
    o.trip
    list(each + 1 for each in s.items)  # noqa: C400 - the generator is what it is about
    done()


@case
def generator_yields(o: Trip, s: Any) -> None:
    for _ in beginning(o):
        s.n
        break
    done()


@case
def generator_goes_on(o: Trip, s: Any) -> None:
    for _ in numbers(o):
        s.n
    done()


@case
def generator_returns(o: Trip, s: Any) -> None:
    for _ in ending(o):
        s.n
        done()
    done()


@case
def generator_by_next(o: Trip, s: Any) -> None:
    generator = plain_numbers()
    next(generator)
    o.trip
    next(generator)
    done()


@case
def generator_by_send(o: Trip, s: Any) -> None:
    generator: Any = plain_numbers()
    next(generator)
    o.trip
    generator.send(None)
    done()


@case
def delegation_to_c(o: Trip, s: Any) -> None:
    generator = delegating(iter([1, 2, 3]))
    next(generator)
    o.trip
    for _ in generator:
        break
    done()


@case
def delegation_to_a_generator(o: Trip, s: Any) -> None:
    generator = delegating(plain_numbers())
    next(generator)
    o.trip
    for _ in generator:
        break
    done()


@case
def coroutine_goes_on(o: Trip, s: Any) -> None:
    coroutine: Any = awaiting(Waiting())
    coroutine.send(None)
    o.trip
    try:  # noqa: SIM105 - a context manager would hand over in its own code
        coroutine.send(None)
    except StopIteration:
        pass
    done()


@case
def class_statement(o: Trip, s: Any) -> None:
    o.trip

    class Made:
        pass

    done(Made)


@case
def class_statement_ends(o: Trip, s: Any) -> None:
    class Made:
        o.trip

    s.n
    done(Made)


@case
def function_statement(o: Trip, s: Any) -> None:
    o.trip

    def made() -> None:
        pass

    done(made)


@case
def import_statements(o: Trip, s: Any) -> None:
    o.trip
    import sys
    from sys import path

    done(sys, path)


@case
def pattern(o: Trip, s: Any) -> None:
    o.trip
    match s:
        case Plain():
            pass
        case Subject(n=0):
            pass
    done()
