"""Does the core serve several interpreters, each with a GIL of its own, and is it unloaded with them?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ci.core import Fault
from tests.lockedset.implementations import in_c
from tests.lockedset.native import children

pytestmark = [in_c, pytest.mark.thread_unsafe(reason="starts processes")]

ROUNDS = 20
MANY = 500

NO_CLEAR = Fault(
    "a set that is in a cycle keeps its elements",
    "core.c",
    "    return PySet_Type.tp_clear(self);",
    "    (void)self;\n    return 0;",
)

unloads = pytest.mark.skipif(
    sys.version_info < (3, 14) or sys.platform != "linux",
    reason="an interpreter of CPython 3.13 leaves 2 MB, whatever it imports; and memory is read from /proc",
)


@pytest.mark.all_processors
def test_three_interpreters_use_sets_at_the_same_time() -> None:
    status, printed = children.run("interpreters", "together", "1")
    assert status == 0, printed
    assert "0 problems" in printed


@unloads
def test_an_interpreter_is_unloaded_with_the_core() -> None:
    status, printed = children.run("interpreters", "again", str(ROUNDS))
    assert status == 0, printed


@unloads
@pytest.mark.nightly(reason="as the one before, with more rounds")
@pytest.mark.timeout(600)
def test_many_interpreters_are_unloaded_with_the_core() -> None:
    status, printed = children.run("interpreters", "again", str(MANY), seconds=550)
    assert status == 0, printed


@unloads
@pytest.mark.one_build
def test_a_twin_that_keeps_its_interpreter_alive_is_caught(tmp_path: Path) -> None:
    package = children.twin(tmp_path, NO_CLEAR)
    status, printed = children.run("interpreters", "again", str(ROUNDS), packages=[package])
    assert status == 1, printed
    assert "kB more than an interpreter without lockedset" in printed
