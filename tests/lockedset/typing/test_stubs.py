"""Do the types in the sources hold for what runs, in Python and in C?

mypy's stubtest compares the signatures and classes that mypy reads from a package with those of the imported package.
For the compiled core this says that its methods take the arguments that the class in Python takes.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ci import native

LIMIT = 240  # seconds; the first run of mypy reads all of typeshed

pytestmark = [
    pytest.mark.one_build,
    pytest.mark.thread_unsafe(reason="runs a type checker, of which one at a time is enough"),
    pytest.mark.timeout(LIMIT + 30),
]

CHECKERS_ALONE = "is for type checkers alone: its import would load typing"
DISJOINT = "is one, but the decorator that says so comes with typing"

DIFFERENT = {
    "lockedset._locking.T": CHECKERS_ALONE,
    "lockedset._set.T": CHECKERS_ALONE,
    "lockedset._locking.Lockable.__new__": "takes any arguments, which are hidden from type checkers: see there",
    "lockedset._set.LockedSet.__get_pydantic_core_schema__": "names types of pydantic, which need not be installed",
}
DIFFERENT_IN_PYTHON = {"lockedset._core": "was not built"}
DIFFERENT_IN_C = {"lockedset._choice.Base": DISJOINT, "lockedset._set.LockedSet": DISJOINT}


def stubtest(place: Path, pure: bool, allowed: dict[str, str]) -> tuple[int, str]:
    """Compare the package in a directory with itself; return the status and what was said."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed here; the environment `types` of tox has it")
    lines = [f"{name}  # {reason}\n" for name, reason in allowed.items()]
    (place / "allowed.txt").write_text("".join(lines), encoding="utf-8")
    (place / "mypy.ini").write_text("[mypy]\n", encoding="utf-8")
    path = {"MYPYPATH": str(place), "PYTHONPATH": str(place), "LOCKEDSET_PURE": str(int(pure)), "NO_COLOR": "1"}
    options = ["--concise", "--allowlist", "allowed.txt", "--mypy-config-file", "mypy.ini"]
    run = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "lockedset", *options],
        cwd=place,
        env=os.environ | path,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture
def in_python(tmp_path: Path) -> Path:
    """A directory with the package alone, without the sources and the build of the core."""
    shutil.copytree(native.SOURCES, tmp_path / "lockedset", ignore=shutil.ignore_patterns("native", "*.so", "*.pyd"))
    return tmp_path


@pytest.fixture
def in_c(tmp_path: Path) -> Path:
    """A directory with the package and its core."""
    native.compiled(tmp_path)
    shutil.rmtree(tmp_path / "lockedset" / "native")
    return tmp_path


def test_the_types_hold_in_python(in_python: Path) -> None:
    assert stubtest(in_python, True, DIFFERENT | DIFFERENT_IN_PYTHON) == (0, "")


def test_the_types_hold_in_c(in_c: Path) -> None:
    assert stubtest(in_c, False, DIFFERENT | DIFFERENT_IN_C) == (0, "")


def test_a_method_in_c_that_takes_other_arguments_is_seen(in_c: Path) -> None:
    source = in_c / "lockedset" / "_set.py"
    text = source.read_text(encoding="utf-8")
    changed = text.replace("def try_add(self, element: T, /) -> bool:", "def try_add(self, element: T) -> bool:")
    assert changed != text
    source.write_text(changed, encoding="utf-8")
    status, said = stubtest(in_c, False, DIFFERENT | DIFFERENT_IN_C)
    assert status == 1
    assert said.splitlines()[0].startswith("lockedset._set.LockedSet.try_add is inconsistent")
