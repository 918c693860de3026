"""Are scenarios a function of seed and number, small, full of collisions, and within what the specification allows?"""

from __future__ import annotations

import pytest

from lockproof.core.operation import Operation, op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.generate.generator import Generator, Watched

pytestmark = pytest.mark.one_build

KINDS = [
    op("a.add(x)", x=[1, 2], weight=4),
    op("a.remove(x)", x=[1, 2]),
    op("a.update(b)"),
    op("b.update(a)"),
    op("len(a)", reads=True),
    op("a.get()", exclusive="consumer"),
]
SPECIFICATION = Specification(set, KINDS, observe=["sorted(a)"], subjects=2)


def made(seed: int, count: int = 400, threads: int = 2) -> list[Scenario]:
    generator = Generator(SPECIFICATION, threads, seed)
    return [generator.scenario(index) for index in range(count)]


def test_seed_and_number_determine_the_scenario() -> None:
    assert made(5) == made(5)
    assert made(5) != made(6)
    assert Generator(SPECIFICATION, 2, 5).scenario(77) == made(5)[77]


def test_every_kind_is_tried_beside_itself_and_something_always_changes() -> None:
    scenarios = made(1)
    for kind in KINDS:
        if not kind.exclusive and not kind.reads:
            assert any(all(each.kind is kind for thread in s.threads for each in thread) for s in scenarios), kind
    assert all(any(not each.kind.reads for thread in s.threads for each in thread) for s in scenarios)


def test_scenarios_are_small() -> None:
    for scenario in made(2):
        assert all(1 <= len(thread) <= 4 for thread in scenario.threads)
        assert len(scenario.threads) <= 2


def test_more_threads_are_used_when_they_are_allowed() -> None:
    assert {len(scenario.threads) for scenario in made(3, threads=4)} >= {2, 3, 4}


def owners(scenario: Scenario) -> int:
    return len({t for t, thread in enumerate(scenario.threads) for each in thread if each.kind.exclusive})


def test_operations_that_may_not_overlap_stay_in_one_thread() -> None:
    assert max(owners(scenario) for scenario in made(4, threads=3)) == 1


@pytest.mark.parametrize("aimed", [True, False])
def test_they_stay_in_one_thread_in_scenarios_with_an_aim_and_with_exposed_kinds(aimed: bool) -> None:
    writers = [op("a.add(1)", exclusive="open"), op("a.clear()", exclusive="open"), op("a.add(2)", weight=2)]
    specification = Specification(set, [*writers, op("frozenset(a)", reads=True, exclusive="open")])
    exposed = {"frozenset(a)", "a.clear()"}
    watched = Watched() if aimed else Watched(frozenset(exposed))
    generator = Generator(specification, 2, 4, aimed=dict.fromkeys(exposed if aimed else (), 1), watched=watched)
    assert max(owners(generator.scenario(index)) for index in range(400)) == 1


def test_an_operation_that_may_end_a_wait_is_added_to_a_thread_that_may_run_it() -> None:
    kinds = [op("a.get()", exclusive="consumer"), op("a.put()", exclusive="consumer")]
    generator = Generator(Specification(list, [*kinds, op("len(a)", reads=True)]), 3, 4)
    get = Operation("a.get()", kind=kinds[0])
    made = [*generator.unblocked(Scenario((), ((get,),)), 1)]
    assert any(len(scenario.operations) == 2 and not scenario.init for scenario in made)
    assert max(map(owners, made)) == 1


def test_each_subject_that_is_used_is_observed_at_the_end() -> None:
    scenarios = made(5)
    assert any(len(scenario.subjects) == 2 for scenario in scenarios)
    for scenario in scenarios:
        assert [str(each) for each in scenario.final] == [f"sorted({name})" for name in scenario.subjects]


def test_the_initial_part_only_changes() -> None:
    assert any(scenario.init for scenario in made(6))
    assert all(not each.kind.reads for scenario in made(6) for each in scenario.init)
