"""Processes under control: each takes control of itself, asks all questions of one module, and tells the answers.

Control of a process is not given back, so that no test can take it in the process of pytest. An answer is a line of
JSON, written as soon as it is known: when a process hangs in one question, the answers before it are there.
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
    """What a process answered, by the name of the question. `tail`: what else it wrote; `status`: how it ended."""

    tail = ""
    status: int | None = None

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"no answer to {name!r}; answered: {list(self)}; status {self.status}; {self.tail}")


def answers(module: str, *, longest: float = LONGEST, **more: str) -> Answers:
    """Ask all questions of this module in a fresh process."""
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
