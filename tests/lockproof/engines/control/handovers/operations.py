"""Attributes, operators, `with`, and statements: where the interpreter hands over the GIL in them."""

from __future__ import annotations

from typing import Any

from tests.lockproof.engines.control.handovers.objects import Descriptor, Plain, Subject, Trip, case, done, lock


class Derived(Subject):
    """Asks its base."""

    def ask(self, o: Trip) -> None:
        o.trip
        super().get()
        done()


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


class Described:
    """Has a descriptor."""

    described = Descriptor()


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
