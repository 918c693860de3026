"""Does the trial of a compiled LockedSet build on this Python, without a warning, and keep what LockedSet promises?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.core.build import NoCompiler, compiler
from benchmarks.core.checks import TWINS

ROOT = Path(__file__).resolve().parents[3]


def missing() -> str:
    """Say what keeps the trial from being built here; "" for nothing."""
    try:
        compiler()
    except NoCompiler as error:
        return str(error)
    return ""


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")
def test_it_builds_and_keeps_its_promises() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.core", "--smoke"], cwd=ROOT, capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compiled trial" in done.stdout


HIDDEN = "UNCOUNTED"
"""The twin that the GIL hides: it reads a length in the midst of a change."""

NOTICED = [pytest.param(name, marks=pytest.mark.one_build) for name in TWINS if name != HIDDEN]
if not sys._is_gil_enabled():
    NOTICED.append(pytest.param(HIDDEN, marks=pytest.mark.all_processors))

NOTICES = """\
import os, sys, tempfile
from pathlib import Path
from benchmarks.core import build, checks
checks.BOUND = 2.0
core = build.built(Path(tempfile.mkdtemp(dir=sys.argv[2])), sys.argv[1])
try:
    for _ in range(40):  # a busy machine seldom runs two threads at the same time
        checks.TWINS[sys.argv[1]](core)
except AssertionError:
    print("noticed", flush=True)
os._exit(0)  # threads may hang
"""


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")
@pytest.mark.parametrize("twin", NOTICED)
def test_a_twin_without_one_protection_is_noticed(twin: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTICES, twin, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip
    assert done.stdout == "noticed\n", done.stdout + done.stderr
