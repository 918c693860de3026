"""Would the oracle notice a judge that is wrong? Each mutant of the judge must be caught by it."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

import lockproof.judge
from lockproof.core.verdict import Consistency, Verdict
from lockproof.histories.judged import keyed_by
from tests.lockproof.judge import cases, oracle

pytestmark = pytest.mark.one_build

MODULES = ("search", "wgl", "jit", "competition", "sequential", "partition", "orders", "explain", "crossed", "run")
CASES = 250
numbers = itertools.count()

# What is wrong with a judge, and the module, the text in it, and the text in its place.
MUTANTS: dict[str, tuple[str, str, str]] = {
    "real time of runs is not kept": ("run", "known[i] |= 1 << j", "known[i] |= 0"),
    "the final part of runs is not compared": ("orders", "any(map(wanted.__eq__, self.endings(each.state)))", "True"),
    "the model does only the first of what it may": (
        "orders",
        "for result, after in found))",
        "for result, after in list(found)[:1]))",
    ),
    "two ways to the same operations are taken for one": (
        "orders",
        "seen.add(reached)\n                        stack.append((*reached, (*order, i)))",
        "seen.update((reached[0], n, ()) for n in range(9))\n"
        "                        stack.append((*reached, (*order, i)))",
    ),
    "moments of rest of runs are not kept": ("orders", "                before[i] = first", "                pass"),
    "pending calls are dropped": ("wgl", "return bool(self.entries.pending) and", "return False and"),
    "a pending call must take effect": ("wgl", "self.left = self.number[-1]", "self.left = len(calls)"),
    "all states are taken for one": ("wgl", "key = base, now, guessed, reached", "key = base, now, guessed, 0"),
    "the state is not restored": (
        "wgl",
        "_, place, rest, self.here = self.stack.pop()",
        "_, place, rest, before = self.stack.pop(); self.here = *before[:3], self.here[3]",
    ),
    "a result is not compared": (
        "wgl",
        "for found, reached in steps if found == result]",
        "for found, reached in steps]",
    ),
    "only the first of the model's steps is tried": (
        "wgl",
        "self.stack.append((i, place, rest or (), self.here))\n                    ",
        "self.stack.append((i, place, (), self.here))\n                    ",
    ),
    "calls at one time do not overlap": ("wgl", "(times[i][0], False, i)", "(times[i][0] + 0.5, False, i)"),
    "the order within a process is lost at equal times": (
        "wgl",
        "self.needs = process_before(calls) if spans is None else {}",
        "self.needs = {}",
    ),
    "pending calls are dropped at a return": ("jit", "if pending:", "if False:"),
    "a result is not compared at a return": ("jit", "if found == results[i]:", "if True:"),
    "only the first of several sets of pending calls is kept": (
        "jit",
        "if any(not other & ~guessed for other, _ in held):",
        "if held:",
    ),
    "calls of one kind may have different results": ("jit", "call.pending or _typed(call.result)", "True"),
    "of calls of one kind the last to return goes first": (
        "jit",
        "sorted(self.open, key=self.place.__getitem__)",
        "sorted(self.open, key=self.place.__getitem__, reverse=True)",
    ),
    "the order within a process is lost at equal times, at a return": (
        "jit",
        "self.needs = process_before(calls) if spans is None else {}",
        "self.needs = {}",
    ),
    "all states of a moment are taken for one": (
        "jit",
        "_added(self.seen, (state, taken), guessed, order)",
        "_added(self.seen, (0, taken), guessed, order)",
    ),
    "every call is taken for one that changes nothing": ("search", "bool(pure(call.operation, call.result))", "True"),
    "operations on all keys are given a key of their own": (
        "partition",
        "touched = keyed.keys(call)\n        if",
        "touched = keyed.keys(call) or (0,)\n        if",
    ),
    "parts rest by their own moments": (
        "partition",
        "[(2.0 * rests[id(call)], 2.0 * rests[id(call)] + 1) for call in calls]",
        "[(2.0 * rest, 2.0 * rest + 1) for rest in segments(calls)]",
    ),
    "parts that are sequential are taken for the whole": (
        "partition",
        'return self._all({(): list(self.calls)}, self.budget, "")',
        'return self._all(parted, self.budget, "")',
    ),
    "calls that meet at one time are taken apart": (
        "partition",
        "return any(count > 1 for",
        "return any(count > 9 for",
    ),
    "a sequential search takes all states for one": (
        "sequential",
        "if (reached, after) not in met.known:\n                met.known[reached, after] = None",
        "if reached not in met.known:\n                met.known[reached] = None",
    ),
    "a sequential search waits for pending calls": (
        "sequential",
        "left = sum(not call.pending for call in calls)",
        "left = len(calls)",
    ),
}


def loaded(name: str, old: str, new: str) -> dict[str, Any]:
    """Load the judge again under other names, with one module changed."""
    package = f"mutant_{next(numbers)}"
    home = Path(lockproof.judge.__file__).parent
    made: dict[str, Any] = {"": ModuleType(package)}
    sys.modules[package] = made[""]
    for module in MODULES:
        source = (home / f"{module}.py").read_text(encoding="utf-8")
        if module == name:
            assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {name}"
            source = source.replace(old, new)
        source = source.replace("lockproof.judge", package)
        spec = importlib.util.spec_from_loader(f"{package}.{module}", loader=None)
        assert spec is not None
        made[module] = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        setattr(made[""], module, made[module])
        exec(compile(source, f"{package}.{module}", "exec"), made[module].__dict__)
    return made


@cache
def corpus() -> tuple[tuple[str, Any, Any], ...]:
    """Cases, each with the verdict of the definition: on a run of a scenario, or on a history."""
    found: list[tuple[str, Any, Any]] = []
    for made, consistency in itertools.product((cases.store_buffering, cases.crossing), Consistency):
        model, history = made()
        said = oracle.consistent(history.calls, model, consistency)
        found.append(("history", (model, history, consistency, keyed_by(model)), said))
    for model, history in cases.kinds_of_calls():
        said = oracle.consistent(history.calls, model, Consistency.LINEARIZABLE)
        found.append(("history", (model, history, Consistency.LINEARIZABLE, None), said))
    for number, consistency in itertools.product(range(CASES), Consistency):
        random = Random(number)
        run = cases.run(random)
        said = oracle.allowed(run.threads, run.final, cases.Box(), run.results, run.ending, run.seen, consistency)
        found.append(("run", (run, consistency), said))
        history = cases.box_history(random)
        said = oracle.consistent(history.calls, cases.Box(), consistency)
        found.append(("history", (cases.Box(), history, consistency, None), said))
        for name in ("set", "dict", "queue"):
            model, history = cases.recorded_history(random, name)
            said = oracle.consistent(history.calls, model, consistency)
            found.append(("history", (model, history, consistency, keyed_by(model)), said))
    return tuple(found)


def mistakes(judge: dict[str, Any]) -> Iterator[str]:
    """Yield each case in which this judge differs from the definition, or raises."""
    for kind, case, said in corpus():
        expected = Verdict.HELD if said else Verdict.VIOLATION
        try:
            if kind == "run":
                run, consistency = case
                found = judge["run"].ScenarioJudge(run.threads, run.final, cases.Box(), consistency=consistency)
                for table in (found._table, None):
                    found.__dict__["_table"] = table
                    verdict = found.judge(run.results, run.ending, run.seen).verdict
                    if verdict is not expected:
                        yield f"{kind} {case}: {verdict}"
            else:
                model, history, consistency, keyed = case
                budget = judge["search"].Budget(configurations=20_000, seconds=1.0)
                judgement = judge["partition"].judge(
                    history, model, consistency=consistency, keyed=keyed, budget=budget
                )
                if judgement.verdict is not expected:
                    yield f"{kind} {case}: {judgement.verdict}"
                if consistency is Consistency.LINEARIZABLE:
                    searched = judge["jit"].search(history.calls, model, budget)
                    if searched.verdict is not expected:
                        yield f"just in time, {case}: {searched.verdict}"
        except Exception as error:
            yield f"{kind} {case}: {error!r}"


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.thread_unsafe(reason="loads modules under names of its own")
def test_the_oracle_notices_a_judge_that_is_wrong(mutant: str) -> None:
    assert next(mistakes(loaded(*MUTANTS[mutant])), None) is not None


@pytest.mark.thread_unsafe(reason="loads modules under names of its own")
def test_the_oracle_finds_nothing_wrong_with_the_judge_as_it_is() -> None:
    assert list(mistakes(loaded("", "", ""))) == []
