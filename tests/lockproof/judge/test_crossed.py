"""Is an operation that is given another subject judged as two steps where the class promises no more?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockproof import infer
from lockproof.core.operation import Operation, op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.verdict import Verdict
from lockproof.judge.crossed import Crossed, contents_of_operand, in_two_steps
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge
from tests.corpus.lists import MendedRoster

RACE = "a.enter(1); b.enter(1) -> a.strike_all(b) || b.strike_all(a) -> len(a); len(b)"


def judge(specification: Specification, text: str, *, two_steps: bool) -> ScenarioJudge:
    scenario = specification.bind(Scenario.parse(text))
    if two_steps:
        threads = in_two_steps(scenario.threads)
        assert threads is not None
        scenario = replace(scenario, threads=tuple(map(tuple, threads)))
    model = ReplayModel(specification, scenario.init, scenario.subjects)
    return ScenarioJudge(scenario.threads, scenario.final, model)


@pytest.mark.parametrize(("left", "allowed"), [((0, 1), True), ((1, 0), True), ((0, 0), False), ((1, 1), False)])
def test_two_subjects_that_read_each_other_need_not_do_so_at_once(left: tuple[int, int], allowed: bool) -> None:
    roster = infer(MendedRoster)
    one, two = (judge(roster, RACE, two_steps=two).judge(((None,), (None,)), left, None) for two in (False, True))
    assert (one.verdict is Verdict.HELD) == allowed
    assert two.verdict is (Verdict.VIOLATION if left == (1, 1) else Verdict.HELD)


def test_real_time_counts_for_both_steps() -> None:
    roster = infer(MendedRoster)
    seen = (((0, 0),), ((1, 0),))  # the first call had returned before the second one began
    found = judge(roster, RACE, two_steps=True)
    assert found.judge(((None,), (None,)), (0, 1), seen).verdict is Verdict.HELD
    assert found.judge(((None,), (None,)), (0, 0), seen).verdict is Verdict.VIOLATION


def test_an_operand_that_cannot_be_read_raises_in_the_second_step() -> None:
    class Plain:
        def take(self, other: object) -> int:
            return 1

    specification = Specification(Plain, [op("a.take(b)")], subjects=2)
    found = judge(specification, "a.take(b) || b.take(a)", two_steps=True)
    assert found.judge(((1,), (1,)), (), None).verdict is Verdict.VIOLATION


def test_only_operations_on_two_subjects_have_two_steps() -> None:
    lines = ["a.update(b)", "a |= b", "b < a", "a.add(1)", "a.join(b, b)", "a.update(c)"]
    crossed = (in_two_steps([list(map(Operation, lines))]) or [[]])[0]
    found = [(each.text, each.operand) for each in crossed if isinstance(each, Crossed)]
    assert found == [("a.update(c)", "b"), ("a |= c", "b"), ("b < c", "a")]
    assert in_two_steps([[Operation("a.add(1)")]]) is None


def test_contents_keep_the_kind_of_container() -> None:
    assert [contents_of_operand(each) for each in (frozenset((1,)), {1: 2}, (1,))] == [{1}, {1: 2}, [1]]
