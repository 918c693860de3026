"""The programs that run under control: a scenario, or a function that starts threads itself.

The first task of a run calls the program, and the program keeps what it recorded. Code of lockproof between the
operations has no switch points, so no other thread goes on while it reads a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lockproof.core.lives import lives
from lockproof.core.operation import SUBJECTS
from lockproof.core.probes import Dying
from lockproof.core.run_steps import RETURNED, Access
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.values import ATOMIC, WAITS, Collected, Identity, Raised, canonical, numbered
from lockproof.engines.control.primitives import engine, turns
from lockproof.engines.control.task import Abandoned, Task

TURNS_TO_REST: Final = 500
"""Turns that the subject's own threads have to come to rest before the subject is observed."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockproof.core.operation import Operation
    from lockproof.core.scenario import Scenario


@contextmanager
def uncontrolled() -> Iterator[None]:
    """Run code of lockproof, or of the subject on its behalf, in a task: without switch points, and with real locks.

    No task holds a real lock, so none of them waits.
    """
    before, turns.inside = turns.inside, True
    try:
        yield
    finally:
        turns.inside = before


def come_to_rest(me: Task) -> None:
    """Let the threads that the subject has started go on until each has ended or waits.

    What they have begun is no call, and how far it is at the end says nothing of the calls. A wait with a time limit is
    not over as long as no time passes. Threads that never come to rest are left after `TURNS_TO_REST`.
    """
    for _ in range(TURNS_TO_REST):
        if not any(each.index and each.ready and not each.done and not pauses(each) for each in turns.tasks):
            return
        engine.step_aside(me, strict=True)


def pauses(task: Task) -> bool:
    """Tell whether a task waits for time to pass: it sleeps, or what it waits for with a limit cannot be had."""
    return task.deadline is not None and getattr(task.wants, "taken", True)


class _Step:
    """An operation, compiled, and the way to make its result canonical."""

    def __init__(self, operation: Operation, names: Mapping[str, Any]) -> None:
        self.call = operation.compiled(names)
        self._normalize = operation.kind.normalize

    def settled(self, result: Any, subjects: Mapping[str, Any]) -> Any:
        if self._normalize is None and type(result) in ATOMIC:
            return result
        with uncontrolled():
            if self._normalize is not None and type(result) is not Raised:
                try:
                    result = self._normalize(result)
                except Exception as error:
                    result = Raised.of(error)
            return canonical(result, subjects)


class ScenarioProgram:
    """A scenario on fresh subjects made by `new`, with `names` as global names of its lines.

    After a run, `results[t]`, `final` and `seen` are as in `lockproof.engines.threads.compiled.Record`: `seen[t][k][u]`
    operations of thread u had returned when operation k of thread t was invoked. The numbers are exact, since one
    thread runs at a time. `began`: the initial part has ended. `complete`: the run came to its end. `stuck`: its judge
    says that it ended with calls that wait. `finalizes`: the scenario has an element that calls the
    subject when it dies.
    """

    def __init__(self, scenario: Scenario, new: Callable[[], Any], names: Mapping[str, Any]) -> None:
        self._new, self._names = new, scenario.subjects
        self.finalizes = f"{Dying.__name__}(" in str(scenario)

        def made(operations: tuple[Operation, ...]) -> list[_Step]:
            return [_Step(each, names) for each in operations]

        self._init, self._final = made(scenario.init), made(scenario.final)
        self._threads = [made(thread) for thread in scenario.threads]
        self._begins = [Access(f"{RETURNED}{t}", False) for t in range(len(self._threads))]
        self._returns = [Access(f"{RETURNED}{t}", True) for t in range(len(self._threads))]
        self._has_objects = False
        self.results: list[list[Any]] = []
        self.final: list[Any] = []
        self.seen: list[list[tuple[int, ...]]] = []
        self.began = self.complete = self.stuck = False

    def __call__(self) -> None:
        """Do one run, in its first task."""
        self.began = self.complete = self.stuck = False
        self._has_objects = False
        self.results, self.final = [[] for _ in self._threads], []
        self.seen = [[] for _ in self._threads]
        done = [0] * len(self._threads)
        subjects = subjects_of_a_run(self._new, self._names)
        lives.leave()
        given = [subjects.get(name) for name in SUBJECTS]
        for step in self._init:
            with suppress(Exception):
                step.call(*given)
        self.began = True
        me = turns.me()
        assert me is not None
        tasks = [
            engine.spawn(partial(self._run, t, given, subjects, done), f"thread {t + 1}")
            for t in range(len(self._threads))
        ]
        engine.join_all(me, tasks)
        come_to_rest(me)
        for step in self._final:
            self.final.append(self._attempt(step, given, subjects))
        if self._has_objects:
            results, final = numbered((tuple(map(tuple, self.results)), tuple(self.final)))
            self.results, self.final = list(map(list, results)), list(final)
        self.complete = True
        lives.finish(subjects.values())

    def ended(self) -> list[Any]:
        """Return the results of the final part of a run that did not come to its end: the last one waits."""
        whole = all(len(results) == len(steps) for results, steps in zip(self.results, self._threads, strict=True))
        return [*self.final, WAITS] if whole and len(self.final) < len(self._final) else list(self.final)

    def _run(self, t: int, given: list[Any], subjects: dict[str, Any], done: list[int]) -> None:
        for step in self._threads[t]:
            if engine.log is not None:
                for each in self._begins:
                    engine.note(each)
            self.seen[t].append(tuple(done))
            self.results[t].append(self._attempt(step, given, subjects))
            if engine.log is not None:
                engine.note(self._returns[t])
            done[t] += 1

    def _attempt(self, step: _Step, given: list[Any], subjects: dict[str, Any]) -> Any:
        try:
            result = step.call(*given)
        except Abandoned:
            raise
        except BaseException as error:
            result = Raised.of(error)
        form = step.settled(result, subjects)
        if type(form) is Identity or type(form) is Collected:
            self._has_objects = True
        return form


class FunctionProgram:
    """A function that starts threads and asserts: it reports a fault by an exception. `complete`: it returned.

    Exceptions of the classes in `harmless` report none.
    """

    harmless: tuple[type[BaseException], ...] = ()

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self.complete = self.stuck = False

    def __call__(self) -> None:
        """Do one run, in its first task."""
        self.complete = False
        self._function()
        self.complete = True
