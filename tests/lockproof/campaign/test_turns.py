"""Does every strategy of the portfolio have its turns?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import answers

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def test_all_have_as_many_turns_but_with_many_threads_every_other_turn_is_of_few_of_them() -> None:
    little, many = answers("tests.lockproof.campaign.portfolio_turns")["turns"]
    names = ["orders", "pct", "pos", "preemptions", "random", "surw", "traces"]
    assert sorted(little) == names
    assert set(little.values()) == {85, 86}
    assert sorted(many) == sorted([*names, "few"])
    assert 295 <= many["few"] <= 305
    assert {many[name] for name in names} <= {42, 43}
