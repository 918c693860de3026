"""Does a case say why an outcome was not decided, and go on after a judge that has no room?"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from lockproof.campaign.worker import case as case_module
from lockproof.campaign.worker.case import Case
from lockproof.core.evidence import Doubt, Omission
from lockproof.core.interpreter import get_frame
from lockproof.core.model import TooManyChoices, block
from lockproof.core.operation import op
from lockproof.core.own_time import STILL, own_time
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.core.values import Identity
from lockproof.core.verdict import Explanation, Verdict
from lockproof.engines.threads.compiled import CompiledProgram, Record
from lockproof.engines.threads.crew import Crew
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge
from lockproof.judge.stuck import SerialOutcome, StuckJudge
from tests.lockproof.campaign.undecided import Choosing, Counter

COUNTER = Specification(Counter, [op("a.bump()")], observe=["a.n"])
CHOOSING = Specification(Counter, [op("a.bump()")], model=Choosing, observe=["a.n"])
TWICE = "a.bump(); a.bump() || a.bump(); a.bump() -> a.n"
RIGHT, WRONG = (Record(((None, None), (None, None)), (n,), (((0, 0),) * 2,) * 2) for n in (4, 1))


def made(specification: Specification, text: str = f"-> {TWICE}", limit: int = 4000) -> Case:
    scenario = specification.bind(Scenario.parse(text))
    model = ReplayModel(specification, scenario.init, scenario.subjects)
    program = CompiledProgram(scenario, specification.subject, specification.globals, patience=0)
    return Case(scenario, program, ScenarioJudge(scenario.threads, scenario.final, model, limit=limit))


def test_what_the_judge_decides_leaves_no_doubt() -> None:
    case = made(COUNTER)
    for record, verdict in ((RIGHT, Verdict.HELD), (WRONG, Verdict.VIOLATION)):
        outcome = case.outcome(record)
        assert (outcome.verdict, case.doubt_of(outcome)) == (verdict, None)
    assert case.explained(WRONG).why


def test_what_is_beyond_its_bounds_is_undecided() -> None:
    outcome = made(CHOOSING, limit=10).outcome(WRONG)
    assert outcome.verdict is Verdict.UNKNOWN
    case = made(CHOOSING, limit=10)
    assert case.doubt_of(case.outcome(WRONG)) is Doubt.OUTCOMES_UNDECIDED


def test_what_comes_after_the_time_for_judging_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    case = made(COUNTER)
    monkeypatch.setattr(case_module, "JUDGING", 0.0)
    assert case.doubt_of(case.outcome(RIGHT)) is Doubt.OUTCOMES_UNDECIDED


def raising(error: type[BaseException]) -> Callable[..., NoReturn]:
    def judge(*_: object) -> NoReturn:
        raise error

    return judge


@pytest.mark.parametrize(
    ("error", "doubt"),
    [
        (MemoryError, Doubt.JUDGE_FAILED),
        (RecursionError, Doubt.JUDGE_FAILED),
        (TooManyChoices, Doubt.OUTCOMES_UNDECIDED),
    ],
)
def test_a_judge_without_room_leaves_the_outcome_undecided(
    error: type[BaseException], doubt: Doubt, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = made(COUNTER)
    monkeypatch.setattr(case.judge, "judge", raising(error))
    outcome = case.outcome(WRONG)
    assert (outcome.verdict, case.doubt_of(outcome)) == (Verdict.UNKNOWN, doubt)
    monkeypatch.setattr(case.judge, "explain", raising(MemoryError))
    assert case.explained(WRONG) == Explanation(())


def test_a_fault_of_the_judge_is_no_doubt_but_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    case = made(COUNTER)
    monkeypatch.setattr(case.judge, "judge", raising(ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        case.outcome(WRONG)


class Waits:
    """Waits for what never comes."""

    def wait(self) -> None:
        block()


class Whoever:
    """Answers differently each time."""

    answers: Any = iter(range(10**6))

    def who(self) -> int:
        return next(self.answers)


@pytest.mark.parametrize(
    ("specification", "text", "why"),
    [
        (Specification(Waits, [op("a.wait()", blocking=True)]), "a.wait() || a.wait()", Omission.WAITS_FOR_EVER),
        (Specification(Whoever, [op("a.who()")]), "a.who() || a.who()", Doubt.ALONE_DIFFERS),
        (COUNTER, "a.bump() || a.bump()", None),
    ],
)
def test_a_scenario_that_cannot_be_run_says_why(
    specification: Specification, text: str, why: Doubt | Omission | None
) -> None:
    assert made(specification, text).skipped is why


def test_a_judge_without_room_for_the_scenario_leaves_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScenarioJudge, "waiting", raising(MemoryError))
    blocking = Specification(Waits, [op("a.wait()", blocking=True)])
    assert made(blocking, "a.wait() || a.wait()").skipped is Doubt.MODEL_TOO_WIDE


class Desk:
    """An object without a value."""


class Desks:
    """One desk for all threads, one for each thread, and one that is another one in every second object."""

    made = itertools.count()

    def __init__(self) -> None:
        self.local, self.one = threading.local(), Desk()
        self.chosen = Desk() if next(self.made) % 2 else self.one

    def shared(self) -> Desk:
        return self.one

    def own(self) -> Desk:
        if not hasattr(self.local, "desk"):
            self.local.desk = Desk()
        desk: Desk = self.local.desk
        return desk

    def drawn(self) -> Desk:
        return self.chosen


DESKS = Specification(Desks, [op("a.shared()"), op("a.own()"), op("a.drawn()")])


def of_desks(first: int, second: int) -> Record:
    return Record(((Identity("<Desk>", first),), (Identity("<Desk>", second),)), (), (((0, 0),), ((0, 0),)))


def test_two_objects_where_one_thread_gets_one_are_a_violation() -> None:
    case = made(DESKS, "a.shared() || a.shared()")
    assert [case.outcome(of_desks(1, each)).verdict for each in (1, 2)] == [Verdict.HELD, Verdict.VIOLATION]
    assert not case.anonymous and "different objects" in case.explained(of_desks(1, 2)).why[0]


def test_an_object_of_each_thread_is_one_by_right() -> None:
    case = made(DESKS, "a.own() || a.own()")
    assert case.skipped is None and case.anonymous
    assert [case.outcome(of_desks(1, each)).verdict for each in (1, 2)] == [Verdict.HELD, Verdict.HELD]


def test_runs_of_the_subject_are_no_time_of_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """To judge a wrong object, threads run in turn: a class that is slow to make must not use the judge's time up."""
    now = itertools.count()
    clock = SimpleNamespace(now=lambda: next(now), counted=False, slower=1.0)
    case = made(DESKS, "a.shared() || a.shared()")

    def slow(*given: Any) -> Any:
        for _ in range(1000):
            next(now)
        return real(*given)

    real = case_module.in_turn
    monkeypatch.setattr(case_module, "in_turn", slow)
    monkeypatch.setattr(case_module, "pace", clock)
    monkeypatch.setattr(case_module, "JUDGING", 100.0)
    seen = [case.outcome(of_desks(*each)).verdict for each in ((1, 2), (1, 1), (2, 3))]
    assert seen == [Verdict.VIOLATION, Verdict.HELD, Verdict.VIOLATION]


