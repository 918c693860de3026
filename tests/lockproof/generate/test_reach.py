"""Do we find the operations that run a function or a line, and do scenarios with an aim have one of them?"""

from __future__ import annotations

import threading

import pytest

from lockproof.core.operation import op
from lockproof.core.specification import Specification
from lockproof.generate.generator import Generator
from lockproof.generate.reach import Reach, reached, that_return
from lockproof.inference.target import load_specification

pytestmark = [
    pytest.mark.thread_unsafe(reason="asks the interpreter which code begins, in all threads"),
    pytest.mark.two_builds,
]


def doubled(number: int) -> int:
    return 2 * number


class Slot:
    """Holds one item: the second has to wait."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(1)

    def put(self, x: int) -> None:
        self._free.acquire()


class Bag:
    """Two operations, one of which runs `doubled`, and only if there is something in the bag."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[int] = []

    def put(self, x: int) -> None:
        with self._lock:
            self._items.append(x)

    def wait(self) -> None:
        never = threading.Event()
        while True:
            never.wait()
            self._items.clear()

    def sum(self) -> int:
        with self._lock:
            return sum(doubled(each) for each in self._items)


def found(filling: list[str]) -> Reach:
    return reached(load_specification(Bag), {__file__}, filling, lambda _: None)


def test_an_operation_that_runs_a_function_is_found_where_the_subject_is_not_empty() -> None:
    assert found(["a.put(1)"])[__file__, "doubled"] == {"a.sum()"}


def test_an_operation_that_does_not_run_it_is_not_found() -> None:
    reach = found(["a.put(1)"])
    assert reach[__file__, "Bag.put"] == {"a.put(x_x)"}
    assert (__file__, "doubled") not in found([])


def test_an_operation_that_runs_a_line_is_found() -> None:
    reach = found(["a.put(1)"])
    line = Bag.sum.__code__.co_firstlineno + 2
    assert reach[__file__, line] == {"a.sum()"}
    assert reach[__file__, Bag.put.__code__.co_firstlineno + 2] == {"a.put(x_x)"}


def test_a_subject_is_filled_up_to_the_line_that_waits() -> None:
    kinds = [op("a.put(x)", x=[1, 2], blocking=True)]
    assert that_return(Specification(Slot, kinds), ["a.put(1)", "a.put(2)"]) == ["a.put(1)"]
    assert that_return(load_specification(Bag), ["a.put(1)", "a.put(2)"]) == ["a.put(1)", "a.put(2)"]


def test_of_an_operation_that_never_ends_the_lines_before_its_wait_are_found() -> None:
    kinds = [op("a.put(x)", x=[1]), op("a.put(len([a]))", blocking=True), op("a.wait()", blocking=True), op("a.sum()")]
    reach = reached(Specification(Bag, kinds), {__file__}, ["a.put(1)"], lambda _: None)
    assert reach[__file__, "Bag.put"] == {kind.text for kind in kinds[:2]}
    assert reach[__file__, "Bag.wait"] == {"a.wait()"}
    first = Bag.wait.__code__.co_firstlineno
    assert reach[__file__, first + 2] == {"a.wait()"}
    assert (__file__, first + 4) not in reach
    assert reach[__file__, "Bag.sum"] == {"a.sum()"}


def test_every_scenario_has_an_operation_that_is_aimed_at() -> None:
    specification = load_specification(Bag)
    for aimed in ({"a.sum()"}, {"a.put(x_x)"}):
        generator = Generator(specification, 3, 1, aimed=dict.fromkeys(aimed, 1))
        for number in range(60):
            made = generator.scenario(number)
            assert any(each.kind.text in aimed for thread in made.threads for each in thread)


def test_without_an_aim_some_scenarios_lack_the_operation() -> None:
    generator = Generator(load_specification(Bag), 3, 1)
    texts = [{each.kind.text for thread in generator.scenario(k).threads for each in thread} for k in range(60)]
    assert any("a.sum()" not in each for each in texts)


def test_what_is_aimed_at_is_tried_beside_itself_and_beside_the_rest() -> None:
    kinds = [op(f"a.f{k}()", weight=9 if k < 6 else 1) for k in range(12)]
    aimed = {kind.text: 1 for kind in kinds[:6]}
    generator = Generator(Specification(set, kinds), 2, 1, aimed=aimed)
    pairs = [generator.scenario(index) for index in range(40) if index % 6 < 5]
    mixed = [not {each.kind.text for thread in made.threads for each in thread} <= aimed.keys() for made in pairs]
    assert 2 <= sum(mixed) <= 26
