"""Loops, comprehensions, generators and coroutines: where the interpreter hands over the GIL in them."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from typing import Any

from tests.lockproof.engines.control.handovers.objects import Trip, case, done


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
