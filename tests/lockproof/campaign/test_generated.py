"""Can the scenarios that a check generates reveal something, and is there always one?"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.protocol.child import Child
from lockproof.campaign.protocol.messages import Conform, Generate, UseWatched
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.core.options import CheckOptions
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import Interrupted, Verdict
from lockproof.core.watched import Watched
from lockproof.inference.target import load_specification
from lockproof.judge.orders import Waiting
from lockproof.judge.replayed_model import ReplayModel
from lockproof.judge.run import ScenarioJudge

# What a parent decides is the same on every build.
pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

HERE = "tests.lockproof.campaign.subjects"
ROOT = str(Path(__file__).resolve().parents[3])


@contextmanager
def started(target: str) -> Iterator[Child]:
    with Child(Setup([*sys.path, ROOT], Named(target), seed=3), memory=1024) as child:
        child.ask(Conform(0.05), 0.05)
        yield child


def made(child: Child, count: int, *, revealing: bool = True) -> list[Scenario | None]:
    found: list[Scenario | None] = []
    index = 0
    for _ in range(count):
        answer = child.ask(Generate(index, revealing))
        found.append(answer.scenario)
        index = answer.index + 1
    return found


def waiting(target: str, given: Scenario) -> Waiting:
    specification = load_specification(target, None, None)
    scenario = specification.bind(given)
    model = ReplayModel(specification, scenario.init, scenario.subjects)
    return ScenarioJudge(scenario.threads, scenario.final, model).waiting()


@pytest.mark.parametrize("revealing", [True, False])
def test_nothing_waits_for_ever_in_a_scenario_of_a_queue(revealing: bool) -> None:
    with started("queue:Queue") as child:
        found = made(child, 30, revealing=revealing)
    assert Waiting.FOR_EVER not in {waiting("queue:Queue", text) for text in found if text}
    assert len(set(found)) > 15


def test_scenarios_in_which_something_waits_are_preferred() -> None:
    target = "tests.corpus.queues:MendedWaitingQueue"
    with started(target) as child:
        preferred = Counter(waiting(target, each) for each in made(child, 14) if each)
        plain = Counter(waiting(target, text) for text in made(child, 14, revealing=False) if text)
    assert preferred[Waiting.FOR_A_WHILE] >= 2 * plain[Waiting.FOR_A_WHILE] > 0
    assert preferred[Waiting.NEVER]  # and the others are not left out


@pytest.mark.parametrize("name", ["WIDE", "WIDE_AND_WAITING"])
def test_a_model_with_too_many_choices_leaves_scenarios_to_try(name: str) -> None:
    with started(f"{HERE}:{name}") as child:
        assert all(made(child, 3))


class Requests:
    """Records the requests to the process for real threads, and what was seen under control.

    `end`: the check ends once that process has got what was seen and a request for a scenario.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, end: bool) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.seen = Watched()
        ask = Child.ask

        def heard(child: Child, request: Any, allowance: float = 0.0) -> Any:
            if not child._setup.controlled and isinstance(request, (UseWatched, Generate)):
                content = request.watched.exposed if isinstance(request, UseWatched) else request.index
                self.sent.append((type(request).__name__, content))
                if end and [each for each, _ in self.sent[-2:]] == ["UseWatched", "Generate"]:
                    raise KeyboardInterrupt
            answer = ask(child, request, allowance)
            if child._setup.controlled and isinstance(request, Conform):
                self.seen = answer.watched
            return answer

        monkeypatch.setattr(Child, "ask", heard)


@pytest.mark.nightly(reason="a push asks the engine what is exposed")
def test_real_threads_are_told_what_is_exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = Requests(monkeypatch, end=True)
    for budget in (2.0, 12.0):  # the second for a machine that is busy
        with suppress(Interrupted):
            check_target("tests.corpus.sets:MendedLength", CheckOptions(budget=budget, seed=1, engine="both"))
            continue
        break
    (_, exposed), following = requests.sent[-2:]
    assert "list(a)" in exposed  # takes the lock for the iterator, and again for the length
    assert following == ("Generate", 0)


def test_real_threads_are_told_nothing_where_nothing_is_exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = Requests(monkeypatch, end=False)
    for budget in (0.6, 3.0, 12.0):  # the later ones for a machine that is busy
        report = check_target(
            "tests.lockproof.campaign.races:LockedMoney", CheckOptions(budget=budget, seed=1, engine="both")
        )
        if requests.seen.accesses:
            break
    assert requests.seen.accesses["a.pay()"] > 0 and not requests.seen.exposed
    assert report.verdict is Verdict.HELD
    assert "UseWatched" not in dict(requests.sent)
