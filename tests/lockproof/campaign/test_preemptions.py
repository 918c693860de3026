"""Has the schedule of a finding as few preemptions as the finding needs, whichever schedule showed it first?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import answers

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def test_a_preemption_of_the_thread_that_starts_the_others_goes() -> None:
    for before, after in answers("tests.lockproof.campaign.tidied_schedules")["preemptions"].values():
        assert before > after == 1
