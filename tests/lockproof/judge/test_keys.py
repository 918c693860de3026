"""Is a scenario whose operations have keys judged by its parts as it is judged as a whole, and faster?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockproof.core.operation import Operation
from lockproof.core.verdict import Consistency, Verdict
from lockproof.judge.run import ScenarioJudge

pytestmark = pytest.mark.one_build

KEYS = "pqrs"


class Switches:
    """Switches with names; `flip` returns the old state of the switch. The operation that changes nothing is `look`."""

    def initial(self) -> frozenset[str]:
        return frozenset()

    def apply(self, state: frozenset[str], call: Operation) -> Iterable[tuple[Any, frozenset[str]]]:
        name = key(call)
        if name is None:
            yield len(state), state
        else:
            yield name in state, state ^ {name} if call.text.startswith("a.flip") else state


def key(operation: Operation) -> str | None:
    return operation.text[-3] if "'" in operation.text else None


def operations(random: Random, count: int) -> list[Operation]:
    return [Operation(f"a.{random.choice(('flip', 'flip', 'look'))}('{random.choice(KEYS)}')") for _ in range(count)]


def judges(
    threads: list[list[Operation]], final: list[Operation], limit: int = 20_000, **options: Any
) -> tuple[ScenarioJudge, ScenarioJudge]:
    whole = ScenarioJudge(threads, final, Switches(), limit=limit, **options)
    return whole, ScenarioJudge(threads, final, Switches(), limit=limit, key=key, **options)


def lived(threads: list[list[Operation]], final: list[Operation], random: Random) -> tuple[Any, Any, Any]:
    """Return results of a run in some order of the operations, with what was seen of the order."""
    model, done = Switches(), [0] * len(threads)
    state = model.initial()
    results: list[list[Any]] = [[] for _ in threads]
    seen: list[list[list[int]]] = [[] for _ in threads]
    while any(done[t] < len(thread) for t, thread in enumerate(threads)):
        t = random.choice([t for t, thread in enumerate(threads) if done[t] < len(thread)])
        seen[t].append([random.randint(0, count) if u != t else count for u, count in enumerate(done)])
        ((result, state),) = model.apply(state, threads[t][done[t]])
        results[t].append(result)
        done[t] += 1
    ending = []
    for each in final:
        ((result, state),) = model.apply(state, each)
        ending.append(result)
    return results, ending, seen


@given(random=st.randoms(use_true_random=False))
def test_parts_are_judged_as_the_whole(random: Random) -> None:
    threads = [operations(random, random.randint(1, 3)) for _ in range(random.randint(2, 3))]
    final = operations(random, random.randint(0, 2))
    whole, parted = judges(threads, final)
    results, ending, seen = lived(threads, final, random)
    assert parted.judge(results, ending, seen).verdict is whole.judge(results, ending, seen).verdict is Verdict.HELD
    wrong = random.randrange(len(results))
    place = random.randrange(len(results[wrong]))
    results[wrong][place] = not results[wrong][place]
    for known in (seen, None):
        assert parted.judge(results, ending, known) == whole.judge(results, ending, known)


MANY = [[Operation(f"a.flip('{KEYS[(t + k) % 4]}')") for k in range(8)] for t in range(3)]


@pytest.mark.parametrize("verdict", [Verdict.HELD, Verdict.VIOLATION])
def test_parts_are_decided_where_the_whole_takes_too_long(verdict: Verdict) -> None:
    results, ending, _ = lived(MANY, [], Random(3))
    if verdict is Verdict.VIOLATION:
        results[2][7] = not results[2][7]
    whole, parted = judges(MANY, [], limit=45)
    assert whole.judge(results, ending, None).verdict is Verdict.UNKNOWN
    assert parted.judge(results, ending, None).verdict is verdict


@pytest.mark.parametrize(
    ("extra", "consistency"), [("len(a)", Consistency.LINEARIZABLE), ("a.look('p')", Consistency.SEQUENTIAL)]
)
def test_an_operation_about_all_keys_or_another_consistency_keeps_the_whole(
    extra: str, consistency: Consistency
) -> None:
    threads = [[Operation("a.flip('p')")], [Operation("a.flip('q')"), Operation(extra)]]
    _, parted = judges(threads, [], consistency=consistency)
    assert parted._parts == []


def test_the_key_of_a_specification_reaches_the_judge() -> None:
    asked: list[Hashable] = []

    def noted(operation: Operation) -> str | None:
        asked.append(operation.text)
        return key(operation)

    ScenarioJudge([[Operation("a.flip('p')")], [Operation("a.flip('q')")]], [], Switches(), key=noted)
    assert asked == ["a.flip('p')", "a.flip('q')"]


@pytest.mark.parametrize(
    ("one", "other", "final", "seen"),
    [
        ("a.flip('p')", "a.look('p')", (), True),
        ("a.flip('p')", "a.flip('q')", (), False),
        ("a.look('p')", "a.look('p')", ("len(a)",), False),
    ],
)
def test_whether_results_reveal_which_thread_was_first(
    one: str, other: str, final: tuple[str, ...], seen: bool
) -> None:
    judge = ScenarioJudge([[Operation(one)], [Operation(other)]], list(map(Operation, final)), Switches())
    assert judge.order_matters() is seen
