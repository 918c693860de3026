"""Makes a failing scenario small: fewest operations, then threads, then initial operations, then short arguments.

The final part and whole threads are left out first: what remains without them is a much smaller case at once.

The shrinker knows a case, a predicate and an order, and nothing of threads or judges, like the shrinker of Hypothesis.
It is greedy: a smaller case that still fails becomes the case, until no smaller one fails. It leaves no lock given back
that was not taken: such a case may fail for another reason.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.core.lock_pairs import lock_pairs, misuses_lock
from lockproof.core.operation import Operation
from lockproof.core.scenario import Scenario

UNFINISHED: Final = "There may be a smaller case: the time for making this one smaller was over."


def with_sentence(detail: str, sentence: str) -> str:
    """Return the detail of a finding with a sentence after it."""
    return f"{detail}. {sentence}" if detail else sentence


def shrink(scenario: Scenario, still_fails: Callable[[Scenario], bool], may_go_on: Callable[[], bool]) -> Scenario:
    """Return the smallest scenario found for which `still_fails` is true.

    `still_fails` is called with smaller scenarios only, and never twice with the same one. The search ends when
    `may_go_on` returns false, or no smaller scenario fails.
    """
    tried = {str(scenario)}
    pairs = lock_pairs(scenario)
    progress = True
    while progress and may_go_on():
        progress = False
        for candidate in candidates(scenario):
            if str(candidate) in tried or candidate.size >= scenario.size:
                continue
            tried.add(str(candidate))
            if misuses_lock(candidate, pairs):
                continue
            if not may_go_on():
                break
            if still_fails(candidate):
                scenario, progress = candidate, True
                break
    return scenario


def candidates(scenario: Scenario) -> Iterator[Scenario]:
    """Yield smaller scenarios; those that leave out most come first."""
    threads = scenario.threads
    if scenario.final:
        yield replace(scenario, final=())
    if len(threads) > 2:
        for t in range(len(threads)):
            yield scenario.with_threads([*threads[:t], *threads[t + 1 :]])
    if scenario.init:
        yield replace(scenario, init=())
    if sum(map(len, threads)) > 3:
        for one, other in combinations(range(len(threads)), 2):
            for pair in product(threads[one], threads[other]):
                yield scenario.with_threads([(each,) for each in pair])
    for t, thread in enumerate(threads):
        for k in range(len(thread)):
            rest = [*threads[:t], (*thread[:k], *thread[k + 1 :]), *threads[t + 1 :]]
            if sum(map(bool, rest)) >= 2:
                yield scenario.with_threads(rest)
    for t, thread in enumerate(threads):
        rest = [*threads[:t], thread[1:], *threads[t + 1 :]]
        if len(thread) > 1:
            yield replace(scenario.with_threads(rest), init=(*scenario.init, thread[0]))
            rest[t] = thread[:-1]
            yield replace(scenario.with_threads(rest), final=(thread[-1], *scenario.final))
    for k in range(len(scenario.init)):
        yield replace(scenario, init=(*scenario.init[:k], *scenario.init[k + 1 :]))
    for k in range(len(scenario.final)):
        yield replace(scenario, final=(*scenario.final[:k], *scenario.final[k + 1 :]))
    yield from _of_shorter_lines(scenario)


def _of_shorter_lines(scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario with one line made simpler, or with a number replaced by a smaller one in all lines."""
    numbers = sorted({value for each in scenario.operations for value in _numbers(each.node)})
    for old in numbers:
        for new in (0, 1, old // 2):
            if new < old and new not in numbers:
                yield _mapped(scenario, lambda each, old=old, new=new: _with_number(each, old, new))  # type: ignore[misc]
    for t, thread in enumerate(scenario.threads):
        for k, operation in enumerate(thread):
            for shorter in _shorter(operation):
                lines = (*thread[:k], shorter, *thread[k + 1 :])
                yield scenario.with_threads([*scenario.threads[:t], lines, *scenario.threads[t + 1 :]])


def _mapped(scenario: Scenario, change: Callable[[Operation], Operation]) -> Scenario:
    def all_changed(operations: Sequence[Operation]) -> tuple[Operation, ...]:
        return tuple(map(change, operations))

    return Scenario(all_changed(scenario.init), tuple(map(all_changed, scenario.threads)), all_changed(scenario.final))


def _numbers(tree: ast.AST) -> set[int]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int}


def _with_number(operation: Operation, old: int, new: int) -> Operation:
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value == old:
            node.value = new
    return Operation(ast.unparse(tree), operation.kind)


def _shorter(operation: Operation) -> Iterator[Operation]:
    """Yield the line with one item of a list, tuple, set or dictionary left out, or one argument."""
    count = sum(1 for _ in ast.walk(ast.parse(operation.text)))
    for index in range(count):
        for item in range(8):
            tree = ast.parse(operation.text)
            node = list(ast.walk(tree))[index]
            least = 1 if isinstance(node, ast.Set) else 0  # there is no literal of an empty set
            if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and item < len(node.elts) > least:
                del node.elts[item]
            elif isinstance(node, ast.Dict) and item < len(node.keys):
                del node.keys[item], node.values[item]
            else:
                break
            try:
                yield Operation(ast.unparse(ast.fix_missing_locations(tree)), operation.kind)
            except LockproofError:
                continue
