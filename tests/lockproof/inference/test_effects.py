"""Is an operation that changes nothing known as one, and none that may change something?"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import ClassVar

import pytest

from lockproof import infer
from lockproof.inference.effects import READING


class Shelf:
    """Names that say little."""

    made: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: OrderedDict[int, list[int]] = OrderedDict()
        self._counter = itertools.count()

    def shelve(self, book: int) -> None:
        with self._lock:
            self._books[book] = []

    def first(self) -> int | None:
        return next(iter(self._books), None)

    def holds(self, book: int) -> bool:
        return book in self._books

    def touch(self, book: int) -> None:
        if book in self._books:
            self._books.move_to_end(book, last=False)
            self._books[book].append(1)

    def number(self) -> int:
        return next(self._counter)

    def forget(self, book: int) -> None:
        self._books.pop(book, None)

    def refuse(self) -> None:
        raise RuntimeError

    def __or__(self, other: object) -> Shelf:
        if not isinstance(other, Shelf):
            return NotImplemented
        return Shelf()

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._books))


class Visible(Shelf):
    """All its state can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self._counter = None  # type: ignore[assignment]

    def number(self) -> int:
        self.made.append(1)
        return len(self.made)


def test_what_changes_nothing_reads() -> None:
    found = {kind.text: kind for kind in infer(Visible).operations}
    assert {text for text, kind in found.items() if kind.reads and kind.weight == READING} >= {"a.first()"}
    assert found["a.holds(x_book)"].reads
    for text in ("a.shelve(x_book)", "a.touch(x_book)", "a.forget(x_book)", "a.number()", "a.refuse()"):
        assert not found[text].reads, text


def test_nothing_is_known_of_a_state_that_cannot_be_seen() -> None:
    found = {kind.text: kind for kind in infer(Shelf).operations}
    assert not found["a.first()"].reads and not found["a.number()"].reads


@pytest.mark.parametrize("cls", [Shelf, Visible])
def test_an_operator_is_tried_with_what_it_takes(cls: type) -> None:
    found = {kind.text for kind in infer(cls).operations}
    assert "a | b" in found
    assert ("a | x" in found) == (cls is Shelf)  # where nothing can be seen, nothing is left out
