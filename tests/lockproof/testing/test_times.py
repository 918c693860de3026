"""Do calls take the lengths of time that the command takes, and refuse all others plainly?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lockproof
from lockproof.core.options import CheckOptions, in_seconds
from tests.lockproof.testing.running import CLASSES, pytest_in

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

MARKED = f"""{CLASSES}
import pytest


@pytest.mark.lockproof_explore(budget="soon")
def test_marked():
    pass


def test_text():
    lockproof.check(LockedClaims, schedules=20, hang="1m")
"""


@pytest.mark.parametrize(("time", "seconds"), [("500ms", 0.5), ("3s", 3.0), ("2m", 120.0), ("1.5", 1.5), (2, 2.0)])
def test_a_text_and_a_number_are_lengths_of_time(time: Any, seconds: float) -> None:
    assert in_seconds("budget", time) == seconds


@pytest.mark.parametrize("time", ["soon", "3 hours", "", "0s", "-1s", True, [3], None])
def test_anything_else_is_refused(time: Any) -> None:
    with pytest.raises(lockproof.LockproofError, match="budget is ") as refused:
        in_seconds("budget", time)
    assert "'500ms', '10s' or '2m'" in str(refused.value)


def test_a_number_that_is_too_small_is_refused_with_the_options() -> None:
    with pytest.raises(lockproof.LockproofError, match="budget is 0 s"):
        CheckOptions(budget=in_seconds("budget", 0)).validate()


@pytest.mark.parametrize("name", ["budget", "hang"])
def test_each_call_refuses_them_before_anything_runs(name: str) -> None:
    wrong: dict[str, Any] = {name: "soon"}
    with pytest.raises(lockproof.LockproofError, match=f"{name} is 'soon'"):
        lockproof.check("no.such:Class", **wrong)
    with pytest.raises(lockproof.LockproofError, match=f"{name} is 'soon'"):
        lockproof.explore("no.such:function", **wrong)


def test_mutants_have_a_budget_as_a_text_too() -> None:
    with pytest.raises(lockproof.LockproofError, match="budget is 'soon'"):
        lockproof.mutate("no.such:Class", budget="soon")


def test_a_mark_with_a_wrong_time_fails_its_test_alone(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, MARKED)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PASSED test_it.py::test_text\n" in done.stdout
    assert "test_it.py::test_marked" in done.stdout and "has no use for budget='soon'" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
