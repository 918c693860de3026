"""Processes that a fault at the level of C may end: on the installed core, or on a twin of it with a fault planted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lockedset
from ci import core
from ci.builds import clean_environment
from ci.core import Fault

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = Path(lockedset.__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent

GIL = sys._is_gil_enabled()

FLAGS = ("-O1", *core.WARNINGS)
"""For twins and helpers, which have to compile quickly."""


def compiler() -> str:
    """Return the C compiler; without one the test is skipped, since a twin cannot be made."""
    found = core.compiler()
    if found is None or not (Path(core.include_of(Path(sys.executable))) / "Python.h").exists():
        pytest.skip(reason="needs a C compiler and the headers of this Python")
    return found


def twin(folder: Path, fault: Fault) -> Path:
    """Make a twin in a folder, and return the folder."""
    return core.build(Path(sys.executable), compiler(), folder, FLAGS, fault)


def helper(folder: Path, source: str) -> Path:
    """Compile a module of these tests into a folder, and return the folder."""
    path = HERE / source
    core.compile_module(Path(sys.executable), compiler(), path, folder, path.stem, FLAGS)
    return folder


def run(module: str, *arguments: str, packages: list[Path] | None = None, seconds: float = 100.0) -> tuple[int, str]:
    """Run a module of these tests in a process of its own; return its status, and what it printed.

    `packages` are folders that go before the installed package, with a twin or a helper.
    """
    path = os.pathsep.join(map(str, [*(packages or []), INSTALLED, ROOT]))
    command = [sys.executable, "-m", f"tests.lockedset.native.{module}", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**clean_environment(), "PYTHONPATH": path, "LOCKEDSET_PURE": "0"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    last = done.stderr.strip().splitlines()
    if done.returncode < 0:  # a signal
        named = [line for line in last if line.startswith("> ")]
        return done.returncode, f"{done.stdout}it crashed in: {named[-1][2:] if named else 'its start'}\n{done.stderr}"
    return done.returncode, done.stdout + ("" if done.returncode in (0, 1) else done.stderr)
