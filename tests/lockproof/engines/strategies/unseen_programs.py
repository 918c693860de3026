"""Programs with an access that is not seen as it is, for `test_accesses`: the search for every trace must say so."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, Final

from tests.lockproof.engines.control.inside import together
from tests.lockproof.engines.strategies.access_programs import Shared, by_traces

counted = 0


class Key:
    """A key whose hash is code in Python, and reads what may change."""

    def __init__(self) -> None:
        self.n = 1

    def __hash__(self) -> int:
        return self.n

    def same(self) -> None:
        """Change nothing, by a store."""
        self.n = 1


def a_name_that_is_a_value() -> object:
    s, out = Shared(), list[object]()
    names = ["n"]

    def change() -> None:
        s.n = 1  # type: ignore[attr-defined]

    together(change, lambda: out.append(getattr(s, names[0], None)))
    return out


def the_attributes_as_a_dictionary() -> object:
    s, out = Shared(), list[object]()

    def change() -> None:
        s.n = 1  # type: ignore[attr-defined]

    together(change, lambda: out.append(len(s.__dict__)))
    return out


def a_hash_in_the_middle() -> object:
    table, out = dict[Key, int](), list[int]()
    key = Key()
    key.same()
    together(lambda: table.setdefault(key, 1), lambda: out.append(len(table)))
    return out


def a_key_of_a_sort() -> object:
    key, items, out = Key(), [2, 1], list[list[int]]()
    key.same()

    def add() -> None:
        items.append(3)

    together(add, lambda: out.append(sorted(items, key=lambda each: each * key.n)))
    return out


def a_thread_that_another_one_joins() -> object:
    out = list[str]()
    last = threading.Thread(target=lambda: None)

    def joins() -> None:
        try:
            last.join()
        except RuntimeError as error:
            out.append(str(error))

    first = threading.Thread(target=joins)
    for each in (first, last):
        each.start()
    for each in (first, last):
        each.join()
    return out


def a_global_by_its_dictionary() -> object:
    global counted
    counted = 0

    def by_name() -> None:
        global counted
        counted += 1

    def in_the_dictionary() -> None:
        globals()["counted"] += 1

    together(by_name, in_the_dictionary)
    return counted


def a_cell_by_its_contents() -> object:
    n = 0

    def work() -> None:
        nonlocal n
        n += 1

    assert work.__closure__ is not None
    cell = work.__closure__[0]

    def other() -> None:
        cell.cell_contents += 1

    together(work, other)
    return n


class First:
    """Has another method than `Second`."""

    def name(self) -> int:
        """Return a number."""
        return 1


class Second:
    """Takes the place of `First`."""

    def name(self) -> int:
        """Return another number."""
        return 2


def a_class_that_changes() -> object:
    thing, out = First(), list[int]()

    def change() -> None:
        thing.__class__ = Second  # type: ignore[assignment]

    def look() -> None:
        out.append(thing.name() * 10 + thing.name())

    together(change, look)
    return out


LASTING: Final = First()
KNOWN: Final = weakref.ref(LASTING)


def an_object_through_a_weak_reference() -> object:
    out = list[bool]()
    together(lambda: out.append(KNOWN() is None), lambda: None)
    return out


def a_sort_that_calls_back() -> object:
    items, out = [2, 1], list[int]()
    together(lambda: items.sort(key=lambda each: -each), lambda: out.append(len(items)))
    return out


def threads_that_are_counted() -> object:
    out = list[int]()
    together(lambda: out.append(threading.active_count()), lambda: None)
    return out


def the_environment() -> object:
    os.environ["SUITE_N"] = "0"

    def work() -> None:
        os.environ["SUITE_N"] = os.environ["SUITE_N"] + "1"

    together(work, work)
    return os.environ["SUITE_N"]


@dataclass
class Point:
    """Two numbers."""

    x: int = 0
    y: int = 0


def fields_by_their_names() -> object:
    point, out = Point(), list[object]()

    def move() -> None:
        point.x = 1
        point.y = 1

    together(move, lambda: out.append(astuple(point)))
    return out


def a_proxy_made_before_the_threads() -> object:
    held, out = [Point()], list[bool]()
    known = weakref.proxy(held[0])

    def look() -> None:
        try:
            out.append(known.x == 0)
        except ReferenceError:
            out.append(False)

    together(held.clear, look)
    return out


def a_reference_that_tells_of_a_death() -> object:
    held, out = [Point()], list[str]()
    known = weakref.ref(held[0], lambda _: out.append("dead"))
    together(held.clear, lambda: out.append("looked"))
    return known() is None, out


def a_sum_that_calls_back() -> object:
    items, out = [1, 2], list[int]()
    together(lambda: items.append(3), lambda: out.append(sum(map(itself(), items))))
    return out


def a_least_by_a_key_of_which_no_more_is_known() -> object:
    items, out = [2, 1], list[int]()
    together(lambda: items.append(0), lambda: out.append(min(items, key=itself())))
    return out


def itself() -> Callable[[int], int]:
    """Return a function that nobody can tell beforehand."""
    return lambda each: each


UNSEEN: Final = (
    a_name_that_is_a_value,
    the_attributes_as_a_dictionary,
    a_hash_in_the_middle,
    a_key_of_a_sort,
    a_global_by_its_dictionary,
    a_cell_by_its_contents,
    a_class_that_changes,
    an_object_through_a_weak_reference,
    a_thread_that_another_one_joins,
    a_sort_that_calls_back,
    threads_that_are_counted,
    the_environment,
    fields_by_their_names,
    a_proxy_made_before_the_threads,
    a_reference_that_tells_of_a_death,
    a_sum_that_calls_back,
    a_least_by_a_key_of_which_no_more_is_known,
)


def ask_unseen() -> dict[str, Any]:
    return {program.__name__: by_traces(program) for program in UNSEEN}
