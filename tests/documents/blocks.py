"""What a document shows in fences, and how to run it: files, commands with what they print, examples for doctest."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import lockproof
from tests.plugin.running import REGISTERED

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(lockproof.__file__).parents[1]


@dataclass(frozen=True)
class Command:
    """A command and the lines that are shown below it."""

    text: str
    shown: tuple[str, ...]


def blocks(text: str, language: str) -> list[str]:
    """Return what stands in the fences of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def files(text: str) -> dict[str, str]:
    """Return the files that a document shows: Python blocks that begin with `# name.py`."""
    return {found[1]: block for block in blocks(text, "python") if (found := re.match(r"# ([\w.]+\.py)\n", block))}


def commands(text: str) -> list[Command]:
    """Return the commands of the console blocks, in order."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *shown = part.rstrip().splitlines()
            found.append(Command(first, tuple(shown)))
    return found


def run(command: Command, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this Python.

    A check that is to hold gets a small budget; one that is to find gets a large one, and ends when it has found.
    """
    program, *words = shlex.split(command.text)
    if program == "lockproof" and words[0] == "check":
        words += ["--budget", "500ms" if "HELD" in command.shown[0] else "60s"]
    if program == "pytest" and not REGISTERED:
        words = ["-p", "lockproof.pytest_plugin", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    environment |= {"PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", program, *words], cwd=place, env=environment, capture_output=True, text=True,
        encoding="utf-8", timeout=100, check=False,
    )  # fmt: skip


def masked(lines: list[str] | tuple[str, ...]) -> list[str]:
    """Return the lines without what is another one in each run: numbers, widths, and the order of allowed outcomes.

    Where it ran and what was covered are left out.
    """
    kept = []
    for line in lines:
        if line.startswith("Covered"):
            break
        if line.strip() and not line.startswith("CPython") and " allowed " not in line:
            kept.append(" ".join(re.sub(r"[\d.,]*\d", "#", line).split()))
    return kept
