"""Do beartype and typeguard, which check values at run time, understand annotations with LockedSet?"""

from __future__ import annotations

from typing import Any

import pytest

from lockedset import LockedSet
from tests.lockedset.used.libraries import library

beartype, door, typeguard = library("beartype"), library("beartype.door"), library("typeguard")

pytestmark = pytest.mark.one_build


class Jobs(LockedSet[int]):
    """A subclass."""


def by_beartype(value: Any, annotation: Any) -> bool:
    return bool(door.is_bearable(value, annotation))


def by_typeguard(value: Any, annotation: Any) -> bool:
    try:
        typeguard.check_type(value, annotation)
    except typeguard.TypeCheckError:
        return False
    return True


@pytest.mark.parametrize("check", [by_beartype, by_typeguard])
@pytest.mark.parametrize(
    ("value", "annotation", "fits"),
    [
        (LockedSet([1]), LockedSet, True),
        (LockedSet([1]), LockedSet[int], True),
        (Jobs([1]), LockedSet[int], True),
        (Jobs([1]), Jobs, True),
        (LockedSet([1]), set[int], True),
        ({1}, LockedSet[int], False),
        (LockedSet([1]), Jobs, False),
        (LockedSet(["one"]), set[int], False),
        ([1], LockedSet, False),
    ],
    ids=str,
)
def test_what_fits_and_what_does_not(check: Any, value: Any, annotation: Any, fits: bool) -> None:
    assert check(value, annotation) is fits


def test_a_decorated_function_checks_its_argument() -> None:
    def size(given: LockedSet[int]) -> int:
        return len(given)

    checked = beartype.beartype(size)
    assert checked(LockedSet([1])) == 1
    with pytest.raises(beartype.roar.BeartypeCallHintParamViolation):
        checked({1})
