"""Without memory, does each method fail as a whole, and release its lock? An allocation fails in each call in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.core import Fault
from tests.lockedset.implementations import in_c
from tests.lockedset.native import children

pytestmark = [
    in_c,
    pytest.mark.skipif(
        not children.GIL, reason="CPython 3.13t frees a list twice if there is no memory for its elements"
    ),
]

FAULTS = {
    "a lock is still held": Fault(
        "reading all elements keeps the lock if there is no memory for them",
        "reading.h",
        "    PyObject *list = list_of(self);\n    release(set);\n    return list;",
        "    PyObject *list = list_of(self);\n    if (list != NULL) {\n        release(set);\n    }\n    return list;",
    ),
    "symmetric_difference_update, texts and a set: without allocation": Fault(
        "a symmetric difference is made in place although the table may have to grow",
        "changes.h",
        "(what == TOGGLE && !has_room(self, PySet_GET_SIZE(operand)))",
        "0",
    ),
    "update, texts and a list: without allocation": Fault(
        "an update is made in place although the table may have to grow",
        "changes.h",
        "? 1 : make_room(self, size)",
        "? 1 : ((void)make_room, 1)",
    ),
    "it crashed in: the search for deadlocks": Fault(
        "a lock of a thread that waits is used without having been allocated",
        "locks.h",
        "    if (mine.parked == NULL) {\n        PyErr_NoMemory();\n        return -1;\n    }\n",
        "",
    ),
}
"""Each with what it must show."""

_alike = pytest.mark.nightly(reason="as the others; each twin has to be compiled")


def test_each_call_fails_as_a_whole_and_releases_its_locks(tmp_path: Path) -> None:
    status, printed = children.run("memory", packages=[children.helper(tmp_path, "failing.c")])
    assert status == 0, printed
    assert ": 0 faults" in printed


@pytest.mark.one_build
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(shown, marks=[] if shown == "a lock is still held" else [_alike], id=each.what)
        for shown, each in FAULTS.items()
    ],
)
def test_a_twin_that_does_otherwise_is_caught(shown: str, tmp_path: Path) -> None:
    packages = [children.twin(tmp_path, FAULTS[shown]), children.helper(tmp_path, "failing.c")]
    status, printed = children.run("memory", packages=packages)
    assert status not in (0, 2), printed
    assert shown in printed, printed
