"""Is the compiled core free of warnings, is its documentation that of the Python sources, and would it be noticed?

The environment `lint` of tox has clang-format and clang-tidy, which are not here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from ci import core_style
from ci.console import CiError

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 60

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]
posix = pytest.mark.skipif(os.name != "posix", reason="-Wall and -Wextra are options of gcc and clang")


@posix
@pytest.mark.parametrize("gil", core_style.GIL)
def test_the_compiler_of_this_python_warns_of_nothing(gil: str) -> None:
    (command,) = (words for name, words in core_style.compiling().items() if name.endswith(f", {gil}"))
    assert core_style.complaint(command) == ""


@posix
def test_what_a_compiler_warns_of_is_seen_in_each_variant(tmp_path: Path) -> None:
    native = shutil.copytree(core_style.NATIVE, tmp_path / "native")
    with (native / "core.c").open("a", encoding="utf-8") as core:
        core.write("\n#ifdef Py_GIL_DISABLED\nstatic int one_variant;\n#else\nstatic int other_variant;\n#endif\n")
    found = {name: core_style.complaint(command) for name, command in core_style.compiling(native / "core.c").items()}
    # Without the GIL, the headers of this Python define the macro in both.
    with_gil = (True, False) if sysconfig.get_config_var("Py_GIL_DISABLED") else (False, True)
    assert [("one_variant" in said, "other_variant" in said) for said in found.values()] == [
        with_gil,
        (True, False),
    ], found


def test_a_tool_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for checks in (core_style.formatting, core_style.compiling, core_style.analyzing):
        with pytest.raises(CiError, match="on PATH"):
            checks()


def test_a_check_that_fails_in_silence_is_a_complaint() -> None:
    assert core_style.complaint([sys.executable, "-c", "raise SystemExit(3)"]) == "ended with status 3"
    assert core_style.complaint([sys.executable, "-c", "print('a note')"]) == ""


MADE = "from ci import core_docs; print(core_docs.made(), end='')"


def test_the_documentation_of_the_core_is_that_of_the_python_sources() -> None:
    # In a process of its own, where Python serves: the core would be compared with itself.
    environment = os.environ | {"LOCKEDSET_PURE": "1", "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MADE], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=LONGEST,
        check=True,
    )  # fmt: skip
    written = (core_style.NATIVE / "docs.h").read_text(encoding="utf-8")
    assert written == done.stdout, "run `python -m ci.core_docs`"
