"""Does every strategy of the portfolio have its turns?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import answers

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def test_all_have_as_many_turns_but_with_many_threads_surw_has_half() -> None:
    few, many = answers("tests.lockproof.campaign.portfolio_turns")["turns"]
    names = ["orders", "pct", "pos", "preemptions", "random", "surw", "traces"]
    assert sorted(few) == sorted(many) == names
    assert set(few.values()) == {85, 86}
    assert 295 <= many["surw"] <= 305
    assert {many[name] for name in names if name != "surw"} <= {49, 50, 51}
