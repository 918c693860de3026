"""Is a LockedSet an attribute of an attrs class as a set is one?"""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from lockedset import LockedSet
from tests.lockedset.used.libraries import library

attrs = library("attrs")

pytestmark = pytest.mark.one_build


@attrs.define  # type: ignore[misc]
class Locked:
    """With a LockedSet, whatever iterable is given."""

    seen: LockedSet[int] = attrs.field(factory=LockedSet, converter=LockedSet)


@attrs.frozen  # type: ignore[misc]
class Kept:
    """With the very LockedSet that is given."""

    seen: LockedSet[int] = attrs.field(factory=LockedSet, validator=attrs.validators.instance_of(LockedSet))


def test_each_object_has_a_set_of_its_own() -> None:
    first, second = Locked(), Locked()
    assert first.seen.try_add(1) and second.seen == set()


@pytest.mark.parametrize("given", [[1, 1], {1}, LockedSet([1]), iter([1])], ids=["list", "set", "locked", "iterator"])
def test_the_converter_makes_a_new_locked_set(given: Any) -> None:
    made = Locked(given)
    assert (made.seen, type(made.seen)) == ({1}, LockedSet)
    assert made.seen is not given


def test_an_attribute_that_is_set_is_converted_too() -> None:
    made = Locked()
    made.seen = [1]  # type: ignore[assignment]
    assert type(made.seen) is LockedSet


def test_evolve_converts_and_without_a_converter_it_keeps_the_set() -> None:
    made, kept = Locked([1]), Kept(LockedSet([1]))
    assert attrs.evolve(made) == made and attrs.evolve(made).seen is not made.seen
    assert attrs.evolve(kept).seen is kept.seen
    with pytest.raises(TypeError, match=r"must be .*LockedSet"):
        attrs.evolve(kept, seen={1})


def test_asdict_has_a_copy_of_the_same_class() -> None:
    made = Locked([1])
    copied = attrs.asdict(made)["seen"]
    assert (copied, type(copied)) == ({1}, LockedSet) and copied is not made.seen


def test_objects_are_pickled_with_it() -> None:
    made = Locked([1])
    assert pickle.loads(pickle.dumps(made)) == made
