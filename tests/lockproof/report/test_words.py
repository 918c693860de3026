"""Do numbers say what they should, and no more?"""

from __future__ import annotations

import pytest

from lockproof.report.words import clean, clean_lines, counted, listed, scenario_stacks, seconds, share

pytestmark = pytest.mark.one_build


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "-"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (812, 20_000, "4.1 %"),
        (1, 3, "33.3 %"),
        (1, 20_000, "0.005 %"),
        (1, 10**7, "< 0.001 %"),
        (10**7 - 1, 10**7, "> 99.9 %"),
        (999, 1000, "99.9 %"),
    ],
)
def test_a_share_is_0_or_100_only_where_that_is_exact(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s")],
)
def test_seconds_have_as_many_digits_as_they_need(amount: float, text: str) -> None:
    assert seconds(amount) == text


def test_one_is_singular() -> None:
    assert [counted(n, "run") for n in (0, 1, 1200)] == ["0 runs", "1 run", "1,200 runs"]


def test_lists_end_with_and() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [("häß 漢", "häß 漢"), ("\x1b[1m", r"\x1b[1m"), ("a\nb", r"a\nb"), ("\ud800", r"\ud800"), ("\u202e", r"\u202e")],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_lines_stay_lines() -> None:
    assert list(clean_lines("a\n\tb\x07\n\n")) == ["a", r"        b\x07"]


CRASH = """\
Fatal Python error: Segmentation fault

Thread 0x1 (most recent call first):
  File "crew.py", line 138 in _live

Current thread 0x2 (most recent call first):
  File "shop.py", line 16 in poke
  File "<lockproof thread 1>", line 18 in part
  File "crew.py", line 214 in _work
"""


def test_of_a_crash_the_stacks_of_the_operations_are_shown() -> None:
    assert scenario_stacks(CRASH) == (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x2 (most recent call first):\n"
        '  File "shop.py", line 16 in poke\n  File "<lockproof thread 1>", line 18 in part'
    )


@pytest.mark.parametrize(
    "stacks",
    [
        "",
        'Timeout (0:00:03)!\nThread 0x1 (most recent call first):\n  File "shop.py", line 3 in add',
        'thread 1:\n  File "<lockproof thread 1>", line 42, in part\n    a.take()\n  File "shop.py", line 12, in take',
    ],
)
def test_other_stacks_stay_whole(stacks: str) -> None:
    assert scenario_stacks(stacks) == stacks
