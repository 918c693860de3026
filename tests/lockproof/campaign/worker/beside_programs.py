"""Judges scenarios of classes that start threads of their own, in a process under control."""

from __future__ import annotations

from typing import Any

from lockproof.campaign.worker.beside import BesideJudge
from lockproof.campaign.worker.self_model import SelfModel
from lockproof.core.scenario import Scenario
from lockproof.core.values import Raised
from lockproof.core.verdict import Consistency
from lockproof.engines.control.program import ScenarioProgram
from lockproof.inference.from_class import infer
from tests.corpus.beside import MendedDiary
from tests.lockproof.engines.control import inside as inside  # takes control of the process

CONCURRENT = (((0, 0),), ((0, 0),))
"""Neither call had returned when the other one began."""


def _judge(text: str) -> BesideJudge:
    specification = infer(MendedDiary)
    judge = SelfModel(specification, lambda _: None).judge_beside(
        specification.bind(Scenario.parse(text)), Consistency.LINEARIZABLE
    )
    assert isinstance(judge, BesideJudge)
    return judge


def ask_verdicts() -> dict[str, Any]:
    """Return the verdicts on outcomes of two calls, by what is wrong or right in them."""
    two = _judge("-> a.write(1) || a.write(1) -> a.written()")
    one = _judge("-> a.write(1) || a.written() ->")
    again = _judge("-> a.write(1) || a.written() ->")
    verdicts = {
        "each has a number": two.judge([[0], [1]], [2], CONCURRENT),
        "both have one number": two.judge([[0], [0]], [2], CONCURRENT),
        "a line is lost": two.judge([[0], [1]], [1], CONCURRENT),
        "the thread is not there yet": one.judge([[0], [0]], [], CONCURRENT),
        "what it says of the thread is not compared": one.judge([[0], [7]], [], CONCURRENT),
        "the thread was quick": one.judge([[0], [1]], [], CONCURRENT),
        "reading raises": one.judge([[0], [Raised("KeyError")]], [], CONCURRENT),
    }
    told = {what: judgement.verdict.value for what, judgement in verdicts.items()}
    return {**told, "repeats": (one._allowed, sorted(one._open)) == (again._allowed, sorted(again._open))}


def ask_observed() -> list[Any]:
    """Return what is observed at the end of runs that are drawn, in which the class's thread may be late."""
    specification = infer(MendedDiary)
    scenario = specification.bind(Scenario.parse("-> a.write(1) || a.write(1) -> a.written()"))
    program = ScenarioProgram(scenario, specification.subject, specification.globals)
    strategy = inside.RandomWalk(1)
    found = set()
    for _ in range(60):
        strategy.begin()
        strategy.end(inside.engine.run(program, strategy).ran)
        found.add(tuple(program.final))
    return sorted(map(list, found))
