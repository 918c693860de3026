"""Does the judge of scenarios say why, know what may wait, and keep to its bounds?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import Collected, Identity, Raised, anonymous, canonical, numbered
from lockproof.core.verdict import Consistency, Verdict
from lockproof.judge.orders import Waiting, at_rest
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge

pytestmark = pytest.mark.one_build


class Tried(set[int]):
    """A set whose method says whether it added."""

    def try_add(self, element: int) -> bool:
        added = element not in self
        self.add(element)
        return added


def judge(text: str, **options: Any) -> ScenarioJudge:
    scenario = Scenario.parse(text)
    model = ReplayModel(Specification(Tried, [op("len(a)")]), scenario.init, scenario.subjects)
    return ScenarioJudge(scenario.threads, scenario.final, model, **options)


def listed(*items: int) -> Collected:
    return Collected("list", items)


def test_a_result_that_only_one_may_have_is_explained_in_a_sentence() -> None:
    explanation = judge("a.try_add(1) || a.try_add(1)").explain([[True], [True]], [], None)
    assert explanation.why == (
        "Both `a.try_add(1)` returned True. In every order in which one returns True, the other returns False.",
    )
    assert {outcome.threads for outcome in explanation.nearest} == {(("True",), ("False",)), (("False",), ("True",))}


def test_of_more_equal_calls_the_two_are_named_that_no_order_gives_together() -> None:
    explanation = judge("a.try_add(1) || a.try_add(1) || a.try_add(1)").explain([[True], [True], [False]], [], None)
    first, second = "`a.try_add(1)` of thread 1", "`a.try_add(1)` of thread 2"
    assert explanation.why == (
        f"No order gives all of this: {first} returned True and {second} returned True.",
        f"In every order in which {first} returns True, {second} returns False.",
    )


def test_a_lost_update_is_explained_by_the_end_that_should_be() -> None:
    explanation = judge("-> a.add(1) || a.add(2) -> sorted(a)").explain([[None], [None]], [listed(1)], None)
    assert "After every such order `sorted(a)` returns [1, 2]; in the run it returned [1]." in explanation.why
    assert explanation.nearest[0].final == ("[1, 2]",)


def test_a_result_against_real_time_is_explained_with_the_two_calls() -> None:
    scenario = judge("len(a) || a.add(2)")
    seen = [[[0, 1]], [[0, 0]]]
    judged = scenario.judge([[0], [None]], [], seen)
    assert (judged.verdict, judged.order_only) == (Verdict.VIOLATION, True)
    assert scenario.judge([[0], [None]], [], None).verdict is Verdict.HELD
    assert scenario.explain([[0], [None]], [], seen).why == (
        "`len(a)` began after `a.add(2)` had returned, and returned 0.",
        "Every order that gives these results has `len(a)` before `a.add(2)`.",
    )


@pytest.mark.parametrize(
    ("text", "results", "words"),
    [
        ("len(a) || a.add(1)", [[7], [None]], "`len(a)` returned 7. In every order it returns 0 or 1."),
        ("a.remove(1) || a.add(2)", [[None], [None]], "In every order it raises KeyError."),
        (
            "a.add(1) -> a.remove(1) || a.remove(1) ->",
            [[Raised("KeyError")], [Raised("KeyError")]],
            "Both `a.remove(1)` raised KeyError.",
        ),
        ("a.add(1); len(a) || a.add(2); len(a)", [[None, 1], [None, 1]], "Both `len(a)` returned 1."),
    ],
)
def test_the_fewest_results_that_do_not_fit_are_named(text: str, results: list[list[Any]], words: str) -> None:
    assert words in " ".join(judge(text).explain(results, [], None).why)


def test_with_too_many_orders_the_longest_beginning_is_reported() -> None:
    thread = "a.add(1); len(a); a.discard(1); len(a)"
    results = [[None, 1, None, 0], [None, 1, None, 0], [None, 1, None, 9]]
    scenario = judge(f"{thread} || {thread} || {thread}")
    assert scenario.judge(results, [], None).verdict is Verdict.VIOLATION
    why = " ".join(scenario.explain(results, [], None).why)
    assert why.startswith("The longest beginning that an order explains is ")
    assert "(the run: 9)" in why


def test_nothing_is_explained_where_nothing_is_wrong() -> None:
    explanation = judge("len(a) || a.add(1)").explain([[1], [None]], [], None)
    assert (explanation.why, explanation.nearest) == ((), ())


def test_over_the_limit_it_is_unknown() -> None:
    thread = "a.add(1); a.add(2); a.add(3); a.add(4)"
    text = f"-> {thread} || {thread} || {thread} -> len(a)"
    assert judge(text, limit=50).judge([[None] * 4] * 3, [99], None).verdict is Verdict.UNKNOWN
    assert judge(text, limit=50).explain([[None] * 4] * 3, [99], None).why == ()


class Slots:
    """A model with one slot: `put` waits while it is full, `take` while it is empty."""

    def __init__(self, full: bool) -> None:
        self._full = full

    def initial(self) -> bool:
        return self._full

    def apply(self, state: bool, call: Any) -> Iterable[tuple[Any, bool]]:
        if call.text == "a.put(1)" and not state:
            yield None, True
        if call.text == "a.take()" and state:
            yield 1, False


@pytest.mark.parametrize(
    ("text", "full", "waits"),
    [
        ("-> a.put(1) -> a.take()", False, Waiting.NEVER),
        ("a.put(1) || a.take()", False, Waiting.FOR_A_WHILE),
        ("a.put(1) || a.take()", True, Waiting.FOR_A_WHILE),
        ("a.put(1) || a.put(1)", False, Waiting.FOR_EVER),
        ("a.take(); a.put(1) || a.take(); a.put(1)", False, Waiting.FOR_EVER),
        ("a.take(); a.put(1) || a.take(); a.put(1)", True, Waiting.FOR_A_WHILE),
        ("-> a.put(1) || a.take() -> a.take()", False, Waiting.FOR_EVER),
        ("-> a.put(1) || a.take() -> a.put(1)", False, Waiting.FOR_A_WHILE),
    ],
)
def test_how_operations_wait_is_known(text: str, full: bool, waits: Waiting) -> None:
    scenario = Scenario.parse(text)
    assert ScenarioJudge(scenario.threads, scenario.final, Slots(full)).waiting() is waits


def test_where_the_search_for_waiting_is_cut_off_one_that_waited_is_taken_for_one_that_may_for_ever() -> None:
    scenario = Scenario.parse("a.put(1); a.put(1) || a.take(); a.take()")
    assert ScenarioJudge(scenario.threads, scenario.final, Slots(False), limit=2).waiting() is Waiting.FOR_EVER
    assert ScenarioJudge(scenario.threads, scenario.final, Slots(False)).waiting() is not Waiting.FOR_EVER


def test_a_call_that_waits_is_placed_where_it_may_go_on() -> None:
    scenario = Scenario.parse("a.take() || a.put(1)")
    model = Slots(False)
    assert ScenarioJudge(scenario.threads, (), model).judge([[1], [None]], [], None).verdict is Verdict.HELD
    early = [[[0, 0]], [[1, 0]]]  # the take had returned before the put began
    assert ScenarioJudge(scenario.threads, (), model).judge([[1], [None]], [], early).order_only


def test_sets_come_first_only_when_nothing_ran_between() -> None:
    assert at_rest([0, 0b001, 0b011]) == [0, 0b001, 0b011]
    assert at_rest([0, 0, 0b001]) == [0, 0, 0]
    assert at_rest([0, 0, 0b011]) == [0, 0, 0b011]


def test_quiescent_consistency_forgets_the_order_within_a_busy_thread() -> None:
    results: list[list[Any]] = [[None, 0], [0]]
    assert judge("a.add(1); len(a) || len(a)").judge(results, [], None).verdict is Verdict.VIOLATION
    quiescent = judge("a.add(1); len(a) || len(a)", consistency=Consistency.QUIESCENT)
    assert quiescent.judge(results, [], None).verdict is Verdict.HELD
    apart = [[[0, 0], [1, 0]], [[2, 0]]]  # the second thread began after the first had ended
    assert quiescent.judge(results, [], apart).verdict is Verdict.VIOLATION


class Pool:
    """Takes an element out of a set; the set does not show which one comes next."""

    def __init__(self) -> None:
        self.free = {1, 2, 3}

    def take(self) -> int:
        return self.free.pop()

    def give(self, element: int) -> None:
        self.free.add(element)


@pytest.mark.parametrize("first", [0, 1])
def test_what_the_subject_does_by_itself_is_allowed_where_its_state_cannot_be_read(first: int) -> None:
    text = "a.give(1); a.take(); a.give(1); a.take() || a.take()"
    specification = Specification(Pool, [op("a.take()"), op("a.give(x)", x=[1])])
    scenario = Scenario.parse(text)
    subject, results = Pool(), [[], []]  # type: ignore[var-annotated]
    for turn in (first, 1 - first):
        for operation in scenario.threads[turn]:
            results[turn].append(operation.compiled({})(subject, None, None))
    model = ReplayModel(specification, (), ["a"])
    assert ScenarioJudge(scenario.threads, (), model).judge(results, [], None).verdict is Verdict.HELD


class Room:
    """An object without a value."""


class Rooms:
    """Keeps one room for each name, and makes another one at each call of `fresh`."""

    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}

    def get(self, name: int) -> Room:
        return self.rooms.setdefault(name, Room())

    def fresh(self) -> Room:
        return Room()


def of_rooms(text: str) -> tuple[ScenarioJudge, Any]:
    scenario = Scenario.parse(text)
    model = ReplayModel(Specification(Rooms, [op("a.fresh()")]), scenario.init, scenario.subjects)
    return ScenarioJudge(scenario.threads, scenario.final, model), numbered((canonical(Room()), canonical(Room())))


def test_results_are_right_only_if_they_show_the_right_objects() -> None:
    same, (one, other) = of_rooms("a.get(1) || a.get(1)")
    assert same.judge([[one], [one]], [], None).verdict is Verdict.HELD
    assert same.judge([[one], [other]], [], None).verdict is Verdict.VIOLATION
    assert same.explain([[one], [other]], [], None).why == (
        "`a.get(1)` of thread 1 and `a.get(1)` of thread 2 returned different objects: <Room 1> and <Room 2>. "
        "In every order that gives results of this kind, they return the same object.",
    )
    assert same.without_identities().judge([[anonymous(one)], [anonymous(other)]], [], None).verdict is Verdict.HELD
    fresh, _ = of_rooms("a.get(1) -> a.fresh() || a.get(1); a.fresh() -> a.get(1)")
    three = Identity(one.text, 3)
    assert fresh.judge([[one], [other, three]], [other], None).verdict is Verdict.HELD
    assert fresh.judge([[one], [other, three]], [three], None).verdict is Verdict.VIOLATION
    assert fresh.judge([[one], [other, one]], [other], None).verdict is Verdict.VIOLATION


def test_a_search_without_a_table_gives_objects_the_same_verdicts() -> None:
    def judged(*results: int) -> Verdict:
        scenario = "a.fresh(); a.get(1); a.get(2) || a.get(2); a.fresh(); a.get(1) || a.get(1); a.fresh(); a.fresh()"
        judge, (one, _) = of_rooms(f"{scenario} -> a.get(2)")
        judge.__dict__["_table"] = None
        forms = [Identity(one.text, each) for each in results]
        return judge.judge([forms[:3], forms[3:6], forms[6:9]], forms[9:], None).verdict

    assert judged(1, 2, 3, 3, 4, 2, 2, 5, 6, 3) is Verdict.HELD
    assert judged(1, 2, 3, 3, 4, 2, 7, 5, 6, 3) is Verdict.VIOLATION
    assert judged(1, 2, 3, 3, 4, 2, 2, 5, 6, 2) is Verdict.VIOLATION
    assert judged(1, 2, 3, 3, 1, 2, 2, 5, 6, 3) is Verdict.VIOLATION
