"""Starts processes under control: each runs all programs of one module, and writes their answers.

A process stays under control to its end, so no test can take control of the process of pytest. An answer is a line of
JSON, written at once: when a process hangs in one program, the answers of the earlier programs are there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lockproof

SOURCES = Path(lockproof.__file__).parents[1]
ROOT = Path(__file__).parents[4]
LONGEST = 100.0
"""Seconds that one process may take."""


class Answers(dict[str, Any]):
    """The answers of a process, by the name of the program.

    `tail` is the end of its standard error, `status` its exit status, None if it ran out of time.
    """

    tail = ""
    status: int | None = None

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"no answer to {name!r}; answered: {list(self)}; status {self.status}; {self.tail}")


def answers(module: str, *, longest: float = LONGEST, **more: str) -> Answers:
    """Return the answers of all programs of a module, run in a fresh process.

    `longest` is the time in seconds that the process may take; `more` goes into its environment.
    """
    outer = ("PYTEST_", "COV", "TOX_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    paths = os.pathsep.join((str(SOURCES), str(ROOT)))
    environment |= {"PYTHONPATH": paths, "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8", **more}
    code = f"from tests.lockproof.engines.control import inside; inside.ask({module!r}, {longest - 15!r})"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8",
            timeout=longest, check=False,
        )  # fmt: skip
        out, err, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        out, err = ((each or b"").decode("utf-8", "replace") for each in (late.stdout, late.stderr))
        status = None
    found = Answers()
    for line in out.splitlines():
        if line.startswith('{"question"'):
            answer = json.loads(line)
            found[answer["question"]] = answer["answer"]
    found.status, found.tail = status, err[-10_000:]
    return found
