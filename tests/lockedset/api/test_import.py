"""What does `import lockedset` do to the process that does it?

Each test asks a fresh interpreter, without site packages and without the environment variables of this one.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

import lockedset
from tests.lockedset.implementations import COMPILED

PARENT = str(Path(lockedset.__file__).parents[1])
OWN = {"__future__", "lockedset", "lockedset._choice", "lockedset._commit", "lockedset._locking", "lockedset._set",
    "lockedset._version"} | ({"lockedset._core"} if COMPILED else set())  # fmt: skip
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

pytestmark = pytest.mark.thread_unsafe(reason="starts interpreters, of which one at a time is enough")


def in_a_fresh_interpreter(program: str, *options: str) -> Any:
    """Run a program that prints a literal, with the package on its path, and return its value."""
    source = f"import sys; sys.path.insert(0, {PARENT!r})\n{program}"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", *options, "-c", source],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return ast.literal_eval(run.stdout.strip())


LOADED = """
import os  # what the package itself needs; with less loaded by this test, more would be noticed
before = set(sys.modules)
import lockedset
print(sorted(set(sys.modules) - before - set(sys.builtin_module_names)))
"""


def test_the_import_loads_nothing_but_the_package_and_what_is_built_in() -> None:
    assert set(in_a_fresh_interpreter(LOADED)) == OWN


@pytest.mark.parametrize("name", ["typing", "threading", "lockproof", "contextlib", "dataclasses", "functools", "re"])
def test_the_import_does_not_load(name: str) -> None:
    program = f"import lockedset\nprint({name!r} in sys.modules)"
    assert in_a_fresh_interpreter(program) is False


def test_a_module_that_is_loaded_is_noticed_by_this_test() -> None:
    assert "threading" in in_a_fresh_interpreter(LOADED.replace("import lockedset\n", "import lockedset, threading\n"))


def test_the_everyday_operations_load_nothing_either() -> None:
    program = """
import os, lockedset
before = set(sys.modules)
a, b = lockedset.LockedSet([1]), lockedset.LockedSet[int]([2])
with lockedset.locked(a, b):
    a |= b
    b.update(a.drain(), [3])
repr(a), a == b, list(a), a.copy(), a.snapshot()
print(sorted(set(sys.modules) - before))
"""
    assert in_a_fresh_interpreter(program) == []


@pytest.mark.skipif(not FREE_THREADED, reason="this build has no mode without the GIL")
def test_the_import_leaves_the_gil_off_on_a_free_threaded_build() -> None:
    program = "before = sys._is_gil_enabled()\nimport lockedset\nprint([before, sys._is_gil_enabled()])"
    assert in_a_fresh_interpreter(program, "-W", "error") == [False, False]


def test_the_import_starts_no_thread_and_opens_no_file() -> None:
    program = """
import os, _thread
def state():
    files = len(os.listdir('/dev/fd')) if os.path.isdir('/dev/fd') else 0
    return [_thread._count(), len(sys._current_frames()), files]
before = state()
import lockedset
print([before, state()])
"""
    before, after = in_a_fresh_interpreter(program)
    assert before == after


def test_the_package_can_be_imported_with_assertions_and_docstrings_left_out() -> None:
    program = """
import lockedset
made = lockedset.LockedSet([1, 2])
with lockedset.locked(made):
    made.update([3])
print([sorted(made), lockedset.LockedSet.__doc__])
"""
    elements, documentation = in_a_fresh_interpreter(program, "-OO")
    assert elements == [1, 2, 3]
    assert COMPILED or documentation is None  # as for any type in C, the text is part of the core
