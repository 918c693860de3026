"""Does every strategy of the portfolio have its turns?"""

from __future__ import annotations

import pytest

from tests.lockproof.engines.control.running import answers

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def test_one_that_learns_has_every_other_turn_in_the_end_and_few_of_many_threads_has_as_many() -> None:
    little, many = answers("tests.lockproof.campaign.portfolio_turns")["turns"]
    names = ["orders", "pct", "pos", "preemptions", "random", "surw", "traces"]
    assert sorted(little) == sorted([*names, "rare"])
    assert {little[name] for name in names} <= {42, 43}
    assert 295 <= little["rare"] <= 305
    assert sorted(many) == sorted([*names, "few", "rare"])
    assert {many[name] for name in names} <= {26, 27}
    assert 205 <= many["few"] <= 215 and 200 <= many["rare"] <= 215


def test_at_first_all_have_as_many_turns() -> None:
    first, _ = answers("tests.lockproof.campaign.portfolio_turns")["first"]
    assert set(first.values()) == {3}
