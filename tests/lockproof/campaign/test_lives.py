"""Is a class with threads of its own checked for what it can be, and do the threads end with each run?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report, Verdict

HERE = "tests.lockproof.campaign.threaded"

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def checked(name: str, **options: object) -> Report:
    return check_target(f"{HERE}:{name}", CheckOptions(budget=2.0, seed=1, **options))  # type: ignore[arg-type]


def outlive(report: Report) -> list[str]:
    return [note for note in report.notes if "outlive" in note]


def test_of_a_class_whose_constructor_starts_threads_only_exceptions_are_compared() -> None:
    report = checked("Worker")
    assert report.verdict is Verdict.UNKNOWN
    assert any("the class has threads of its own" in note for note in report.notes)
    assert outlive(report) == []


@pytest.mark.parametrize("line", [None, "a.leave()"])
def test_threads_that_outlive_their_runs_are_named_unless_the_teardown_ends_them(line: str | None) -> None:
    report = checked("Counter", teardown=line)
    assert report.verdict is Verdict.HELD
    assert bool(outlive(report)) is (line is None)


def test_a_teardown_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LockproofError, match=r"the teardown `a.leaf\(\)` raises AttributeError"):
        checked("Counter", teardown="a.leaf()")
