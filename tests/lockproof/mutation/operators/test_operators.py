"""Does each operator make mutants that threads can tell from the class, and leave out useless ones?

For each operator there is a case whose mutant is known to be deadly, and one whose mutant is known to be equivalent. A
process under control explores the race of each case, on the class and on the mutant.
"""

from __future__ import annotations

from functools import cache
from textwrap import dedent

import pytest

from lockproof.mutation.mutants import mutants_of
from lockproof.mutation.operators.registry import OPERATORS
from tests.lockproof.engines.control.running import Answers, answers
from tests.lockproof.mutation.operators.cases import CASES, Case

pytestmark = pytest.mark.one_build


SOME, ALL = 300, 20_000
"""Limits of schedules for each race; some races have several thousand."""


@cache
def explored(most: int) -> Answers:
    return answers("tests.lockproof.mutation.operators.explored_cases", MOST_SCHEDULES=str(most))


def test_every_operator_has_a_case_of_both_kinds() -> None:
    for deadly in (True, False):
        assert {case.operator for case in CASES if case.deadly is deadly} == set(OPERATORS)


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.parametrize("most", [SOME, pytest.param(ALL, marks=pytest.mark.nightly(reason="all schedules of each"))])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_race_holds_on_the_class_and_fails_on_a_deadly_mutant_alone(case: Case, most: int) -> None:
    answer = explored(most)["cases"][case.name]
    held = [answer["itself"]] if case.deadly else [answer["itself"], answer["mutant"]]
    for each in held:
        assert each["failures"] == 0 and (each["complete"] or each["runs"] >= most < ALL)
    if case.deadly:
        assert answer["mutant"]["failures"] > 0


def changed(operator: str, text: str) -> list[list[str]]:
    """Return the lines that each mutant of an operator removes and adds, without their indentation."""
    found = mutants_of("m", "m.py", dedent(text), operators=[operator]).mutants
    return [
        [f"{line[0]} {line[1:].strip()}" for line in each.diff.splitlines()[2:] if line[0] in "+-"] for each in found
    ]


TRY = """
import threading
class Box:
    def __init__(self):
        self._lock = threading.Lock()
    def take(self):
        self._lock.acquire()
        try:
            item = self.items[0]
            self.items = self.items[1:]
            return item
        finally:
            self._lock.release()
"""
PAIR = """
import threading
class Box:
    def __init__(self):
        self._lock = threading.Lock()
    def take(self):
        self._lock.acquire()
        self.last = self.items[0]
        self.items = self.items[1:]
        self._lock.release()
"""


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("remove-lock", [["- self._lock.acquire()", "- try:", "- item = self.items[0]",
                          "- self.items = self.items[1:]", "- return item", "- finally:",
                          "- self._lock.release()", "+ item = self.items[0]",
                          "+ self.items = self.items[1:]", "+ return item"]]),
        ("fresh-lock", [["- self._lock.acquire()", "+ fresh = type(self._lock)()", "+ fresh.acquire()",
                         "- self._lock.release()", "+ fresh.release()"]]),
        ("other-lock", [['+ _lock_of_its_own = __import__("_thread").RLock()', "- self._lock.acquire()",
                         "+ _lock_of_its_own.acquire()", "- self._lock.release()",
                         "+ _lock_of_its_own.release()"]]),
        ("no-finally", [["- try:", "- item = self.items[0]", "- self.items = self.items[1:]",
                         "- return item", "- finally:", "- self._lock.release()",
                         "+ item = self.items[0]", "+ self.items = self.items[1:]", "+ result = item",
                         "+ self._lock.release()", "+ return result"]]),
        ("start-late", [["+ item = self.items[0]", "- item = self.items[0]"]]),
        ("end-early", [["- self.items = self.items[1:]", "- return item",
                        "+ self.items = self.items[1:]", "+ return item"]]),
        ("split", [["+ finally:", "+ self._lock.release()", "+ self._lock.acquire()", "+ try:"]]),
    ],
)  # fmt: skip
def test_acquire_and_finally_are_changed_like_with(operator: str, expected: list[list[str]]) -> None:
    assert changed(operator, TRY) == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("remove-lock", [["- self._lock.acquire()", "- self._lock.release()"]]),
        ("start-late", [["- self.last = self.items[0]", "+ self.last = self.items[0]"]]),
        ("end-early", [["- self._lock.release()", "+ self._lock.release()"]]),
        ("split", [["+ self._lock.release()", "+ self._lock.acquire()"]]),
        ("no-finally", []),
    ],
)
def test_acquire_and_release_in_one_block_are_changed_like_with(operator: str, expected: list[list[str]]) -> None:
    found = changed(operator, PAIR)
    assert [sorted(each) for each in found] == [sorted(each) for each in expected]


