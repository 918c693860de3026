"""Does LockedSet answer for every name that `set` has, or gains in a later Python?

A method that LockedSet inherits from `set` unseen would work past the lock. So each name is either overridden, or
listed here with the reason why the inherited one is safe; and the list holds nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lockedset import LockedSet
from tests.lockedset.implementations import COMPILED

SAFE = {
    "__class__": "tells the type; has nothing to do with the contents",
    "__class_getitem__": "makes the alias LockedSet[int] from the class alone",
    "__delattr__": "changes attributes, not the contents; as atomic as for any object",
    "__dir__": "tells the names of attributes",
    "__format__": "calls str(), thus __repr__, which is overridden",
    "__getattribute__": "looks up attributes, not the contents",
    "__init_subclass__": "runs when a class is made; there is no set yet",
    "__reduce_ex__": "calls __reduce__, which is overridden",
    "__setattr__": "changes attributes, not the contents; as atomic as for any object",
    "__str__": "calls __repr__, which is overridden",
    "__subclasshook__": "compares classes",
}
if COMPILED:
    SAFE["__getstate__"] = "reads the attributes of a subclass; the lock is none, and the contents are in __reduce__"


def overridden(subject: type, builtin: type) -> set[str]:
    """Return the names that `subject` or a class between it and `builtin` defines."""
    between = subject.__mro__[: subject.__mro__.index(builtin)]
    return {name for kind in between for name in vars(kind)}


def problems(subject: type, builtin: type, safe: Mapping[str, str]) -> list[str]:
    """Tell what is missing from the subject or wrong in the list."""
    names, own = set(dir(builtin)), overridden(subject, builtin)
    return [
        *[f"{name}: neither overridden nor listed as safe" for name in sorted(names - own - safe.keys())],
        *[f"{name}: listed as safe, but it is overridden" for name in sorted(own & safe.keys())],
        *[f"{name}: listed as safe, but {builtin.__name__} has no such name" for name in sorted(safe.keys() - names)],
        *[f"{name}: listed as safe without a reason" for name in sorted(safe) if not safe[name].strip()],
    ]


def test_every_name_of_set_is_overridden_or_listed_as_safe() -> None:
    assert problems(LockedSet, set, SAFE) == []


def test_a_name_that_set_gains_is_reported() -> None:
    # A `set` of a later Python, and a LockedSet that overrides all that it overrides today.
    later = type("set", (set,), {"__slots__": (), "gained": lambda self: self.clear()})
    today = dict.fromkeys(overridden(LockedSet, set) & set(dir(set)) - {"__class_getitem__"})
    subject = type("LockedSet", (later,), today)
    of_any_class = set(dir(later)) - set(dir(set)) - overridden(subject, later) - {"gained"}
    assert problems(subject, later, SAFE | dict.fromkeys(of_any_class, "comes with every class statement")) == [
        "gained: neither overridden nor listed as safe"
    ]


def test_a_name_that_is_covered_is_not_reported() -> None:
    class Later:
        def new_way(self) -> None:
            """The builtin's."""

    class Between(Later):
        def new_way(self) -> None:
            """Overridden by a base class of the subject."""

    class Subject(Between):
        pass

    inherited = dict.fromkeys(set(dir(Later)) - overridden(Subject, Later), "of no matter")
    assert problems(Subject, Later, inherited) == []


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        ({"add": "a reason"}, "add: listed as safe, but it is overridden"),
        ({"no_such": "a reason"}, "no_such: listed as safe, but set has no such name"),
        ({"__dir__": " "}, "__dir__: listed as safe without a reason"),
    ],
)
def test_a_wrong_entry_of_the_list_is_reported(listed: dict[str, str], problem: str) -> None:
    assert problems(LockedSet, set, SAFE | listed) == [problem]


def test_every_method_that_changes_or_reads_the_contents_is_overridden() -> None:
    # The same from the other side, by hand: should the list above ever swallow one of these, it shows here.
    methods = """add discard remove pop clear copy update difference_update intersection_update
        symmetric_difference_update union intersection difference symmetric_difference issubset issuperset isdisjoint
        __contains__ __len__ __iter__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __or__ __and__ __sub__ __xor__ __ror__
        __rand__ __rsub__ __rxor__ __ior__ __iand__ __isub__ __ixor__ __repr__ __sizeof__ __reduce__ __init__ __new__"""
    assert set(methods.split()) <= overridden(LockedSet, set)


def test_nothing_that_is_overridden_has_lost_the_builtins_place_in_the_class() -> None:
    assert LockedSet.__mro__[-2:] == (set, object)
    assert LockedSet.__hash__ is None
    assert not hasattr(LockedSet(), "__dict__")
