"""Helpers for a process under control, of which the import of this module takes control before any other import."""

from __future__ import annotations

import faulthandler
import json
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from typing import Any, Final

from lockproof.core.schedule import Point, Ran, Strategy, Switching
from lockproof.engines.control.install import install
from lockproof.engines.control.install import instrumentation as instrumentation
from lockproof.engines.control.primitives import clock as real_clock
from lockproof.engines.control.primitives import engine as engine
from lockproof.engines.control.task import Result
from lockproof.engines.strategies.exhaustive import Diverged, Preemptions, ScheduleReplay
from lockproof.engines.strategies.sampling import RandomWalk

install()

clock: Final = real_clock
"""The clock that is not under control."""

MOST_RESTARTS: Final = 6


class Explored:
    """The results of all runs of an exploration."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.runs = 0
        self.outcomes: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.deadlocks = self.bounded = self.spinning = self.forced = 0
        self.left = self.held = 0
        self.table: list[dict[str, Any]] = []
        self.left_table: list[dict[str, Any]] = []
        self.held_table: list[list[str]] = []
        self.native: set[str] = set()
        self.cycles: set[str] = set()
        self.steps: set[tuple[int, ...]] = set()
        self.preemptions: Counter[int] = Counter()
        self.last: Ran | None = None
        self.diverged = False

    def add(self, result: Result, outcome: list[object]) -> None:
        """Add the result of one run; `outcome` has what the program returned, if it did."""
        self.runs += 1
        self.last = result.ran
        if result.ran.redundant:
            return
        for each in outcome:
            self.outcomes[repr(each)] += 1
        self.errors.update(f"{name}: {error!r}" for name, error in result.errors)
        self.deadlocks += bool(result.deadlock)
        self.left += bool(result.left)
        self.held += bool(result.held)
        self.table = self.table or [asdict(each) for each in result.deadlock]
        self.left_table = self.left_table or [asdict(each) for each in result.left]
        self.held_table = self.held_table or [list(each) for each in result.held]
        self.native.update(result.native)
        self.cycles.update(result.cycles)
        self.bounded += result.bounded
        self.spinning += result.bounded and bool(result.loops)
        self.forced += result.forced
        self.preemptions[result.ran.preemptions] += 1
        if len(self.steps) < 50:
            self.steps.add(tuple(result.ran.steps))

    def answer(self) -> dict[str, Any]:
        """Return the results as JSON."""
        # Not `vars(self)`: code of this module counts as the program's, in which `vars` stands for a store of every
        # attribute.
        names = (
            "runs", "outcomes", "errors", "deadlocks", "bounded", "spinning", "forced", "left", "held", "table",
            "left_table", "held_table", "diverged",
        )  # fmt: skip
        answer: dict[str, Any] = {name: getattr(self, name) for name in names}
        strategy, last = self.strategy, self.last
        for name in ("level", "by_level", "redundant", "exhausted", "cut"):
            answer[name] = getattr(strategy, name, None)
        answer["schedules"] = getattr(strategy, "runs", None)
        answer["steps"] = sorted(map(list, self.steps))
        answer["native"], answer["cycles"] = sorted(self.native), sorted(self.cycles)
        answer["preemptions"] = {str(n): count for n, count in sorted(self.preemptions.items())}
        answer["last_choices"] = list(last.choices)[:2000] if last is not None else []
        return answer


def once(program: Callable[[], object], strategy: Strategy, limit: float = 30.0) -> tuple[Result, list[object]]:
    """Do one run, for which the strategy's `begin` has been called; return the result and what the program returned."""
    outcome: list[object] = []

    def run() -> None:
        outcome.append(program())

    engine.limit = limit
    return engine.run(run, strategy), outcome


def explore(
    program: Callable[[], object],
    strategy: Callable[[], Strategy],
    switching: Switching = Switching.FREE,
    most: int = 20_000,
    limit: float = 30.0,
) -> dict[str, Any]:
    """Explore until the strategy ends; start again whenever there are more switch points than before.

    `lockproof.campaign` starts again too. `restarts` of the answer counts the times when only a divergence was the
    reason.
    """
    instrumentation.switch(switching)
    engine.tries = False  # it belongs to the program
    restarts = 0
    for _ in range(MOST_RESTARTS):
        basis = instrumentation.version, engine.tries
        chooser = strategy()
        explored = Explored(chooser)
        try:
            while explored.runs < most and basis == (instrumentation.version, engine.tries) and chooser.begin():
                result, outcome = once(program, chooser, limit)
                chooser.end(result.ran)
                explored.add(result, outcome)
        except Diverged:
            explored.diverged = True
            restarts += basis == (instrumentation.version, engine.tries)
        if basis == (instrumentation.version, engine.tries) and not explored.diverged:
            break
    return explored.answer() | {"restarts": restarts}


def together(*functions: Callable[[], object]) -> None:
    """Call each function in a thread of its own, and wait for all threads."""
    threads = [threading.Thread(target=each) for each in functions]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def have_threads() -> None:
    """Start the operating-system threads of later runs, since a busy machine may take long to start one."""
    once(lambda: together(*[int] * 6), first_schedule())


class Seldom(RandomWalk):
    """Goes on with the running thread for about twenty steps, so that long runs take less time."""

    def choose(self, point: Point) -> int:
        """Keep to the running thread at 95 of 100 decisions."""
        stays = point.current in point.enabled and not point.free and self._random.random() < 0.95
        return point.current if stays else super().choose(point)


def first_schedule() -> ScheduleReplay:
    """Return the strategy that goes on with the running thread as long as it can."""
    return ScheduleReplay((), strict=False)


def at_most(preemptions: int) -> Callable[[], Preemptions]:
    """Return a maker of strategies that run all schedules within so many preemptions."""
    return lambda: Preemptions(preemptions)


def ask(module: str, longest: float) -> None:
    """Call the functions of a module whose names begin with `ask_`, in the order of their lines; write their answers.

    The process ends with the stacks of its threads after `longest` seconds.
    """
    faulthandler.dump_traceback_later(longest, exit=True)
    programs = import_module(module)
    lines = {name: getattr(programs, name).__code__.co_firstlineno for name in dir(programs) if name.startswith("ask_")}
    for name in sorted(lines, key=lines.__getitem__):
        try:
            answer = getattr(programs, name)()
        except Exception as error:
            print(f"{name} raised:", *traceback.format_exception(error), getattr(error, "stacks", ""), file=sys.stderr)
            continue
        print(json.dumps({"question": name.removeprefix("ask_"), "answer": answer}), flush=True)
    sys.stdout.flush()
