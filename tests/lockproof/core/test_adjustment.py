"""Does another process get the specification that the comparison on one thread has left?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lockproof.core.adjustment import Adjustment
from lockproof.core.codec import decode, encode
from lockproof.core.operation import OperationKind, op
from lockproof.core.specification import Specification
from lockproof.core.values import Masked, unread

pytestmark = pytest.mark.one_build

ADD, READ, SEEN = op("a.add(x)", x=[1, 2]), op("len(a)", reads=True), op("a.seen()", reads=True)
WHOLE = Specification(
    set, [ADD, READ, SEEN], model=set, observe=["len(a)", "a.seen()"], init=[ADD], guessed=True, notes=["first"],
    attributes=["a.count", "a.born"],
)  # fmt: skip


def masked(kind: OperationKind) -> OperationKind:
    return replace(kind, normalize=Masked(None))


@pytest.mark.parametrize(
    "change",
    [
        lambda: WHOLE,
        lambda: replace(WHOLE, operations=[ADD, READ], observe=["len(a)"], notes=["first", "a.seen() is left out"]),
        lambda: replace(WHOLE, operations=[ADD, replace(READ, lifted=True), SEEN]),
        lambda: replace(WHOLE, model=None, guessed=False, attributes=["a.count"]),
        lambda: replace(WHOLE, operations=[READ], init=[]),
    ],
    ids=["nothing", "left out", "lifted", "the class itself", "no initial part"],
)
def test_what_was_left_out_and_changed_is_left_out_and_changed_again(change: Callable[[], Specification]) -> None:
    after = change()
    told = decode(Adjustment, encode(Adjustment.of(WHOLE, after, timed=False, threads=False)))
    again = told.applied(WHOLE)
    for name in ("operations", "init", "observe", "attributes", "notes", "model", "guessed"):
        assert getattr(again, name) == getattr(after, name), name


def test_results_that_are_compared_without_times_are_so_again() -> None:
    after = replace(WHOLE, operations=[ADD, READ, masked(SEEN)])
    again = Adjustment.of(WHOLE, after, timed=True, threads=False).applied(WHOLE)
    assert [isinstance(each.normalize, Masked) for each in again.operations] == [False, False, True]


def test_a_process_that_has_loaded_another_specification_makes_no_changes() -> None:
    adjusted = Adjustment.of(WHOLE, replace(WHOLE, operations=[ADD]), timed=False, threads=False)
    for other in (replace(WHOLE, operations=[ADD, READ]), replace(WHOLE, observe=[]), replace(WHOLE, model=None)):
        assert not adjusted.fits(other) and adjusted.applied(other) is other
    assert adjusted.fits(WHOLE)


def test_where_the_threads_of_a_class_are_controlled_its_results_are_compared() -> None:
    unread_add = replace(ADD, normalize=unread)
    after = replace(WHOLE, operations=[unread_add], init=[unread_add], observe=[], attributes=[])
    adjustment = Adjustment.of(WHOLE, after, timed=False, threads=True)
    assert adjustment.applied(WHOLE).operations[0].normalize is unread
    controlled = adjustment.controlled(WHOLE).applied(WHOLE)
    assert controlled.operations[0].normalize is None and controlled.observe == list(WHOLE.observe)
    plain = replace(adjustment, threads=False)
    assert plain.controlled(WHOLE) == plain
