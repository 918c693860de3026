"""Do probe elements behave as the integers that they are, and do they come back?"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from lockproof.core.probes import NAMES, Dying, Meddling, Yielding, comes_back, fails, gives_1, gives_2, slowly
from lockproof.core.values import canonical

KINDS: dict[str, Callable[[Any], Any]] = {
    "Yielding": lambda subject: Yielding(1),
    "Meddling": lambda subject: Meddling(subject, 1),
    "Dying": lambda subject: Dying(subject, 1),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_probe_is_an_integer_in_every_container(name: str) -> None:
    probe = KINDS[name]({1})
    assert probe == 1 and 1 == probe and not probe == 2 and hash(probe) == hash(1)
    assert probe in {1} and 1 in {probe} and {probe: 5}[1] == 5 and [2, probe].index(1) == 1
    assert canonical({probe}) == canonical({1})
    assert repr(probe).startswith(name)


@pytest.mark.parametrize("name", KINDS)
def test_copies_of_a_probe_are_plain(name: str) -> None:
    subject: set[Any] = set()
    subject.add(KINDS[name](subject))
    for copied in (copy.deepcopy(subject), pickle.loads(pickle.dumps(subject))):
        assert {type(each) for each in copied} == {int}
    subject.clear()


class Visited:
    """Keeps the names of the operations that a probe calls; `in` compares `element` with its operand."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        self.element: Any = None

    def __len__(self) -> int:
        self.visits.append("len")
        return 0

    def __contains__(self, item: object) -> bool:
        self.visits.append("in")
        return self.element == item

    def discard(self, item: object) -> None:
        self.visits.append("discard")


def test_a_meddling_element_comes_back_once_for_each_hash_and_comparison() -> None:
    visited = Visited()
    visited.element = Meddling(visited, 1)
    hash(visited.element)
    assert visited.visits == ["len", "in", "discard"]
    assert visited.element == 1
    assert visited.visits == ["len", "in", "discard"] * 2


def test_a_dying_element_comes_back_when_it_is_thrown_away() -> None:
    visited = Visited()
    subject = [Dying(visited, 1)]
    assert visited.visits == []
    subject.clear()
    assert visited.visits == ["len", "in", "discard"]


def test_what_a_subject_raises_at_a_visitor_is_ignored() -> None:
    assert hash(Meddling(object(), 1)) == 1


def test_coming_back_changes_nothing() -> None:
    for subject in ({1, 2}, {1: 1}, [1, 2]):
        before = copy.copy(subject)
        assert Meddling(subject, 1) in subject
        assert subject == before


def test_helpers_give_what_they_say() -> None:
    assert list(slowly([3, 1])) == [3, 1]
    assert (gives_1("any"), gives_2(key=1)) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        fails("any", key=1)
    assert {"gives_1", "gives_2", "fails"} <= NAMES.keys()


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("a.update(x for x in [1] if [x in a])", True),
        ("a.update(x for x in [1] if [x in b])", False),
        ("b.update(x for x in [1] if [x in b])", True),
        ("a.remove_if(lambda x: b.clear())", True),
        ("a.update(x for x in [1])", False),
    ],
)
def test_a_generator_comes_back_if_it_knows_the_subject_that_runs_it(text: str, does: bool) -> None:
    assert comes_back(text) is does
