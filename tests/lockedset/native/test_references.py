"""Does each method, whether it succeeds or raises, leave as many references and blocks of memory as there were?"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from ci.core import Fault
from lockedset import LockedSet
from tests.lockedset.implementations import in_c
from tests.lockedset.native import calls, children

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

ROUNDS = 25
MANY = 10_000

FAULTS = {
    "discard of a set, texts and a set: ": Fault(
        "an element that stands for a set is not released",
        "changes.h",
        "PySet_Discard(self, frozen);\n    Py_XDECREF(frozen);",
        "PySet_Discard(self, frozen);",
    ),
    "remove, texts and a set: ": Fault(
        "the error of remove() is not released",
        "changes.h",
        "            PyErr_SetObject(PyExc_KeyError, error);\n            Py_DECREF(error);\n",
        "            PyErr_SetObject(PyExc_KeyError, error);\n",
    ),
    "update by three, an iterator raises: ": Fault(
        "operands are not released if a later one raises",
        "changes.h",
        "                Py_DECREF(all);\n                return NULL;\n",
        "                return NULL;\n",
    ),
    "locked, texts and a set: ": Fault(
        "a hold does not release its sets",
        "holds.h",
        "        Py_DECREF((PyObject *)hold->sets[k]);\n    }\n    type->tp_free(self);",
        "        (void)hold->sets[k];\n    }\n    type->tp_free(self);",
    ),
}
"""Each with the beginning of a line that it must show."""

_alike = pytest.mark.nightly(reason="as the others; each twin has to be compiled")

INTERNAL = {"__doc__", "__module__", "__class_getitem__", "__get_pydantic_core_schema__", "__getstate__"}
"""What is about the class, not about a set: written in Python, but for the alias."""


def test_the_calls_are_of_all_methods() -> None:
    between = LockedSet.__mro__[: LockedSet.__mro__.index(set)]
    own = {name for kind in between for name in vars(kind) if callable(getattr(LockedSet, name))}
    own |= {"locked", "__hash__"}
    made = {call.of for call in calls.CALLS}
    assert made - own == set()
    assert {name for name in own - made if not name.startswith("_lockedset")} <= INTERNAL


def test_each_situation_that_should_raise_does() -> None:
    for situation in calls.situations():
        raised = {calls.attempt(call, situation, situation.make()) for call in calls.CALLS if call.takes}
        if situation.name in calls.FAILING:
            assert raised & {"Raised", "TypeError"}, situation.name
        assert "" in raised, situation.name


def test_a_set_in_a_cycle_is_collected_with_its_elements() -> None:
    marker = calls.Element(1)
    before = sys.getrefcount(marker)
    for _ in range(10):
        s: LockedSet[object] = LockedSet([marker])
        s.add(s.add)  # a method in C has no references that the collector could clear; the set has to
    del s
    gc.collect()
    assert sys.getrefcount(marker) == before


@in_c
def test_nothing_is_left_over() -> None:
    status, printed = children.run("references", str(ROUNDS))
    assert status == 0, printed
    assert "0 left something" in printed


@in_c
@pytest.mark.nightly(reason="10,000 rounds of each call take minutes")
@pytest.mark.timeout(3000)
def test_nothing_is_left_over_in_many_rounds() -> None:
    status, printed = children.run("references", str(MANY), seconds=2900)
    assert status == 0, printed


@in_c
@pytest.mark.one_build
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(shown, marks=[_alike] if place > 0 else [], id=each.what)
        for place, (shown, each) in enumerate(FAULTS.items())
    ],
)
def test_a_twin_that_leaks_is_caught(shown: str, tmp_path: Path) -> None:
    method = shown.partition(" ")[0].rstrip(",")
    status, printed = children.run("references", str(ROUNDS), method, packages=[children.twin(tmp_path, FAULTS[shown])])
    assert status == 1, printed
    assert any(line.startswith(shown) for line in printed.splitlines()), printed