def f(*lines: str) -> str:
    """Return a module with a method of these lines; each blank at the start of a line becomes four."""
    body = "".join(f"        {' ' * 3 * (len(each) - len(each.lstrip()))}{each}\n" for each in lines)
    return f"""
import threading
class Box:
    def __init__(self):
        self._lock = threading.RLock()
        self._changed = threading.Condition()
        self._items = []
        self._n = 0
    def f(self, x):
{body}"""


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        ("start-late", f("with self._lock:", " y = x + 1", " self._n = y")),
        ("end-early", f("with self._lock:", " self._n = 1", " return x")),
        ("end-early", f("with self._changed:", " self._n = 1", " self._changed.notify()")),
        ("start-late", f("with self._changed:", " self._changed.wait()", " self._n = 1")),
        ("split", f("with self._changed:", " self._n = 1", " self._changed.notify()")),
        ("split", f("with self._lock:", " return self._n")),
        ("release-before-return", f("with self._lock:", " return self._n")),
        ("no-finally", f("with self._lock:", " return len(self._items)")),
        ("no-finally", f("with self._lock:", " self._n += 1")),
        ("other-lock", f("with self._changed:", " self._changed.notify()")),
        ("fresh-lock", f("with self._changed:", " self._changed.notify()")),
        ("notify-one", f("with self._changed:", " self._changed.notify()")),
        ("reverse-order", f("with self._lock, self._changed:", " self._n += 1")),
        ("if-for-while", f("with self._changed:", " while True:", "  self._changed.wait()")),
        ("no-timeout", f("with self._changed:", " self._changed.wait(None)")),
        ("timeout-ignored", f("with self._changed:", " self._changed.wait(1)")),
        ("two-steps", f("with self._lock:", " self._items.extend(x)")),
        ("live-iterator", f("with self._lock:", " return sorted(list(self._items))")),
        ("live-iterator", f("with self._lock:", " return [x + 1 for x in list(self._items)]")),
        ("materialize-inside", f("y = str(x)", "with self._lock:", " self._items.append(y)")),
        ("operand-order", f("with self._lock:", " return sorted(self._items)")),
    ],
)  # fmt: skip
def test_mutants_that_are_equivalent_or_fail_on_one_thread_are_left_out(operator: str, text: str) -> None:
    assert changed(operator, text) == []


@pytest.mark.parametrize(
    ("operator", "text", "expected"),
    [
        ("start-late", f("with self._lock:", " return self._items.pop() if self._items else None"),
         ["- return self._items.pop() if self._items else None", "+ return self._items.pop() if found else None",
          "+ found = bool(self._items)"]),
        ("split", f("with self._lock:", " self._n += 1"),
         ["+ found = self._n + 1", "+ self._n = found", "+ with self._lock:", "- self._n += 1"]),
        ("release-before-return", f("with self._lock:", " return self._n, len(self._items)"),
         ["+ found = self._n", "+ return found, len(self._items)", "- return self._n, len(self._items)"]),
        ("live-iterator", f("with self._lock:", " items = list(self._items)", "for x in items:", " x()"),
         ["- items = list(self._items)", "+ items = self._items"]),
        ("live-iterator", f("for x in self._items.copy():", " x()"),
         ["- for x in self._items.copy():", "+ for x in self._items:"]),
        ("if-for-while", f("with self._changed:", " self._changed.wait_for(lambda: self._n, 5)"),
         ["- self._changed.wait_for(lambda: self._n, 5)", "+ ((lambda: self._n)() or self._changed.wait(5))"]),
        ("no-timeout", f("return self._lock.acquire(True, 5)"),
         ["- return self._lock.acquire(True, 5)", "+ return self._lock.acquire()"]),
        ("timeout-ignored", f("return self._lock.acquire(timeout=5)"),
         ["- return self._lock.acquire(timeout=5)", "+ return (self._lock.acquire(timeout=5) or True)"]),
        ("notify-one", f("with self._changed:", " self._changed.notify(5)"),
         ["- self._changed.notify(5)", "+ self._changed.notify()"]),
        ("rlock-to-lock", f("pass"), ["- self._lock = threading.RLock()",
                               '+ self._lock = __import__("_thread").allocate_lock()']),
    ],
)  # fmt: skip
def test_an_operator_changes_these_lines(operator: str, text: str, expected: list[str]) -> None:
    (found,) = changed(operator, text)
    assert sorted(found) == sorted(expected)


