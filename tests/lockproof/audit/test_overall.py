"""Does the progress of many checks count what is done and found, and estimate what is left from what was seen?"""

from __future__ import annotations

import pytest

from lockproof.audit import overall
from lockproof.audit.overall import UnitsProgress
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome
from tests.lockproof.report.samples import HELD, LOST_UPDATE

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="replaces the clock of a module")]

UNITS = [Unit(f"m:{number}", CheckOptions(seed=1, budget=10.0)) for number in range(4)]


def test_it_counts_units_and_findings_and_estimates_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(overall.time, "monotonic", lambda: now)
    told: list[Progress] = []
    progress = UnitsProgress(4, 2, 2, told.append)
    progress.told(UNITS[0], Progress("checking", 0.0, 10.0))
    assert told[-1].text == "2 of 6 done, about 23 s left, now m:0"  # by the budgets, before one has ended
    now += 30.0
    progress.ended(UnitOutcome(UNITS[0], Ending.CHECKED, LOST_UPDATE))
    assert told[-1].text == "3 of 6 done, about 45 s left, now m:0" and told[-1].findings == 1
    progress.told(UNITS[1], Progress("checking", 0.0, 10.0))
    now += 290.0
    progress.ended(UnitOutcome(UNITS[1], Ending.CHECKED, HELD))
    assert told[-1].text == "4 of 6 done, about 3 min left, now m:1" and told[-1].findings == 1
    assert told[-1].elapsed == 320.0


def test_a_unit_that_runs_for_long_is_in_the_estimate_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(overall.time, "monotonic", lambda: now)
    told: list[Progress] = []
    progress = UnitsProgress(4, 0, 2, told.append)
    progress.told(UNITS[0], Progress("checking", 0.0, 10.0))
    now = 60.0
    progress.told(UNITS[0], Progress("checking", 60.0, 10.0))
    assert told[-1].text == "0 of 4 done, about 2 min left, now m:0"
    progress.told(UNITS[1], Progress("checking", 0.0, 10.0))
    assert told[-1].text == "0 of 4 done, about 2 min left, now m:1"  # the new one says nothing yet
