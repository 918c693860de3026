"""Are scenarios left out that only repeat a finding, and no others?"""

from __future__ import annotations

import pytest

from lockproof.core.avoided import Avoided, kinds_of
from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification

pytestmark = pytest.mark.one_build

SPECIFICATION = Specification(set, [op("a.add(x)", x=[1, 2]), op("a.remove(x)", x=[1, 2]), op("len(a)", reads=True)])


@pytest.mark.parametrize(
    ("group", "scenario", "avoided"),
    [
        (["a.add(1)", "a.remove(1)"], "a.add(2) || a.remove(1)", True),
        (["a.add(1)", "a.remove(1)"], "a.add(2) || len(a); a.remove(2)", True),
        (["a.add(1)", "a.remove(1)"], "a.add(1) -> len(a) || a.remove(1)", False),
        (["a.add(1)", "a.add(1)"], "a.add(1) || a.remove(1)", False),
        (["a.add(1)", "a.add(1)"], "a.add(1) || a.add(2)", True),
        (["a.add(1)"], "a.add(1) -> len(a) || a.remove(1)", True),
        (["a.add(1)"], "len(a) || a.remove(1)", False),
    ],
)
def test_operations_that_fail_where_they_meet_are_left_out_where_they_meet(
    group: list[str], scenario: str, avoided: bool
) -> None:
    described = kinds_of([kind.text for kind in SPECIFICATION.operations], ["x"])
    for specification in (SPECIFICATION, described):
        assert Avoided(specification, [group]).has(specification.bind(Scenario.parse(scenario))) is avoided


@pytest.mark.parametrize(
    ("groups", "nothing_left"),
    [
        ([], False),
        ([["a.add(1)", "a.add(1)"]], False),
        ([["a.add(1)", "a.add(1)"], ["a.add(1)", "a.remove(1)"], ["a.remove(1)", "a.remove(1)"]], True),
        ([["a.add(1)"], ["a.remove(2)", "a.remove(1)"]], True),
        ([["a.add(1)"], ["a.remove(2)", "a.remove(1)", "a.add(1)"]], False),
    ],
)
def test_nothing_is_left_if_every_pair_of_operations_is_known(groups: list[list[str]], nothing_left: bool) -> None:
    assert Avoided(SPECIFICATION, groups).all_pairs(["a.add(x)", "a.remove(x)"]) is nothing_left
