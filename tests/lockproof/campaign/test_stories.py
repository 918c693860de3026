"""Is the story of a finding true: who waited for what and why another thread went on, and does it end with the run?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lockproof.campaign.explore import explore_target
from lockproof.core.evidence import Doubt
from lockproof.core.options import ExploreOptions
from lockproof.core.verdict import Control, Finding, FindingKind, Verdict
from lockproof.report.text import as_text

SOURCE = Path(__file__).with_name("stories.py")

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


@cache
def found(name: str, scenario: str | None = None) -> tuple[Finding, Control, str]:
    report = explore_target(f"{SOURCE}:{name}", ExploreOptions(seed=1, budget=60.0, scenario=scenario))
    (finding,) = report.findings
    assert finding.control is not None
    return finding, finding.control, as_text(report)


def line(comment: str) -> str:
    """Return the place of a line by what stands in it."""
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return f"{SOURCE}:{next(k for k, each in enumerate(lines, 1) if comment in each)}"


def test_a_story_ends_with_the_deadlock() -> None:
    finding, control, _ = found("gives_forks_back")
    assert finding.kind is FindingKind.DEADLOCK and control.steps
    assert line("# gives back") not in [each.place for each in control.steps]


def test_a_thread_of_a_deadlock_does_not_end_and_each_lock_is_in_the_story() -> None:
    _, control, text = found("crosswise")
    assert "it ends" not in [each.switch for each in control.steps]
    assert {each.place for each in control.steps} == {line("# first takes one"), line("# second takes other")}
    assert "(it ends)" not in text


def test_who_notifies_does_not_wait_for_a_notification() -> None:
    finding, control, _ = found("looks_once")
    assert finding.kind in (FindingKind.EXCEPTION, FindingKind.DEADLOCK)
    waiting = {each.thread for each in control.steps if each.switch == "it waits for a notification"}
    putting = {each.thread for each in control.steps if "box.append" in each.source}
    assert waiting and putting and not waiting & putting


def test_a_wait_inside_the_library_is_told_with_the_line_that_called_it() -> None:
    _, control, text = found("one_sentinel")
    row = next(each for each in control.blocked if each.thread != "main thread")
    assert row.place == line("# gets") and ", in queue.py:" in row.waits_for
    assert f"stories.py:{line('# gets').rpartition(':')[2]} for a notification, in queue.py:" in " ".join(text.split())


def test_a_deadlock_shows_what_the_calls_before_came_to() -> None:
    finding, _, text = found("Buffer", "-> a.put(0) || a.put(0); a.take() || a.take() -> a.put(0)")
    assert finding.kind is FindingKind.DEADLOCK and finding.outcome is not None
    assert any("raises IndexError" in row for row in finding.outcome.threads)
    assert "-> waits for ever" in text and "raised IndexError" in text


def test_a_finding_ends_the_search_before_its_time_is_over() -> None:
    assert "when its time was over" not in found("crosswise")[2]


def test_the_main_thread_of_the_process_is_not_asked_of_a_function() -> None:
    report = explore_target(f"{SOURCE}:sets_a_handler", ExploreOptions(seed=1, budget=60.0))
    assert report.verdict is Verdict.UNKNOWN
    (reason,) = report.unknown
    assert reason.code is Doubt.NEEDS_MAIN_THREAD and "signal.signal" in reason.text and reason.step
    assert explore_target(f"{SOURCE}:tries_to_set_one", ExploreOptions(seed=1)).verdict is Verdict.HELD


def test_a_signal_in_another_thread_is_a_fault_of_the_function() -> None:
    finding, _, _ = found("sets_it_in_threads")
    assert finding.kind is FindingKind.EXCEPTION and "main thread" in finding.detail
