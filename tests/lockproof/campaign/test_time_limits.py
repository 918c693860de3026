"""Is a wait with a time limit that is longer than a hang no finding, and its twin without a limit one?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import FindingKind, Report, Verdict

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def checked(name: str) -> Report:
    return check_target(f"tests.lockproof.campaign.limited:{name}", CheckOptions(schedules=60, seed=1, hang=1.0))


def test_a_class_whose_get_comes_back_without_an_item_is_no_queue_that_waits() -> None:
    report = checked("Inbox")
    assert (report.verdict, report.model) == (Verdict.HELD, "itself, run by one thread")


def test_a_limit_that_only_real_time_ends_is_no_hang() -> None:
    assert checked("OnceMore").verdict is Verdict.HELD


def test_a_wait_without_a_limit_is_one() -> None:
    report = checked("Twice")
    assert report.verdict is Verdict.VIOLATION
    assert {each.kind for each in report.findings} <= {FindingKind.HANG, FindingKind.DEADLOCK}
