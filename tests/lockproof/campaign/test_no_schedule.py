"""Does a finding of real threads that has no schedule say why?"""

from __future__ import annotations

import pytest

from lockproof.campaign.protocol.messages import Explored, Found
from lockproof.campaign.schedule_failures import no_schedule
from lockproof.core.evidence import Omission
from lockproof.core.schedule import Schedule, Switching
from lockproof.core.verdict import Control, FindingKind

pytestmark = pytest.mark.one_build

OTHER = Found(FindingKind.DEADLOCK, Control(Schedule(Switching.FREE, ()), 0))


@pytest.mark.parametrize(
    ("looked", "ready", "why"),
    [
        (None, False, "the process under control did not start"),
        (None, True, "the process under control ended, or did not answer, while it looked for one"),
        (Explored(skipped=Omission.WAITS_FOR_EVER), True, "under control, its operations can wait for ever"),
        (Explored(schedules=1200), True, "1,200 schedules under control did not show it"),
        (Explored(schedules=12, everything=True), True, "all schedules that there are under control did not show it"),
        (Explored(schedules=3, found=OTHER), True, "under control, the scenario shows something else: deadlock"),
    ],
)
def test_each_reason_has_its_sentence(looked: Explored | None, ready: bool, why: str) -> None:
    assert no_schedule(looked, ready=ready) == f"There is no schedule: {why}."
