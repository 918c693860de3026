"""Calls of each kind, and exceptions: where the interpreter hands over the GIL in them."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.lockproof.engines.control.handovers.objects import Plain, Subject, Trip, case, done


class Tripping:
    """Trips where it is made."""

    def __init__(self, o: Trip) -> None:
        o.trip


class Called:
    """Trips where it is called."""

    def __call__(self, o: Trip) -> None:
        o.trip


def trips(o: Trip) -> None:
    o.trip


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
