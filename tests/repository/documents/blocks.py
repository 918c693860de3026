"""How to run a command that a document shows."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import lockproof
from ci.documents import Command
from tests.lockproof.testing.running import REGISTERED

ROOT = Path(__file__).resolve().parents[3]
SOURCES = Path(lockproof.__file__).parents[1]


def environment_of_commands() -> dict[str, str]:
    """Return the variables of a process that runs a command of a document."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    return environment | {"PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8"}


def run(command: Command, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this Python.

    A check that is to hold gets a small budget; one that is to find gets a large one, and ends when it has found. One
    with a profile has the budget of the profile, one with a budget keeps it, and one with a count has none.
    """
    program, *words = shlex.split(command.text)
    if program == "lockproof" and words[0] == "check" and not {"--profile", "--budget", "--schedules"} & set(words):
        words += ["--budget", "60s" if "VIOLATION" in command.shown[0] else "500ms"]
    if program == "pytest" and not REGISTERED:
        words = ["-p", "lockproof.testing.pytest_plugin", *words]
    return subprocess.run(
        [sys.executable, "-m", program, *words], cwd=place, env=environment_of_commands(), capture_output=True,
        text=True, encoding="utf-8", timeout=100, check=False,
    )  # fmt: skip
