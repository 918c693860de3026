"""Are operations called exposed where another thread can come in the middle, and only there?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.generate.generator import Generator, Watched, met_again
from lockproof.generate.tuning import MOST_OWN
from tests.lockproof.engines.control.running import Answers, answers

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

READERS = [op(f"a.{name}()", reads=True) for name in ("one", "two", "three")]
WRITERS = [op(f"a.{name}(x)", x=[1, 2]) for name in ("add", "remove", "merge", "clear")]
SPECIFICATION = Specification(list, [*READERS, *WRITERS])


@pytest.fixture(scope="module")
def answer() -> Answers:
    return answers("tests.lockproof.campaign.worker.exposed_classes")


def test_what_is_read_unlocked_and_what_locks_twice_or_never_is_exposed(answer: Answers) -> None:
    assert answer["exposed"]["exposed"] == ["a.last()", "a.name()", "a.size()", "a.take()"]
    assert answer["exposed"]["unlocked"] == ["a.name()"]


def test_what_is_done_under_one_lock_is_not(answer: Answers) -> None:
    assert answer["held"]["exposed"] == []


def test_where_all_are_what_takes_no_lock_at_all_stands_out(answer: Answers) -> None:
    assert answer["careless"]["exposed"] == ["a.name()"]


def test_nothing_stands_out_of_a_class_without_locks(answer: Answers) -> None:
    assert answer["bare"]["exposed"] == []
    assert answer["bare"]["unlocked"] == []
    assert answer["bare"]["announced"] == 9


def test_accesses_are_counted(answer: Answers) -> None:
    accesses = answer["held"]["accesses"]
    assert accesses["a.add(x)"] > accesses["a.size()"] > accesses["a.name()"]


def test_two_in_three_scenarios_have_a_kind_that_is_exposed_and_long_ones_meet_it_first() -> None:
    watched = Watched(frozenset({"a.two()"}), {"a.merge(x)": 40, "a.add(x)": 2})
    generator = Generator(SPECIFICATION, 2, 1, watched=watched)
    made = [generator.scenario(index) for index in range(400) if not generator._pairs.is_early(index)][:60]
    aimed = [scenario for k, scenario in enumerate(made) if k % 3 < 2]
    assert all(any(each.kind.text == "a.two()" for each in scenario.operations) for scenario in aimed)
    first = {each.kind.text for thread in made[0].threads for each in thread}
    assert first == {"a.two()", "a.merge(x)"}
    others = {each.kind.text for scenario in made[2::3] for thread in scenario.threads for each in thread}
    assert others == {kind.text for kind in (*READERS, *WRITERS)}


def test_what_an_operation_accesses_is_known_by_name(answer: Answers) -> None:
    fields = answer["held"]["fields"]
    assert fields["a.add(x)"] == ["_items"] == fields["a.last()"]


def test_own_methods_meet_early_and_first_those_that_share_an_attribute() -> None:
    kinds = [op(f"a.m{number}()") for number in range(40)]
    specification = Specification(list, [*kinds, op("a.n()", reads=True), op("len(a)", reads=True)], observe=["len(a)"])
    fields = {f"a.m{number}()": frozenset({f"_f{number % 20}"}) for number in range(40)}
    for watched, share in ((Watched(fields=fields), True), (Watched(), False)):
        generator = Generator(specification, 2, 1, watched=watched)
        early = [index for index in range(400) if generator.is_early(index)]
        assert early[:3] == [0, 1, 3] and len(early) == MOST_OWN
        pairs = _pairs([generator.scenario(index) for index in early])
        assert set(pairs[:40]) == {(kind.text,) for kind in kinds}
        shared = [pair for pair in pairs[40:60] if fields.get(pair[0]) == fields.get(pair[-1])]
        assert (len(shared) == 10) is share, "every second one of them has a reader"
    builtin = replace(specification, model=list)
    assert not Generator(builtin, 2, 1).is_early(0), "the operations of a builtin are no methods of the class's own"


def _pairs(scenarios: Sequence[Scenario]) -> list[tuple[str, ...]]:
    """Return the kinds that run beside each other in each scenario, a pair beside itself as one."""
    return [tuple(sorted({each.kind.text for thread in made.threads for each in thread})) for made in scenarios]


def test_what_is_aimed_at_meets_what_is_exposed_early_and_several_others() -> None:
    aimed = {"a.clear(x)": 1}
    watched = Watched(frozenset({"a.three()"}), {"a.merge(x)": 40, "a.add(x)": 40, "a.remove(x)": 40})
    for seen, early in ((watched, True), (replace(watched, exposed=frozenset()), False)):
        generator = Generator(SPECIFICATION, 2, 1, aimed=aimed, watched=seen)
        pairs = [pair for k, pair in enumerate(_pairs([generator.scenario(k) for k in range(12)])) if k % 6 < 5]
        assert all("a.clear(x)" in pair for pair in pairs)
        assert (("a.clear(x)", "a.three()") in pairs[:3]) is early
        assert len(set(pairs)) >= 5


def test_of_what_is_aimed_at_what_runs_little_else_comes_first() -> None:
    for aimed in ({"a.clear(x)": 1, "a.remove(x)": 9}, {"a.clear(x)": 9, "a.remove(x)": 1}):
        first = min(aimed, key=lambda text: aimed[text])
        assert first in _pairs([Generator(SPECIFICATION, 2, 1, aimed=aimed).scenario(0)])[0]


def test_what_is_exclusive_makes_no_pair_with_its_like() -> None:
    kinds = [*(op(f"a.{name}()", exclusive="one") for name in ("one", "two")), op("a.three()")]
    generator = Generator(Specification(list, kinds), 2, 1, aimed={"a.one()": 1})
    assert set(_pairs([generator.scenario(k) for k in range(6) if k % 6 < 5])) == {("a.one()", "a.three()")}


def test_two_subjects_meet_in_the_middle_early() -> None:
    kinds = [op("a |= b"), op("b |= a"), *(op(f"a.{name}()", weight=5) for name in ("one", "two", "three"))]
    generator = Generator(Specification(list, kinds, subjects=2), 2, 1, aimed={"a |= b": 1})
    assert set(_pairs([generator.scenario(k) for k in range(2)])) == {("a |= b",), ("a |= b", "b |= a")}


def test_what_was_met_once_leaves_the_next_turn_to_others() -> None:
    kinds = [op("a.one()"), op("a.two()"), op("a.heavy()", weight=9), op("a.light()", weight=8)]
    generator = Generator(Specification(list, kinds), 2, 1, aimed={"a.one()": 1, "a.two()": 1})
    assert [generator._pairs.aimed_pairs[k][1].text for k in (0, 2)] == ["a.heavy()", "a.light()"]


def test_pairs_are_met_again_less_and_less_often() -> None:
    turns = [met_again(turn) for turn in range(1, 82)]
    assert sorted(set(turns)) == list(range(len(set(turns))))
    assert [turns.count(each) for each in (0, 1, 2, 4, 18, 53)] == [5, 4, 3, 3, 1, 1]
    firsts = [turns.index(each) for each in sorted(set(turns))]
    assert firsts == sorted(firsts)


def test_without_anything_exposed_scenarios_are_as_before() -> None:
    plain = [str(Generator(SPECIFICATION, 2, 1).scenario(index)) for index in range(60)]
    seen = Watched(frozenset(), {"a.merge(x)": 40})
    assert [str(Generator(SPECIFICATION, 2, 1, watched=seen).scenario(index)) for index in range(60)] == plain


def test_what_takes_no_lock_sees_more_than_what_is_exposed() -> None:
    aimed = {"a.clear(x)": 1}
    seen = Watched(frozenset({"a.three()"}), {}, frozenset({"a.two()"}))
    for watched, first in ((seen, "a.two()"), (replace(seen, unlocked=frozenset()), "a.three()")):
        generator = Generator(SPECIFICATION, 2, 1, aimed=aimed, watched=watched)
        assert ("a.clear(x)", first) in _pairs([generator.scenario(k) for k in range(3)])


@pytest.mark.parametrize(("subjects", "seconds"), [(1, {"2 in a"}), (2, {"2 in a", "2 in b"})])
def test_who_looks_at_one_thing_mostly_looks_at_another_too(subjects: int, seconds: set[str]) -> None:
    kinds = [op("x in a", x=[1, 2], reads=True), op("a.fill()")]
    for aimed in ({"x in a": 1}, None):
        generator = Generator(Specification(set, kinds, subjects=subjects), 2, 1, aimed=aimed)
        made = [generator.scenario(number) for number in range(90) if number % 6 < 5]
        threads = [[each.text for each in thread] for scenario in made for thread in scenario.threads]
        two = [thread for thread in threads if len(thread) == 2 and thread[0] == "1 in a"]
        if aimed:
            assert seconds <= {thread[1] for thread in two} <= {*seconds, "a.fill()"}
        else:
            assert "2 in b" not in {thread[1] for thread in two}
