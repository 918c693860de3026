"""Do the subjects of one run share what their class and module keep, and do those of two runs share nothing?"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import pytest

from lockproof.core.lives import Lives
from lockproof.core.operation import Operation
from lockproof.core.probes import Colour
from lockproof.core.run_subjects import RunMaker, subjects_of_a_run
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.engines.threads.compiled import CompiledProgram, Record
from lockproof.engines.threads.crew import in_turn
from lockproof.inference.fresh import FreshModule, FreshObject
from lockproof.inference.from_class import infer
from lockproof.inference.from_module import infer_module
from lockproof.inference.programs import Programs
from lockproof.judge.replayed_model import ReplayModel
from tests.lockproof.inference import sharing

pytestmark = pytest.mark.two_builds

MODULE = sys.modules[sharing.__name__]
ASKING = ("is_open", "has", "makes")


@cache
def boards() -> Specification:
    specification = infer(sharing.Board)
    return Lives().serve(specification, specification.subject(), "a.number()")


def on_threads(specification: Specification, text: str, invocations: int) -> list[Record]:
    scenario = specification.bind(Scenario.parse(text))
    program = CompiledProgram(scenario, specification.subject, specification.globals, patience=0)
    return in_turn(program, [0, 1], invocations)


def test_subjects_of_a_run_have_one_class_and_those_of_two_runs_have_two() -> None:
    assert isinstance(boards().subject, RunMaker)
    runs = [subjects_of_a_run(boards().subject) for _ in range(2)]
    for a, b, c in (run.values() for run in runs):
        assert type(a) is type(b) is type(c) is not sharing.Board
        assert [each.number() for each in (a, b, c)] == [2, 3, 4]  # the module has made the first
    assert type(runs[0]["a"]) is not type(runs[1]["a"])
    assert any("once for all its objects" in note for note in boards().notes)


def test_subjects_of_a_plain_class_are_of_that_class() -> None:
    assert [type(each) for each in subjects_of_a_run(sharing.Board, "ab").values()] == [sharing.Board] * 2


def test_the_subjects_of_each_run_of_a_batch_belong_together() -> None:
    records = on_threads(boards(), "a.number() -> a.distance(b) || b.distance(a) -> b.number()", 3)
    assert [(each.results, each.final) for each in records] == [(((1,), (-1,)), (3,))]


def test_the_model_and_programs_of_one_thread_make_them_together_too() -> None:
    line = boards().bound(Operation("a.distance(b)"))
    model = ReplayModel(boards(), (), ("a", "b"))
    assert [result for result, _ in model.apply(model.initial(), line)] == [1]
    programs = Programs(boards(), lambda _: None)
    assert programs.result(line, programs.objects(boards().subject)) == 1


@pytest.mark.parametrize(("method", "results"), [("count", [1, 2]), *((name, [True] * 2) for name in ASKING)])
def test_arguments_of_the_module_are_those_of_the_run(method: str, results: list[Any]) -> None:
    (kind,) = [each for each in boards().operations if each.text.startswith(f"a.{method}(")]
    operation = next(kind.fillings(1))
    call = operation.compiled(boards().globals)
    for _ in range(2):
        subjects = subjects_of_a_run(boards().subject)
        assert [call(*subjects.values()) for _ in range(2)] == results
    (record, *others) = on_threads(boards(), f"{operation} || {operation}", 2)
    assert not others and [each for (each,) in record.results] == results


def test_only_classes_and_members_of_the_module_are_another_in_each_run() -> None:
    make = FreshModule(MODULE)
    module = make()
    for value, own in ((sharing.Level.LOW, module.Level.LOW), (sharing.Board.Mode, module.Board.Mode)):
        assert make.owned(value)(module) is own and make.owned(value)(object()) is value
    hidden = type("Level", (), {"__module__": sharing.__name__})
    for value in (1, "x", Colour.RED, Colour, sharing.Label("x"), hidden):
        assert make.owned(value) is value


def test_functions_of_a_module_get_members_of_its_enumerations() -> None:
    specification = infer_module(MODULE, "count_level")
    (record,) = on_threads(specification, "a.count_level(Level.LOW) || a.count_level(Level.LOW)", 2)
    assert record.results == ((1,), (2,))


def test_beside_an_object_of_a_module_others_of_its_class_are_made() -> None:
    subjects = subjects_of_a_run(FreshObject(MODULE, "board"))
    assert [each.number() for each in subjects.values()] == [1, 2, 3]
    assert subjects["a"].distance(subjects["b"]) == 1
    a, b, _ = subjects_of_a_run(FreshObject(MODULE, "named")).values()
    assert a is not b and (a.name, b.name) == ("x", "x")
