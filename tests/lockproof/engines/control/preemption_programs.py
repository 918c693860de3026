"""Programs for `Preemptions`, whose atomic steps are known by hand: see `test_preemptions`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Switching
from lockproof.engines.control.program import ScenarioProgram
from tests.lockproof.engines.control.inside import at_most, engine, explore


class Cell:
    """Two attributes, and what the parts do with them."""

    def __init__(self) -> None:
        self.x = self.y = 0

    def add(self) -> None:
        self.x += 1

    def add_twice(self) -> None:
        self.x += 1
        self.x += 1

    def copy_over(self) -> None:
        self.y = self.x

    def copy_back(self) -> None:
        self.x = self.y
        self.y += 1


PROGRAMS: dict[str, str] = {
    "once once": "a.add() || a.add()",
    "twice twice": "a.add_twice() || a.add_twice()",
    "twice over": "a.add_twice() || a.copy_over()",
    "over back": "a.copy_over() || a.copy_back()",
    "three": "a.add() || a.add() || a.copy_over()",
    "uneven": "a.add_twice() || a.add() || a.copy_back()",
}


def scenario(parts: str) -> Callable[[], object]:
    """Make the program of a scenario: its first task starts the others and joins them, without a switch point."""
    made: list[Cell] = []

    def new() -> Cell:
        made[:] = [Cell()]
        return made[0]

    program = ScenarioProgram(Scenario.parse(f"-> {parts} ->"), new, {})

    def run() -> object:
        program()
        return made[0].x, made[0].y

    return run


def ask_programs() -> dict[str, Any]:
    return {
        f"{name} {bound}": explore(scenario(parts), at_most(bound), Switching.FREE)
        for name, parts in PROGRAMS.items()
        for bound in (range(4) if parts.count("||") == 1 else (0, 1, 2))
    }


class Text:
    """Lines that use no state but text, and one that joins a list which threads may share."""

    def __init__(self) -> None:
        self.words = ["a", "b"]

    def nothing(self) -> None:
        pass

    def split(self) -> None:
        "a b".upper().split(" ")

    def join(self) -> None:
        ",".join(self.words)
        " ".join(self.words)


def ask_text() -> dict[str, int]:
    """How many schedules there are where both threads do so."""
    return {
        name: explore(
            ScenarioProgram(Scenario.parse(f"-> a.{name}() || a.{name}() ->"), Text, {}), at_most(2), Switching.FREE
        )["runs"]
        for name in ("nothing", "split", "join")
    }


def main_beside(before: bool) -> object:
    """The first task and another one add; with `before`, the first task has joined a third one just before."""
    cell = Cell()
    me = engine.turns.me()
    assert me is not None
    if before:
        engine.join(me, engine.spawn(int, "before"))
    other = engine.spawn(cell.add, "other")
    cell.add_twice()
    engine.join(me, other)
    return cell.x


def ask_main_beside() -> list[dict[str, Any]]:
    return [explore(partial(main_beside, before), at_most(2), Switching.FREE) for before in (False, True)]


def ask_ten_times() -> list[Any]:
    """The same exploration, again and again: how many schedules, and how often each outcome."""
    results = []
    for _ in range(10):
        found = explore(scenario(PROGRAMS["uneven"]), at_most(1), Switching.FREE)
        results.append([found["by_level"], sorted(found["outcomes"].items())])
    return results
