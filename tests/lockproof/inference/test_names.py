"""Is a name that does not exist refused before anything runs, with the nearest name, and does every other name pass?"""

from __future__ import annotations

import functools
import threading
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from lockproof.core.errors import LockproofError
from lockproof.core.operation import op
from lockproof.core.scenario import Scenario
from lockproof.core.specification import Specification
from lockproof.inference.from_class import infer
from lockproof.inference.names import refuse_unknown_names, refuse_unknown_names_of
from tests.lockproof.campaign.undecided import Late, Proxy, Slotted

pytestmark = pytest.mark.one_build


class Bag:
    """Has attributes of each kind."""

    limit = 3

    def __init__(self, *items: int) -> None:
        self.items = list(items)

    def try_add(self, item: int, *, twice: bool = False) -> bool:
        self.items.append(item)
        return twice

    def size(self) -> int:
        return len(self.items)

    @property
    def full(self) -> bool:
        raise AssertionError("a property is looked up and not asked")

    @functools.cached_property
    def cached(self) -> int:
        return 1

    @staticmethod
    def make() -> Bag:
        return Bag()

    def __iadd__(self, other: object) -> Bag:
        return self


class Grows(Bag):
    """Makes attributes in a function beside the class, and by a text."""

    def open(self) -> None:
        _opened(self)

    def name(self, text: str) -> None:
        setattr(self, text, 1)


def _opened(bag: Bag) -> None:
    bag.handle = 1  # type: ignore[attr-defined]


class Watched(Bag):
    """Has a `__getattribute__` of its own."""

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Raises:
    """Fails if its `__dict__` is read."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        raise AssertionError("not asked")


def looked_up(cls: Any, text: str, **names: object) -> list[str]:
    specification = Specification(cls, [op("a.size()")], names=names)
    return [each.text for each in refuse_unknown_names_of(Scenario.parse(text), specification, cls())]


WRONG: list[tuple[Any, str, str, str]] = [
    # class, scenario, what is missing, and the next step
    (Bag, "a.tyr_add(1) || a.size()", "Bag has no tyr_add", "did you mean try_add?"),
    (Bag, "a.size() || b.sizee()", "Bag has no sizee", "did you mean size?"),
    (Bag, "a.siz -> a.size() || a.size() -> a.size()", "Bag has no siz", "did you mean size"),
    (Bag, "a.size() -> a.size() || a.size() -> sorted(a.itms)", "Bag has no itms", "did you mean items"),
    (Bag, "a.size() || len(a.limt for _ in [1])", "Bag has no limt", "did you mean limit?"),
    (Bag, "bag.size() || a.size()", "there is no bag", "the subject is called a"),
    (Bag, "lne(a.items) || a.size()", "there is no lne", "did you mean len"),
    (Bag, "a.try_add(word_0) || a.size()", "there is no word_0", "did you mean ord"),
    (Bag, "[b.size() for x in range(2) if y] || a.size()", "there is no y", "the subject is called a"),
    (Bag, "a.try_add() || a.size()", "does not fit try_add(self, item", "correct the call"),
    (Bag, "a.try_add(1, 2) || a.size()", "does not fit try_add", "correct the call"),
    (Bag, "a.try_add(itme=1) || a.size()", "does not fit try_add", "correct the call"),
    (Slotted, "a.bump(by=1) || a.m", "Slotted has no m", "next step"),
    (deque, "a.apend(1) || a.pop()", "deque has no apend", "did you mean append"),
    (Late, "a.opne() || a.bump()", "Late has no opne", "did you mean open?"),
    (Raises, "a.m || a.n", "Raises has no m", "next step"),
]


@pytest.mark.parametrize(("cls", "text", "fact", "step"), WRONG)
def test_a_name_that_does_not_exist_is_refused(cls: Any, text: str, fact: str, step: str) -> None:
    with pytest.raises(LockproofError) as refused:
        looked_up(cls, text)
    assert fact in str(refused.value) and step in str(refused.value)


RIGHT: list[tuple[Any, str]] = [
    (Bag, "a.try_add(1, twice=True) || b.size()"),
    (Bag, "a.full || a.cached"),
    (Bag, "a.make() || a.limit"),
    (Bag, "a += b || a.items"),
    (Bag, "a.made = 1 -> a.made || a.made -> a.made"),
    (Bag, "[x for x in a.items if (y := x)] || (lambda z: z)(a.size())"),
    (Bag, "a.try_add(*[1]) || a.try_add(**{'item': 1})"),
    (Bag, "{k: v for k, v in zip(a.items, b.items)} || print(a)"),
    (Slotted, "a.n || a.bump()"),
    (deque, "a.append(1) || a.popleft()"),
    (threading.Lock, "a.acquire(timeout=1) || a.locked()"),
    (Late, "a.open() -> a.handle || a.bump() -> a.n"),
    (Raises, "a.n || a.n"),
]


@pytest.mark.parametrize(("cls", "text"), RIGHT)
def test_a_name_that_exists_passes(cls: Any, text: str) -> None:
    looked_up(cls, text)


@pytest.mark.parametrize(
    ("cls", "text", "unsure"),
    [
        (Proxy, "a.apend(1) || a.size()", ["a.apend(1)"]),
        (Grows, "a.open() -> a.handle || a.size() -> a.size()", ["a.handle"]),
        (Grows, "a.name('x') -> a.x || a.size() -> a.size()", ["a.x"]),
        (Late, "a.open() -> a.handle || a.bump() -> a.n", ["a.handle"]),
        (Watched, "a.other() || a.size()", ["a.other()"]),
    ],
)
def test_a_name_that_may_come_to_exist_is_left_to_the_runs(cls: Any, text: str, unsure: list[str]) -> None:
    assert looked_up(cls, text) == unsure


def test_names_of_the_specification_are_known() -> None:
    looked_up(Bag, "see(a) || a.size()", see=len)
    with pytest.raises(LockproofError, match="there is no sea") as refused:
        looked_up(Bag, "sea(a) || a.size()", see=len)
    assert "see" in refused.value.step


@pytest.mark.parametrize(
    ("specification", "fact"),
    [
        (Specification(Bag, [op("a.tyr_add(x)", x=[1])]), "Bag has no tyr_add"),
        (Specification(Bag, [op("a.size()")], observe=["a.itms"]), "Bag has no itms"),
        (Specification(Bag, [op("a.size()")], observe=["sored(a.items)"]), "there is no sored"),
        (Specification(Bag, [op("a.size()")], init=[op("a.ad(x)", x=[1])]), "Bag has no ad"),
        (Specification(Bag, [op("a.try_add(x)")]), "there is no x"),
        (Specification(Bag, [op("a.try_add(x)", x=[SimpleNamespace()])]), ""),
        (Specification(Bag, [op("a.try_add(x)", x=[1])], observe=["sorted(a.items)"]), ""),
        (Specification(Bag, [op("a.try_add(x)", x=[1])], state=len), ""),
        (infer(Bag), ""),
        (infer(deque), ""),
        (infer(set), ""),
    ],
)
def test_names_in_the_lines_of_a_specification_are_refused_too(specification: Specification, fact: str) -> None:
    if not fact:
        refuse_unknown_names(specification, specification.subject())
        return
    with pytest.raises(LockproofError, match=fact):
        refuse_unknown_names(specification, specification.subject())
