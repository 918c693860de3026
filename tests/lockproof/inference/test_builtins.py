"""Do all operations in the tables run on the standard library's own containers, and do these agree with the models?"""

from __future__ import annotations

import queue
import threading
from collections import Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lockproof.core.interpreter import is_gil_enabled
from lockproof.core.operation import Operation
from lockproof.inference.conformance import conform
from lockproof.inference.from_class import infer

pytestmark = pytest.mark.two_builds

BUILTINS: list[type] = [
    set, dict, list, deque, OrderedDict, Counter, UserDict, UserList,
    queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue,
]  # fmt: skip


class Own(set[int]):
    """A set that does something itself, so that nothing is left to the promises of the builtin."""

    def add(self, element: int) -> None:
        super().add(element)


@pytest.mark.parametrize("cls", BUILTINS)
def test_what_the_standard_library_does_is_what_the_models_do(cls: type) -> None:
    specification = infer(cls)
    result = conform(specification, seed=1, seconds=0.05)
    assert result.nonconformances == ()
    assert result.specification.notes == specification.notes
    assert [kind.text for kind in result.specification.operations] == [kind.text for kind in specification.operations]


FACTORIES: dict[str, tuple[type, Callable[[], Any]]] = {
    "a defaultdict": (defaultdict, lambda: defaultdict(int)),
    "a bounded queue": (queue.Queue, lambda: queue.Queue(2)),
    "a bounded deque": (deque, lambda: deque(maxlen=2)),
    "a set with contents": (set, lambda: {1, 7}),
    "a dict with contents": (dict, lambda: {1: 1, 7: 2}),
    "a list with contents": (list, lambda: [7]),
}


@pytest.mark.parametrize("name", FACTORIES)
def test_what_a_factory_makes_is_as_the_model_begins(name: str) -> None:
    cls, make = FACTORIES[name]
    result = conform(infer(cls, factory=make), seed=2, seconds=0.05)
    assert result.nonconformances == ()
    assert list(result.specification.notes) == []


@pytest.mark.parametrize("cls", [set, dict, list, deque])
def test_most_operations_succeed_on_some_contents(cls: type) -> None:
    specification = infer(cls)
    names = specification.globals
    filled = [each for kind in specification.init or () for each in kind.fillings()]
    fill = [operation.compiled(names) for operation in filled]
    failing = []
    for kind in specification.operations:
        a, b = cls(), cls()
        for function in fill:
            function(a, b, None)
        try:
            next(kind.fillings(1)).compiled(names)(a, b, None)
        except Exception as error:
            failing.append((kind.text, type(error).__name__))
    expected = {
        "a.add([])", "a.update((1 // 0 for x in [1]))", "a.update(1 // 0 for x in [1])", "a.__setitem__([], 1)",
        "a.update((k, 1 // 0) for k in [1])", "a.extend(1 // 0 for x in [1])", "a | [1]", "a |= [1]",
    }  # fmt: skip
    assert {text for text, _ in failing} <= expected, failing


@pytest.mark.parametrize("cls", BUILTINS)
def test_each_text_stands_in_a_table_once_and_knows_its_own_lines(cls: type) -> None:
    specification = infer(cls)
    texts = [kind.text for kind in specification.operations]
    assert sorted(set(texts)) == sorted(texts)
    for kind in specification.operations:
        for operation in kind.fillings(4):
            assert kind.matches(operation.text), operation.text
            assert specification.bound(Operation(operation.text)).kind.text, operation.text


def test_a_set_is_tried_in_all_the_ways_that_break() -> None:
    texts = {operation.text for kind in infer(Own).operations for operation in kind.fillings()}
    for text in (
        "a.add(1)", "a.pop()", "1 in a", "len(a)", "a.update(a)", "a |= a", "a -= a", "a |= b", "b |= a", "a.update(b)",
        "a == b", "b == a", "a | b", "a.issubset(b)", "frozenset(a)", "{*a}", "set().union(a)", "{1, 2} | a",
        "copy.copy(a)", "copy.deepcopy(a)", "pickle.loads(pickle.dumps(a))", "a.add(Yielding(1))",
        "a.add(Meddling(a, 1))", "a.add(Dying(a, 1))", "a.update((x for x in [1, 2] if [x in a]))", "list(a)",
    ):  # fmt: skip
        assert text in texts, text


def test_the_likeliest_to_break_weighs_most_and_readers_are_marked() -> None:
    kinds = {kind.text: kind for kind in infer(Own).operations}
    assert kinds["a.add(x)"].weight > kinds["a.update(x)"].weight > kinds["copy.deepcopy(a)"].weight
    assert kinds["len(a)"].reads and not kinds["a.pop()"].reads


class Noted(dict[int, int]):
    """A dict with an attribute of its own, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Backwards(Noted):
    """Promises something of its iterator."""

    def __reversed__(self) -> Iterator[int]:
        with self.lock:
            return iter(list(super().__reversed__()))


def test_iterators_that_a_class_leaves_as_they_are_promise_nothing() -> None:
    inherited = {kind.text for kind in infer(Noted).operations}
    own = {kind.text for kind in infer(Backwards).operations}
    assert "list(reversed(a))" not in inherited and "list(reversed(a))" in own
    assert ("list(a)" in inherited) == is_gil_enabled() and "list(a)" in own
    assert "list(a)" in {kind.text for kind in infer(dict).operations}
