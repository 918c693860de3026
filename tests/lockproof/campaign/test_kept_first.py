"""Are the scenarios that people keep tried before all others, and is one that cannot run a note and no error?"""

from __future__ import annotations

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Report, Verdict
from tests.lockproof.campaign.rare import RACE

HERE = "tests.lockproof.campaign.rare"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def checked(name: str, *kept: str, schedules: int = 60) -> Report:
    return check_target(f"{HERE}:{name}", CheckOptions(seed=1, schedules=schedules), kept=kept)


def test_a_rare_flaw_is_found_at_once_with_its_scenario_and_not_without() -> None:
    found, missed = checked("Machine", RACE), checked("Machine")
    assert (found.verdict, len(found.findings)) == (Verdict.VIOLATION, 1)
    control = found.findings[0].control
    assert control is not None and control.schedules <= 20
    assert missed.verdict is not Verdict.VIOLATION


def test_one_that_holds_runs_first_and_stays() -> None:
    held = checked("MendedMachine", RACE, "a.gone() || a.step()", "a.step( ||", "a.step()")
    assert held.verdict is not Verdict.VIOLATION
    notes = "\n".join(held.notes)
    assert "the kept scenario ran first; one that holds stays in the file" in notes
    left_out = [each for each in held.notes if each.startswith("a scenario of an earlier run was left out")]
    assert len(left_out) == 3
    for text in ("a.gone() || a.step()", "`a.step( ||`", "`a.step()`: a scenario of one thread shows nothing"):
        assert any(text in each for each in left_out)
