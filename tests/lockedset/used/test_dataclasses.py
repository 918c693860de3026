"""Is a LockedSet a field of a dataclass as a set is one?"""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, astuple, dataclass, field, fields, replace

import pytest

from lockedset import LockedSet


@dataclass
class Plain:
    """With a set."""

    seen: set[int] = field(default_factory=set)


@dataclass
class Locked:
    """With a LockedSet."""

    seen: LockedSet[int] = field(default_factory=LockedSet)


@dataclass(frozen=True, slots=True)
class Frozen:
    """The object keeps its set, whose contents may change."""

    seen: LockedSet[int] = field(default_factory=LockedSet)


def test_each_object_has_a_set_of_its_own() -> None:
    first, second = Locked(), Locked()
    assert first.seen.try_add(1) and second.seen == set()


def test_a_set_as_the_default_is_refused_as_for_set() -> None:
    for default in (set(), LockedSet()):
        with pytest.raises(ValueError, match="use default_factory"):

            @dataclass
            class Wrong:
                seen: set[int] = default


def test_objects_are_compared_and_shown_by_their_elements() -> None:
    assert Locked(LockedSet([1])) == Locked(LockedSet([1])) != Locked(LockedSet([2]))
    assert repr(Locked(LockedSet([1]))) == "Locked(seen=LockedSet({1}))"


@pytest.mark.parametrize("kind", [Plain, Locked, Frozen])
def test_replace_keeps_the_set_and_the_forms_for_storage_copy_it(kind: type[Plain | Locked | Frozen]) -> None:
    made = kind()
    made.seen.add(1)
    assert replace(made).seen is made.seen
    assert replace(made, seen=LockedSet([2])).seen == {2}  # type: ignore[arg-type]
    for copied in (
        asdict(made)["seen"],
        astuple(made)[0],
        copy.deepcopy(made).seen,
        pickle.loads(pickle.dumps(made)).seen,
    ):
        assert copied == {1} and copied is not made.seen and type(copied) is type(made.seen)
    assert [each.name for each in fields(made)] == ["seen"]