ORDERS = """
import threading
class Box:
    def __init__(self):
        self._lock = threading.Lock()
    def by_sort(self, other):
        pair = [self, other]
        pair.sort(key=lambda each: id(each))
        with pair[0]._lock, pair[1]._lock:
            pass
    def by_test(self, other):
        one, two = self, other
        if id(one) > id(two):
            one, two = two, one
        with one._lock, two._lock:
            pass
    def by_choice(self, other):
        one, two = (self, other) if id(self) < id(other) else (other, self)
        with one._lock, two._lock:
            pass
    def by_function(self, other):
        one, two = in_order(self, other)
        with one._lock:
            with two._lock:
                pass

def in_order(*boxes):
    return sorted(boxes, key=id)
"""


def test_every_way_to_order_two_objects_is_undone() -> None:
    assert changed("operand-order", ORDERS) == [
        ["- pair.sort(key=lambda each: id(each))"],
        ["- one, two = in_order(self, other)", "+ one, two = (self, other)"],
        ["- return sorted(boxes, key=id)", "+ return list(boxes)"],
        ["- one, two = (self, other) if id(self) < id(other) else (other, self)", "+ one, two = (self, other)"],
        ["- if id(one) > id(two):", "+ if False:"],
    ]  # fmt: skip


def test_two_locks_are_reversed_where_another_place_takes_them_too() -> None:
    found = changed("reverse-order", ORDERS)
    assert ["- with one._lock:", "- with two._lock:", "+ with two._lock:",
            "+ with one._lock:"] in found  # fmt: skip
    assert ["- with pair[0]._lock, pair[1]._lock:", "+ with pair[1]._lock, pair[0]._lock:"] in found
    assert len(found) == 4


BULK = """
class Box(BASE):
    def f(self, a, b):
        super().METHOD(ARGUMENTS)
"""


@pytest.mark.parametrize(
    ("base", "method", "arguments", "expected"),
    [
        ("set", "update", "a", ["for each in a:", "super().add(each)"]),
        ("set", "update", "a, b", ["super().update(a)", "super().update(b)"]),
        ("set", "difference_update", "a", ["for each in a:", "super().discard(each)"]),
        ("set", "__iand__", "a", ["for each in set.difference(self, a):", "super().discard(each)"]),
        ("set", "clear", "", ["while super().__len__():", "super().pop()"]),
        ("set", "__ixor__", "a", ["both = a", "added = set.difference(both, self)", "super().difference_update(both)",
                                  "super().update(added)"]),
        ("list", "extend", "a", ["for each in a:", "super().append(each)"]),
        ("dict", "update", "a", ["for each in dict(a).items():", "super().__setitem__(*each)"]),
        ("dict", "clear", "", ["while super().__len__():", "super().popitem()"]),
    ],
)  # fmt: skip
def test_bulk_changes_become_steps_that_do_the_same(
    base: str, method: str, arguments: str, expected: list[str]
) -> None:
    text = BULK.replace("BASE", base).replace("METHOD", method).replace("ARGUMENTS", arguments)
    (found,) = changed("two-steps", text)
    assert [line[1:].strip() for line in found if line[0] == "+"] == expected
    space: dict[str, type] = {}
    before: dict[str, type] = {}
    (mutant,) = mutants_of("m", "m.py", text, operators=["two-steps"]).mutants
    exec(mutant.source, space)
    exec(text, before)
    start, values = ({1: 1, 5: 5}, ({2: 2, 5: 6}, {3: 3})) if base == "dict" else ([1, 5], ([2, 5], [3, 3]))
    boxes = [each["Box"](start) for each in (space, before)]
    for box in boxes:
        box.f(*(set(each) if method.startswith("__i") else each for each in values))
    assert boxes[0] == boxes[1]
