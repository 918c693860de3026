"""What LockedSet promises beyond a set, as a specification: what is inferred, and steps of several calls in `locked`.

`LOCKEDSET_PURE=1 lockproof mutate tests/load_bearing/locked_set.py:locked_set` asks of each lock in LockedSet, as it is
in Python, whether it is needed. A class alone cannot be asked that: half of these locks serve `locked`, which no method
calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from lockedset import LockedSet, locked
from lockproof import Code, Specification, infer, op
from lockproof.core.operation import OperationKind

ARGUMENTS = ("__init__", "update", "difference_update", "intersection_update", "symmetric_difference_update", "add_new",
             "replace", "difference", "symmetric_difference")  # fmt: skip
"""What takes iterables, which must have ended before the set is locked."""

RAISING = ("a.discard([])", "[] in a", "a.try_add([])", "a.try_remove([])", "a.remove_if(fails)",
           "a.difference_update([Sour(1)])")  # fmt: skip
"""What raises while the set is locked, or may."""

PAST_THE_LOCK = ("frozenset(a)", "{*a}", "set().union(a)")
"""Readers in C. They may see the state between two calls of a `locked` block, so they are kept apart from those."""


def held(*sets: Any) -> AbstractContextManager[None]:
    """Hold the sets; the model's have no locks, and one thread."""
    return locked(*sets) if isinstance(sets[0], LockedSet) else nullcontext()


def refilled(*sets: Any) -> None:
    """Empty the sets and fill them again, as one step: whoever does not wait for it sees what never was."""
    with held(*sets):
        contents = [set(each) for each in sets]
        for each in sets:
            each.clear()
        for each, content in zip(sets, contents, strict=True):
            each.update(content)


def steady(*sets: Any) -> bool:
    """Tell whether the sets stay as they are while they are held: they do."""
    with held(*sets):
        before = [set(each) for each in sets]
        return [set(each) for each in sets] == before


def described(one: Any) -> list[str]:
    """Return what the representation says is in the set."""
    return sorted(re.findall(r"\d+", repr(one)))


def emptied(one: Any) -> None:
    """Remove all elements, by a predicate that does it itself."""
    if isinstance(one, LockedSet):
        one.remove_if(lambda element: one.discard(element))
    else:
        one.clear()


def popped(one: Any) -> Any:
    """Remove an element if there is one."""
    return one.pop(None) if isinstance(one, LockedSet) else one.pop() if one else None


def fails(_: Any) -> bool:
    """Raise, as a predicate may."""
    raise ZeroDivisionError


class Sour(int):
    """An element that cannot be compared, and is not kept by any operation here."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        raise ValueError("sour")


def lines(*texts: str, **options: Any) -> Iterator[OperationKind]:
    """Return operations; the model does by LockedSet's own code, on one thread, what a set cannot do."""
    for text in texts:
        method = re.search(r"\b[ab]\.(\w+)\(", text)
        yield replace(op(text, **options), lifted=method is not None and not hasattr(set, method[1]))


_inferred = infer(LockedSet)
_as_inferred = [
    replace(each, exclusive="open") if each.text in PAST_THE_LOCK else each
    for each in _inferred.operations
    # Which elements it takes depends on how they came there, which the model does not know; all of them is the same.
    if not each.text.startswith("a.take(")
]

locked_set: Specification = replace(
    _inferred,
    operations=[
        *_as_inferred,
        replace(op("a.take(n)", n=[20, 0]), lifted=True),
        *lines("refilled(a)", "refilled(a, b)", exclusive="open", weight=8),
        *lines("refilled(b)", exclusive="open", weight=6),
        *lines("a.update([Yielding(21), Yielding(far)])", exclusive="open", weight=12),
        *lines("steady(a)", "steady(b, a)", reads=True, weight=3),
        *lines("emptied(a)", exclusive="open"),
        *lines("popped(a)"),
        *lines("described(a)", reads=True),
        *lines(*(f"a.{call}(x for x in [1, 2] if [x in b])" for call in ARGUMENTS), weight=3),
        *lines(*(f"b.{call}(x for x in [1, 2] if [x in a])" for call in ARGUMENTS), weight=3),
        *lines(
            *(f"a.{call}(slowly([1, 2]))" for call in ("intersection", "issuperset", "isdisjoint")),
            reads=True,
            weight=3,
        ),
        *lines(*RAISING, weight=5),
        op("a.__init__(x)", x=[[1, 2], [3], Code("(x for x in [1, 2])")]),
    ],
    names={
        **_inferred.names,
        **{each.__name__: each for each in (refilled, steady, described, emptied, popped, fails, Sour)},
        "far": 20 + 2**61,  # its hash is that of 21
    },
    subject_name="LockedSet",
)


class Torn(LockedSet[Any]):
    """One lock is missing."""

    def __len__(self) -> int:
        return set.__len__(self)


torn_set: Specification = replace(locked_set, subject=Torn, subject_name="Torn")
"""The twin that must be found."""
