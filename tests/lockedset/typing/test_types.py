"""Do mypy and pyright, both at their strictest, see the types that LockedSet has, and object to wrong uses?

The uses stand in `right_uses.py` and `wrong_uses.py`. They are checked in a directory of their own, against the
package that the tests import: from its sources, or installed with its mark that it is typed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lockedset

HERE = Path(__file__).parent
RIGHT, WRONG = "right_uses.py", "wrong_uses.py"
PARENT = Path(lockedset.__file__).parents[1]
INSTALLED = PARENT.name in ("site-packages", "dist-packages")
LIMIT = 240  # seconds; the first run of a checker reads all of typeshed

pytestmark = [
    pytest.mark.one_build,
    pytest.mark.thread_unsafe(reason="runs type checkers, of which one at a time is enough"),
    pytest.mark.timeout(LIMIT + 30),
]


def _run(directory: Path, *command: str) -> tuple[int, str]:
    environment = os.environ | {"MYPYPATH": "" if INSTALLED else str(PARENT), "NO_COLOR": "1"}
    environment.pop("FORCE_COLOR", None)
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def mypy(directory: Path) -> tuple[int, str]:
    """Check the files of a directory and return the exit status and what was said."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed here; the environment `types` of tox has it")
    files = [path.name for path in sorted(directory.glob("*.py"))]
    options = ["--strict", "--warn-unused-ignores", "--no-error-summary", "--config-file=", "--cache-dir=cache"]
    return _run(directory, "mypy", *options, *files)


def pyright(directory: Path) -> tuple[int, str]:
    """Check the files of a directory and return the exit status and what was said."""
    name = next((each for each in ("basedpyright", "pyright") if importlib.util.find_spec(each)), None)
    if name is None:
        pytest.skip("neither basedpyright nor pyright is installed here; the environment `types` of tox has one")
    status, said = _run(directory, name, "--version")
    if status != 0:
        pytest.skip(f"{name} cannot start here: {said.strip().splitlines()[-1:]}")
    settings = {
        "include": ["."],
        "extraPaths": [] if INSTALLED else [str(PARENT)],
        "pythonVersion": "3.13",
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": True,
        "reportUnnecessaryTypeIgnoreComment": "error",
        # These say that a line has no effect, which is what a use in such a file is.
        "reportUnusedExpression": "none",
        "reportUnusedCallResult": "none",
    }
    (directory / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return _run(directory, name, "--pythonpath", sys.executable)


CHECKERS = (mypy, pyright)
every_checker = pytest.mark.parametrize("check", CHECKERS, ids=lambda check: check.__name__)

type Checker = Callable[[Path], tuple[int, str]]


@every_checker
def test_right_uses_are_accepted_with_the_types_that_are_said(check: Checker, tmp_path: Path) -> None:
    shutil.copy(HERE / RIGHT, tmp_path)
    status, said = check(tmp_path)
    assert status == 0, said


@every_checker
def test_wrong_uses_are_all_objected_to(check: Checker, tmp_path: Path) -> None:
    shutil.copy(HERE / WRONG, tmp_path)
    status, said = check(tmp_path)
    assert status == 0, said


@every_checker
def test_every_wrong_use_is_an_error_once_its_mark_is_gone(check: Checker, tmp_path: Path) -> None:
    source = (HERE / WRONG).read_text(encoding="utf-8")
    marked = {number for number, line in enumerate(source.splitlines(), 1) if "# type: ignore" in line}
    (tmp_path / WRONG).write_text(re.sub(r"  # type: ignore\[.*\]", "", source), encoding="utf-8")
    status, said = check(tmp_path)
    assert status != 0
    found = {int(number) for number in re.findall(rf"{re.escape(WRONG)}:(\d+)(?::\d+)?(?: - |: )error", said)}
    assert found == marked, said


@every_checker
def test_a_wrong_type_is_noticed_by_these_tests(check: Checker, tmp_path: Path) -> None:
    program = "from typing import assert_type\nfrom lockedset import LockedSet\nassert_type(LockedSet([1]), set[str])\n"
    (tmp_path / RIGHT).write_text(program, encoding="utf-8")
    status, said = check(tmp_path)
    assert status != 0
    assert "LockedSet[int]" in said
