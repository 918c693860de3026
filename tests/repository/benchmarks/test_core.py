"""Does the trial of a compiled LockedSet build on this Python, without a warning, and keep what LockedSet promises?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.core.build import NoCompiler, compiler
from benchmarks.core.checks import CHECKS

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


class NoLock:
    """A set in the place of the trial: its holds hold nothing, and its length is that of the moment."""

    LockedSet = set


def test_the_checks_notice_a_set_without_what_they_ask_for() -> None:
    with pytest.raises((AssertionError, AttributeError)):
        for check in CHECKS[:1]:
            check(NoLock)  # type: ignore[arg-type]
