"""What the guide says that lockproof cannot see: is it still so, and does the advice beside it help?

Each limit has a class with a flaw, and a strict xfail: where lockproof learns to show the flaw, the test fails, and
the sentence in the guide has to go.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Verdict

GUIDE = (Path(__file__).parents[2] / "docs" / "lockproof.md").read_text(encoding="utf-8")
GIL = sys._is_gil_enabled()

LIMITS: dict[str, tuple[str, dict[str, Any]]] = {
    "Crowd": ("two or three threads, a few operations each", {}),
    "Kept": ("Where the free-threaded build runs it in several", {"engine": "schedules"}),
    "Miscounted": ("If a class is compared with itself", {}),
    "Unread": ("Other state that no", {}),
    "Wrapped": ("Objects are not told apart inside a set", {}),
    "Makes": ("Of a function that an operation returns, one way to call it is tried", {}),
    "Nested": ("nothing that those return", {}),
    "Copying": ("may read `b` first and then change `a`", {}),
    "Slotted": ("has no room for what its listeners heard", {}),
    "Guarded": ("An operation whose arguments lockproof cannot make is left out", {}),
    "Spent": ("a permit that is never", {}),
}
"""For each class the words of the guide, and the options of the check."""

HELPED: dict[str, dict[str, Any]] = {
    "Crowd": {"scenario": "a.visit() || a.visit() || a.visit() || a.visit()", "threads": 4},
    "Miscounted": {"model": "tests.corpus.limits:Total"},
    "Nested": {"scenario": "a.session().cursor().bump() || a.session().cursor().bump()"},
    "Makes": {"scenario": "a.maker()(1, 1, 1) || a.maker()(1, 1, 1)"},
}
"""Options with which the flaw is shown."""

pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes"),
    pytest.mark.nightly(reason="each takes a whole budget, since nothing is found"),
]


@pytest.mark.parametrize("words", [words for words, _ in LIMITS.values()])
def test_the_guide_names_the_limit(words: str) -> None:
    assert words in GUIDE.partition("## What it cannot see")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a limit that the guide names")
def test_the_flaw_is_shown(name: str) -> None:
    report = check_target(f"tests.corpus.limits:{name}", CheckOptions(budget=3.0, seed=1, **LIMITS[name][1]))
    assert report.verdict is Verdict.VIOLATION


@pytest.mark.parametrize("name", HELPED)
def test_with_what_the_guide_advises_the_flaw_is_shown(name: str) -> None:
    report = check_target(f"tests.corpus.limits:{name}", CheckOptions(budget=20.0, seed=1, **HELPED[name]))
    assert report.verdict is Verdict.VIOLATION
