"""Does the text of a run show which thread did what, and in which order, on a terminal of any width?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from lockproof.core.codec import decode, encode
from lockproof.core.verdict import Control, Masking, Report, TracedStep
from lockproof.report.interleaving import MOST_STEPS
from lockproof.report.text import as_text
from tests.lockproof.report.samples import BAG, DEADLOCK, LOST_UPDATE, MASKED, NOT_AGAIN, step

pytestmark = pytest.mark.one_build

WIDTHS = [60, 80, 100, 160]


def with_control(report: Report, **changes: Any) -> Report:
    """Return the report with another control in its finding."""
    (finding,) = report.findings
    assert finding.control is not None
    return replace(report, findings=(replace(finding, control=replace(finding.control, **changes)),))


def words(text: str) -> str:
    """Return the text without frames of tables and line ends."""
    return " ".join(re.sub("[│┌┐└┘├┤┬┴┼─]", " ", text).split())


def test_a_finding_without_a_schedule_has_no_story() -> None:
    text = as_text(LOST_UPDATE)
    for word in ("how it came to that", "schedule", "GIL-masked", "threads that wait"):
        assert word not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_the_accesses_that_collided_are_marked_and_no_others(width: int) -> None:
    text = as_text(MASKED, width)
    assert "how it came to that" in text
    assert len(re.findall(r"^[ │]*\* ", text, re.MULTILINE)) == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_the_steps_stand_in_the_order_in_which_they_were_done(width: int) -> None:
    text = words(as_text(MASKED, width))
    told = ["reads self.size: 0]", "(another thread goes on)", "reads self.size: 0; writes self.size: 1]", "(it ends)"]
    places = [text.index(each) for each in told]
    assert places == sorted(places)
    assert text.index("(it ends)") < text.rindex("writes self.size: 1]")


@pytest.mark.parametrize("width", WIDTHS)
def test_where_it_stands_says_who_it_was(width: int) -> None:
    text = as_text(MASKED, width)
    (line,) = [each for each in text.splitlines() if "another thread goes on" in each]
    if "│" in line:
        assert line.index("another thread") < len(line) / 2
    else:
        assert "thread 1: bags.py:13 self.size += 1" in text and "thread 2: bags.py:13 self.size += 1" in text


LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"


@pytest.mark.parametrize("width", [60, 100])
def test_no_part_of_a_long_step_is_lost(width: int) -> None:
    steps = tuple(step(thread, 5, "x" * size + " = f()", LONG) for thread in (1, 2) for size in range(1, 50))
    for each in steps:
        text = as_text(with_control(MASKED, steps=(each, step(3 - int(each.thread[-1]), 6, "pass"))), width)
        shown = re.sub(r"[\s│]", "", text)
        assert re.sub(r"\s", "", f"{each.source}[{LONG}]") in shown


def test_a_step_whose_place_is_not_known_is_told_without_one() -> None:
    unknown = TracedStep("thread 1", "", "", ("takes the lock",))
    for width in WIDTHS:
        text = as_text(with_control(MASKED, steps=(unknown, step(2, 6, "pass"))), width)
        assert "[takes the lock]" in text and not re.search(r"[\s│]:\s+\[takes", text)


def test_steps_beyond_the_most_that_are_told_are_counted() -> None:
    steps = tuple(step(k % 2 + 1, k, f"line_{k}()") for k in range(MOST_STEPS + 7))
    for width in WIDTHS:
        text = as_text(with_control(MASKED, steps=steps), width)
        assert f"line_{MOST_STEPS - 1}()" in text and f"line_{MOST_STEPS}()" not in text
        assert "and 7 steps more, which the JSON report has" in words(text)
    assert "more, which the JSON" not in as_text(with_control(MASKED, steps=steps[:MOST_STEPS]))


@pytest.mark.parametrize("width", WIDTHS)
def test_who_waits_is_told_with_the_owner_and_without_what_is_not_known(width: int) -> None:
    text = words(as_text(DEADLOCK, width))
    assert "- forth waits at bags.py:31 for the lock made at bags.py:7 which back has since bags.py:35 - back" in text
    assert "which forth has since bags.py:30, taken 2 times" in text
    assert "- waiter waits for a notification" in text
    assert BAG not in text and "how it came to that" not in text


@pytest.mark.parametrize("label", list(Masking))
def test_the_label_stands_with_what_it_rests_on(label: Masking) -> None:
    for width in WIDTHS:
        assert f"{label.value}: because of this" in words(
            as_text(with_control(MASKED, masking=label, rests_on="because of this"), width)
        )


def test_a_finding_that_did_not_show_again_says_so_and_has_no_label() -> None:
    text = words(as_text(NOT_AGAIN))
    assert "which did not show it again in 10 replays: something beside the schedule decides" in text
    assert not any(label.value in text for label in Masking)
    assert "it showed the same in 10 of 10 replays" in words(as_text(MASKED))


def test_foreign_text_cannot_command_the_terminal() -> None:
    evil = TracedStep("\x1b[2J", f"{BAG}\x1b:5", "\x1b[31m", ("\x1b[0m",), True, "\x1b]0;")
    for width in WIDTHS:
        changed = with_control(MASKED, steps=(evil, step(2, 6, "pass")), rests_on="\x1b[2J")
        assert "\x1b" not in as_text(changed, width)


def test_a_control_goes_through_json_unchanged() -> None:
    for report in (MASKED, DEADLOCK, NOT_AGAIN):
        control = report.findings[0].control
        assert control is not None
        assert decode(Control, encode(control)) == control


def test_a_line_is_not_told_twice_where_all_of_it_is_one_access() -> None:
    returned = step(1, 7, "return self.items.pop()", "self.items.pop()")
    text = words(as_text(with_control(MASKED, steps=(returned,)), 160))
    assert text.count("self.items.pop()") == 1
