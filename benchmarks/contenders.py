"""Who takes part in `python -m benchmarks.explorer`: one tool with one strategy, in a process of its own.

Every contender explores the same two threads on the same class. The first line of a process says who it is; then each
line of standard input, a number of seconds, is answered by how many schedules it ran in how many seconds. Up here is
the standard library alone: the interpreter that has the peers need not have anything of ours.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

CLOCK = perf_counter
"""The real one: time is under control later."""

OPERATIONS = (("add(1)", "discard(2)", "contains(1)", "add(2)"), ("add(2)", "discard(1)", "contains(2)", "add(1)"))
"""What each of the two threads does; a run takes the first few of each."""

BATCH = 50
"""Schedules between two looks at the clock, where a tool does not look at it."""

PREEMPTIONS = 2
"""The bound of every bounded search here."""

DISTRIBUTIONS = {"frontrun": "frontrun", "interleave-test": "interleave_test"}
STRATEGIES = {
    "lockproof": ("traces", "orders", "preemptions", "surw", "pct", "random"),
    "lockproof, Thread": ("traces", "orders", "preemptions", "surw", "pct", "random"),
    "frontrun": ("dpor",),
    "interleave-test": ("pct", "dfs", "random"),
}


class Locked(set[int]):
    """The subject: a lock around all that is called, so there is nothing to find, and every schedule is run."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, x: int) -> bool:  # type: ignore[override]
        with self._lock:
            new = not super().__contains__(x)
            super().add(x)
            return new

    def discard(self, x: int) -> bool:  # type: ignore[override]
        with self._lock:
            there = super().__contains__(x)
            super().discard(x)
            return there

    def contains(self, x: int) -> bool:
        with self._lock:
            return super().__contains__(x)


def bodies(count: int) -> list[Callable[[Locked], None]]:
    """Return what the threads do, as functions of the shared set."""
    made = []
    for number, operations in enumerate(OPERATIONS):
        lines = [f"def thread{number}(s):", *(f"    s.{operation}" for operation in operations[:count])]
        space: dict[str, Any] = {}
        # Compiled under the name of this file, which every tool takes for code to be tested.
        exec(compile("\n".join(lines), __file__, "exec"), space)
        made.append(space[f"thread{number}"])
    return made


def sound(s: Locked) -> bool:
    """Tell whether a set may look so in the end: what every tool has to check after each schedule."""
    return set.__len__(s) <= 2


def on_threads(count: int) -> Callable[[], None]:
    """Return a function that starts threads by `threading` and asserts."""
    work = bodies(count)

    def program() -> None:
        s = Locked()
        threads = [threading.Thread(target=each, args=(s,)) for each in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sound(s)

    return program


type Turn = Iterator[tuple[int, int | None]]
"""Yields again and again how many schedules were run since, and of how many a search was that has come to its end."""


def lockproof(strategy: str, count: int, threads: bool) -> Turn:
    """Explore as `lockproof check` does a scenario, or as `lockproof explore` does a function that makes threads."""
    from lockproof.campaign.worker.exploring import Exploration, Problem, seen_in
    from lockproof.core.scenario import Scenario
    from lockproof.engines.control.install import install
    from lockproof.engines.control.program import FunctionProgram, ScenarioProgram
    from lockproof.engines.control.task import Result
    from lockproof.engines.strategies.samplers import SAMPLERS

    install()
    texts = ("; ".join(f"a.{each}" for each in operations[:count]) for operations in OPERATIONS)
    scenario = Scenario.parse(" || ".join(texts))
    program = FunctionProgram(on_threads(count)) if threads else ScenarioProgram(scenario, Locked, {})
    complete = 0

    def look(result: Result) -> Problem | None:
        # Asked only of runs that were not given up as redundant.
        nonlocal complete
        complete += 1
        if isinstance(program, ScenarioProgram):
            assert all(type(each) is bool for results in program.results for each in results)
        return seen_in(result, program)

    while True:
        exploration = Exploration(program, look, 1, bound=PREEMPTIONS, only=strategy)
        exploration.go_on(0, 0)  # warms up, which counts as no schedule but takes its time
        of_search = 0
        while True:
            complete = 0
            if (found := exploration.go_on(0.1, 10**9)) is not None:
                raise AssertionError(f"lockproof found something in a correct class: {found[0]}")
            of_search += complete
            ended = strategy not in SAMPLERS and exploration.complete
            yield complete, of_search if ended else None
            if ended:
                break


def frontrun(strategy: str, count: int) -> Turn:
    """Explore by DPOR, without its interception of input and output, which makes it a little faster."""
    import os

    os.environ["FRONTRUN_ACTIVE"] = "1"  # what its command sets
    import frontrun  # type: ignore[import-not-found]

    work = bodies(count)
    while True:
        result = frontrun.explore(Locked, work, sound, strategy=strategy, detect_io=False, preemption_bound=PREEMPTIONS)
        assert result.property_holds, result
        yield result.num_explored, result.num_explored


def interleave_test(strategy: str, count: int) -> Turn:
    """Explore on threads that it makes itself, every instruction a switch point: its defaults."""
    import interleave_test as it  # type: ignore[import-not-found]

    work = bodies(count)

    def model() -> None:
        s = Locked()
        tasks = [it.spawn(each, s) for each in work]
        for task in tasks:
            task.join()
        assert sound(s)

    made = {"pct": it.PCTStrategy, "dfs": lambda: it.DFSStrategy(PREEMPTIONS), "random": it.RandomStrategy}
    while True:
        chooser, of_search = made[strategy](), 0
        while not chooser.exhausted:
            ran = it.explore(model, iterations=BATCH, strategy=chooser, seed=of_search).schedules_run
            of_search += ran
            yield ran, of_search if chooser.exhausted else None


def turns(tool: str, strategy: str, count: int) -> Turn:
    """Return the turns of a contender, whose tool is imported by now, or cannot be."""
    if tool in DISTRIBUTIONS:
        return frontrun(strategy, count) if tool == "frontrun" else interleave_test(strategy, count)
    return lockproof(strategy, count, threads=tool.endswith("Thread"))


def main() -> None:
    """Take part: the arguments are the tool, the strategy, and how many operations each thread does."""
    tool, strategy, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    version = ""
    if tool in DISTRIBUTIONS:
        try:
            __import__(DISTRIBUTIONS[tool])
            version = importlib.metadata.version(tool)
        except ImportError as error:
            print(json.dumps({"missing": str(error)}), flush=True)
            return
    suffix = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    facts = {"missing": "", "version": version, "build": platform.python_version() + suffix,
             "gil": sys._is_gil_enabled()}  # fmt: skip
    print(json.dumps(facts), flush=True)
    turn = turns(tool, strategy, count)
    for line in sys.stdin:
        began = CLOCK()
        end = began + float(line)
        schedules, search = 0, None
        while CLOCK() < end:
            ran, ended = next(turn)
            schedules += ran
            search = ended or search
        print(json.dumps({"schedules": schedules, "seconds": CLOCK() - began, "search": search}), flush=True)


if __name__ == "__main__":
    main()
