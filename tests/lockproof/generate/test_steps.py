"""Do threads take the steps with what they are given in the right order, and none with what another one has?"""

from __future__ import annotations

import pytest

from lockproof import infer
from lockproof.core.handles import gives_back_to_all, is_use, only_initial
from lockproof.core.lock_pairs import gives_lock_back
from lockproof.core.scenario import Scenario
from lockproof.generate.generator import Generator
from tests.corpus import handed, shared_locks, waiting
from tests.lockproof.inference.handing import Pool

pytestmark = pytest.mark.two_builds

NUMBERS = range(200)


def scenarios(cls: type) -> list[Scenario]:
    generator = Generator(infer(cls), threads=3, seed=1)
    return [generator.scenario(number) for number in NUMBERS]


@pytest.mark.parametrize("cls", [Pool, handed.MendedHall, handed.MendedGuests, handed.MendedDoor])
def test_nothing_is_given_back_before_it_is_given(cls: type) -> None:
    followed = 0
    for scenario in scenarios(cls):
        for t, thread in enumerate(scenario.threads, 1):
            given: list[str] = []
            for each in thread:
                if each.kind.after and not gives_back_to_all(each.text):
                    assert set(each.kind.after) & set(given), str(scenario)
                    followed += 1
                given.append(each.kind.text)
                assert not any(f", {other})" in each.text for other in {1, 2, 3} - {t}), str(scenario)
    assert followed > len(NUMBERS) / 2


def test_most_threads_give_back_what_they_were_given() -> None:
    ends = [
        sum("enter(" in each.text for each in thread) - sum("leave(" in each.text for each in thread)
        for scenario in scenarios(handed.MendedGuests)
        for thread in scenario.threads
    ]
    assert ends.count(0) > len(ends) / 2 and max(ends) > 0


def test_nobody_uses_what_another_thread_may_have_been_given_too() -> None:
    found = scenarios(Pool)
    using = [each for each in found if any(is_use(op.text) for thread in each.threads for op in thread)]
    twice = [each for each in found if any(gives_back_to_all(op.text) for thread in each.threads for op in thread)]
    assert using and twice
    assert not {str(each) for each in using} & {str(each) for each in twice}


@pytest.mark.parametrize("cls", [shared_locks.MendedReaders, shared_locks.MendedSharing, shared_locks.MendedDesk])
def test_no_thread_gives_a_lock_back_that_it_has_not_taken(cls: type) -> None:
    gives = 0
    for scenario in scenarios(cls):
        for thread in scenario.threads:
            for k, each in enumerate(thread):
                if gives_lock_back(each.kind):
                    gives += 1
                    before = [other.text for other in thread[: k + 1]]
                    assert before.count(each.kind.after[0]) >= before.count(each.text), str(scenario)
        assert not any(gives_lock_back(each.kind) for each in scenario.init)
    assert gives > len(NUMBERS) / 4


def test_what_gives_back_without_sides_needs_nothing_before_it() -> None:
    assert not any(kind.after for kind in infer(waiting.MendedTokens).operations)
    assert not any(kind.after for kind in infer(waiting.MendedLine).operations)


def test_what_all_threads_use_is_kept_before() -> None:
    for scenario in scenarios(handed.MendedMeters):
        if any("kept(a)" in each.text for thread in scenario.threads for each in thread):
            assert any(only_initial(each.text) for each in scenario.init)