def test_which_object_is_not_asked_where_one_thread_is_given_another_one_each_time() -> None:
    case = made(DESKS, "a.drawn(); a.shared() || a.drawn(); a.shared()")
    one, other = Identity("<Desk>", 1), Identity("<Desk>", 2)
    for results in ((one, other), (one, one)):
        assert case.outcome(Record((results, results), (), (((0, 0),) * 2,) * 2)).verdict is Verdict.HELD
    assert case.anonymous


class Window:
    """Is open for a moment after `open`, by the clock of the run."""

    def __init__(self) -> None:
        self._until = 0.0

    def open(self) -> None:
        self._until = own_time.look(get_frame(0)) + 0.0005

    def is_open(self) -> bool:
        return own_time.look(get_frame(0)) < self._until


def test_the_runs_of_a_batch_do_not_make_time_pass_for_one_another() -> None:
    window = Specification(Window, [op("a.open()"), op("a.is_open()", reads=True)])
    case = made(window, "a.open() -> a.open() || a.open() -> a.is_open()")
    case.batch = STILL  # so many looks at the clock would let time pass in one run
    crew = Crew(2, seed=1)
    try:
        tally = crew.run(case.program, 4 * case.batch, hang=30.0, batch=case.batch)
    finally:
        crew.close()
    assert {case.judged(key)[0].final for key in tally} == {("True",)}


@pytest.mark.parametrize("stuck", [True, False])
def test_what_ran_one_call_at_a_time_is_judged_in_no_other_reading(stuck: bool) -> None:
    scenario = COUNTER.bind(Scenario.parse(f"-> {TWICE}"))
    program = CompiledProgram(scenario, COUNTER.subject, COUNTER.globals, patience=0)
    right = SerialOutcome((None,) * 4, (0, 1, 3, 7), (4,))
    asked = SerialOutcome((None,) * 4, (0, 1, 3, 7), (1,))

    def judge(*outcomes: SerialOutcome) -> StuckJudge:
        return StuckJudge(scenario.threads, scenario.final, outcomes)

    strict = judge(right) if stuck else made(COUNTER).judge
    case = Case(scenario, program, strict, judge(right, asked))
    assert case.outcome(RIGHT).verdict is Verdict.HELD
    assert case.outcome(WRONG).verdict is (Verdict.VIOLATION if stuck else Verdict.HELD)
