"""Small random histories and scenarios: of a model that waits and chooses, and of the models of recorded histories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lockproof.core.history import NEVER, PENDING, Call, History
from lockproof.core.operation import Operation
from lockproof.histories.named_models import MODELS, RecordedModel, RecordedOperation


class Box:
    """A set of numbers. `put` and `drop` tell whether they changed it, `pop` takes any, `take` waits for one.

    `be` makes it hold one number alone, and `toss` takes any out; they do not tell what they changed.
    """

    LINES = ("a.put(1)", "a.put(2)", "a.drop(1)", "a.pop()", "a.take()", "len(a)", "a.be(1)", "a.be(2)", "a.toss()")
    RESULTS = (True, False, 1, 2, None, 0)

    def initial(self) -> frozenset[int]:
        return frozenset({2})

    def apply(self, state: frozenset[int], call: Operation) -> Iterable[tuple[Any, frozenset[int]]]:
        match call.text:
            case "a.put(1)":
                yield 1 not in state, state | {1}
            case "a.put(2)":
                yield 2 not in state, state | {2}
            case "a.drop(1)":
                yield 1 in state, state - {1}
            case "len(a)":
                yield len(state), state
            case "a.be(1)":
                yield None, frozenset({1})
            case "a.be(2)":
                yield None, frozenset({2})
            case "a.toss()":
                yield None, state
                for each in state:
                    yield None, state - {each}
            case text:
                for each in state:
                    yield each, state - {each}
                if text == "a.pop()" and not state:
                    yield None, state


def lived(model: Any, operations: Sequence[Any], order: Sequence[int], random: Random) -> dict[int, Any] | None:
    """Return results that the model gives in this order; None if it would wait for ever."""
    state, results = model.initial(), {}
    for i in order:
        steps = list(model.apply(state, operations[i]))
        if not steps:
            return None
        results[i], state = random.choice(steps)
    return results


@dataclass(frozen=True)
class Times:
    """When calls were invoked and returned, and by which process. Small numbers, so that many times are equal."""

    process: list[int]
    invoked: list[int]
    returned: list[int]


def times(random: Random, count: int) -> Times:
    clock = dict.fromkeys(range(random.randint(1, 3)), 0)
    found = []
    for _ in range(count):
        process = random.choice(list(clock))
        begin = clock[process] + random.choice((0, 0, 1, 2))
        end = begin + random.choice((0, 1, 1, 2, 4))
        clock[process] = end
        found.append((begin, process, end))
    found.sort(key=lambda each: each[0])
    return Times([each[1] for each in found], [each[0] for each in found], [each[2] for each in found])


def history(random: Random, model: Any, operations: Sequence[Any], guesses: Callable[[Any], Sequence[Any]]) -> History:
    """Return a history of these operations: results of an order that keeps to real time, often with one changed."""
    when = times(random, len(operations))
    middle = [random.uniform(when.invoked[i], when.returned[i] + 0.001) for i in range(len(operations))]
    if random.random() < 0.3:
        random.shuffle(middle)
    results = lived(model, operations, sorted(range(len(operations)), key=middle.__getitem__), random)
    last = {process: i for i, process in enumerate(when.process)}
    calls = []
    for i, operation in enumerate(operations):
        guess = results is None or random.random() < 0.15
        result = random.choice(guesses(operation)) if guess or results is None else results[i]
        end: float = when.returned[i]
        if i in last.values() and random.random() < 0.3:
            result, end = PENDING, NEVER
        calls.append(Call(when.process[i], operation, result, when.invoked[i], end, i + 1))
    return History.of(calls)


def store_buffering() -> tuple[RecordedModel, History]:
    """Each of two processes writes one key and then does not see the write of the other (the litmus test SB)."""
    model = MODELS["dict"]()
    rows = [
        (0, "put", [1, 1], None, 1, 2),
        (1, "put", [2, 1], None, 1, 2),
        (0, "get", [2, None], [2, None], 3, 4),
        (1, "get", [1, None], [1, None], 3, 4),
    ]
    calls = [
        Call(process, *model.call(f, value, completed), begin, end) for process, f, value, completed, begin, end in rows
    ]
    return model, History.of(calls)


def crossing() -> tuple[RecordedModel, History]:
    """Each of two processes takes the item that the other puts in next; all four calls meet at one time."""
    model = MODELS["bag"]()
    rows = [
        (0, "dequeue", None, 2, 0, 1),
        (1, "dequeue", None, 1, 0, 1),
        (0, "enqueue", 1, None, 1, 2),
        (1, "enqueue", 2, None, 1, 2),
    ]
    calls = [
        Call(process, *model.call(f, value, completed), begin, end) for process, f, value, completed, begin, end in rows
    ]
    return model, History.of(calls)


KINDS_OF_CALLS: list[tuple[str, list[tuple[int, str, Any, Any, int, float]]]] = [
    ("counter", [(0, "increment", None, 2, 1, 3), (1, "increment", None, 1, 2, 4)]),
    ("register", [(0, "write", 1, None, 1, 3), (1, "write", 1, None, 2, 9), (2, "write", 2, None, 4, 5),
                  (3, "read", None, 1, 6, 7)]),
    *(
        ("counter", [*((process, "add", change, PENDING, 1, NEVER) for process, change in enumerate((1, 4, 2, 3))),
                     (4, "read", None, 5, 2, 3), (4, "read", None, then, 4, 5)])
        for then in (5, 6, 7, 10, 12)
    ),
]  # fmt: skip
"""Histories in which it matters which of two equal calls comes first, and which pending calls took effect."""


def kinds_of_calls() -> list[tuple[RecordedModel, History]]:
    found = []
    for name, rows in KINDS_OF_CALLS:
        model = MODELS[name]()
        calls = [Call(row[0], *model.call(*row[1:4]), *row[4:]) for row in rows]
        found.append((model, History.of(calls)))
    return found


def box_history(random: Random) -> History:
    operations = [Operation(random.choice(Box.LINES)) for _ in range(random.randint(1, 5))]
    return history(random, Box(), operations, lambda _: Box.RESULTS)


CALLS: dict[str, list[tuple[str, Any, Any]]] = {
    "set": [("add", 1, True), ("add", 2, None), ("remove", 1, True), ("contains", 2, True), ("read", None, [1])],
    "cas-register": [("write", 1, 1), ("read", None, 1), ("cas", [1, 2], [1, 2]), ("cas", [None, 1], True)],
    "dict": [("put", [1, 5], None), ("get", [1, None], [1, 5]), ("remove", 1, True), ("put", [2, 5], None),
             ("remove", 2, 5), ("remove", 2, None)],
    "queue": [("enqueue", 1, 1), ("enqueue", 2, 2), ("dequeue", None, 1)],
    "bag": [("enqueue", 1, 1), ("enqueue", 2, 2), ("dequeue", None, 1), ("dequeue", None, 2)],
    "stack": [("push", 1, 1), ("push", 2, 2), ("pop", None, 1)],
    "counter": [("add", 2, None), ("increment", None, 1), ("read", None, 2)],
    "mutex": [("acquire", None, None), ("release", None, None)],
}  # fmt: skip
"""Calls of each recorded model; the completion only says in which form the result is."""


def recorded_history(random: Random, name: str) -> tuple[RecordedModel, History]:
    model = MODELS[name]()
    readings = [model.call(*each) for each in CALLS[name]]
    operations = [random.choice(readings)[0] for _ in range(random.randint(1, 5))]
    results = [True, False, None]

    def guesses(operation: RecordedOperation) -> list[Any]:
        if (name, operation.f) == ("set", "read"):
            return [0, 1, 2, 3]
        return [result for did, result in readings if did.f == operation.f] + (results if operation.has_result else [])

    made = history(random, model, operations, guesses)
    if name != "bag":
        return model, made
    # The operation of a bag's call has the item that the call takes, so that the call has a key.
    calls = []
    for call in made.calls:
        value = call.result if call.operation.f == "dequeue" else call.operation.argument
        if value is PENDING or value is False:
            value = None
        calls.append(Call(call.process, call.operation._replace(argument=value), call.result, call.invoked,
                          call.returned, call.line))  # fmt: skip
    return model, History(tuple(calls))


@dataclass(frozen=True)
class Run:
    """A run of a scenario: its operations, their results, and the known real time."""

    threads: list[list[Operation]]
    final: list[Operation]
    results: list[list[Any]]
    ending: list[Any]
    seen: list[list[list[int]]] | None


def run(random: Random) -> Run:
    when = times(random, random.randint(1, 5))
    threads: list[list[int]] = [[i for i, p in enumerate(when.process) if p == t] for t in sorted({*when.process})]
    operations = [Operation(random.choice(Box.LINES)) for _ in when.process]
    final = [Operation("len(a)")] if random.random() < 0.6 else []
    seen = [
        [
            [sum(when.returned[j] < when.invoked[i] for j in other) if other is not own else k for other in threads]
            for k, i in enumerate(own)
        ]
        for own in threads
    ]
    middle = [random.uniform(when.invoked[i], when.returned[i] + 0.001) for i in range(len(operations))]
    if random.random() < 0.3:
        random.shuffle(middle)
    every = [*operations, *final]
    order = [*sorted(range(len(operations)), key=middle.__getitem__), *range(len(operations), len(every))]
    results = lived(Box(), every, order, random) or {}
    got = [
        random.choice(Box.RESULTS) if i not in results or random.random() < 0.15 else results[i]
        for i in range(len(every))
    ]
    return Run(
        [[operations[i] for i in own] for own in threads],
        final,
        [[got[i] for i in own] for own in threads],
        got[len(operations) :],
        seen if random.random() < 0.8 else None,
    )
