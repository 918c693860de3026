"""`tox run -e tsan`: checks of `lockproof check --sanitizer thread` on a CPython that is built with ThreadSanitizer.

The interpreter is that of `python -m ci.sanitize --python`, which is compiled once into the cache; or another one, if
the variable SUITE_TSAN_PYTHON names it. Without one the tests are not collected, and this command fails: it never
passes without the interpreter.

    tox run -e tsan                                 the tests
    SUITE_TSAN_PYTHON=PATH tox run -e tsan          on an interpreter that is there already
    tox run -e tsan -- -k mended                    what follows -- goes to pytest
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ci.console import CiError, Reporter, run_main
from ci.sanitize import thread_python

ROOT = Path(__file__).resolve().parent.parent

VARIABLE = "SUITE_TSAN_PYTHON"
"""The variable by which the tests learn the path of the interpreter. Without it they are not collected."""


def interpreter(environment: Mapping[str, str]) -> str:
    """Return the path of the interpreter, which is made if need be.

    Raises:
        CiError: the variable names none, or it cannot be made here.

    """
    named = environment.get(VARIABLE)
    if not named:
        return str(thread_python(Reporter(prefix="tsan")))
    if not os.access(named, os.X_OK):
        raise CiError(f"{VARIABLE} is {named}, and that is no program", "", "name the interpreter, or unset it")
    return named


def main() -> int:
    environment = {**os.environ, VARIABLE: interpreter(os.environ)}
    command = [sys.executable, "-m", "pytest", "tests/tsan", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    run_main(main)
