"""Do the pictures show the right threads, arrows and points, and nothing outside their frames?"""

from __future__ import annotations

import pytest

from lockproof.core.history_report import PartReport
from lockproof.core.verdict import BlockedThread, Verdict
from lockproof.report.html.picture_history import picture_of_part
from lockproof.report.html.picture_waits import HEIGHT, WIDTH, picture_of_waits
from tests.lockproof.report.html.samples_for_pages import ALONE, DINING, TIMED, fork
from tests.lockproof.report.samples import DEADLOCK, HISTORIES

pytestmark = pytest.mark.one_build

CONTROL = DEADLOCK.findings[0].control
assert CONTROL is not None

WAITS = {
    "three": DINING,
    "two": CONTROL.blocked,
    "one": ALONE,
    "no circle": (DINING[0], BlockedThread("waiter", "a notification", "", "", "", 0)),
    "nine": tuple(fork(number, 9) for number in range(9)),
    "nobody": (),
}


@pytest.mark.parametrize("name", sorted(WAITS))
def test_boxes_lie_apart_and_inside_the_frame(name: str) -> None:
    picture = picture_of_waits(WAITS[name])
    for number, box in enumerate(picture.boxes):
        assert box.left >= 0 and box.top >= 0
        assert box.left + WIDTH <= picture.width and box.top + HEIGHT <= picture.height
        for other in picture.boxes[:number]:
            assert abs(box.x - other.x) >= WIDTH or abs(box.y - other.y) >= HEIGHT
    for arrow in picture.arrows:
        assert 0 <= min(arrow.x1, arrow.x2) and max(arrow.x1, arrow.x2) <= picture.width
        assert 0 <= min(arrow.y1, arrow.y2) and max(arrow.y1, arrow.y2) <= picture.height


def test_a_circle_goes_from_thread_to_lock_to_thread() -> None:
    picture = picture_of_waits(DINING)
    circle = picture.boxes[:6]
    assert [box.lines[0] for box in circle if box.thread] == ["philosopher 1", "philosopher 2", "philosopher 3"]
    assert [box.thread for box in circle] == [True, False] * 3
    assert [arrow.held for arrow in picture.arrows[:6]] == [False, True] * 3
    assert [box.lines for box in picture.boxes[6:]] == [
        ("main thread", "waits at bags.py:19"),
        ("the end of philosopher 1",),
    ]


def test_a_thread_that_waits_for_its_own_lock_is_a_circle_too() -> None:
    picture = picture_of_waits(ALONE)
    assert len(picture.boxes) == len(picture.arrows) == 2
    assert [arrow.held for arrow in picture.arrows] == [False, True]


def test_each_thread_has_its_sentence() -> None:
    assert picture_of_waits(CONTROL.blocked).sentences == (
        "main thread waits at bags.py:40 for the end of forth",
        "forth waits at bags.py:31 for the lock made at bags.py:7, which back has since bags.py:35",
        "back waits at bags.py:36 for the reentrant lock made at bags.py:8, which forth has since bags.py:30, "
        "taken 2 times",
        "waiter waits for a notification",
    )


def test_a_long_name_is_cut_in_its_box_and_whole_beside_it() -> None:
    (box, *_) = picture_of_waits((BlockedThread("t" * 60, "x", "", "", "", 0),)).boxes
    assert len(box.lines[0]) < 30 and "t" * 60 in box.whole


def test_points_lie_in_their_calls_and_in_their_order() -> None:
    (part,) = TIMED.parts
    picture = picture_of_part(part)
    assert picture is not None
    assert [name for name, _ in picture.processes] == ["process 0", "process 1", "process 12"]
    assert [bar.stuck for bar in picture.bars] == [False, False, False, True]
    assert [bar.returned for bar in picture.bars] == [True, True, False, True]
    for bar, (x, y) in zip(picture.bars, picture.points, strict=False):
        assert bar.x <= x <= bar.x + bar.width and bar.y <= y <= bar.y + 34
    assert [x for x, _ in picture.points] == sorted(x for x, _ in picture.points)
    assert all(bar.x + bar.width <= picture.width for bar in picture.bars)


def test_a_report_without_times_has_tables_alone() -> None:
    for part in HISTORIES["history-violation"].parts:
        assert picture_of_part(part) is None
    assert picture_of_part(PartReport((), Verdict.UNKNOWN, 0, 0, 0.0)) is None
