"""Does each method and operator wait while another thread holds the set, and while it holds the other operand?

Completeness in the direction that matters: a method that does not wait is one that forgot the lock. The built-in
set's own methods, called on a LockedSet, are the twins that must be found not to wait.
"""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lockedset import LockedSet, locked
from tests.lockedset.locking.threads import BOUND, Runner

type Use = Callable[[LockedSet[Any], LockedSet[Any]], object]

ON_ONE: dict[str, Use] = {
    "add": lambda s, t: s.add(1),
    "discard": lambda s, t: s.discard(1),
    "remove": lambda s, t: (s.remove(1), set.add(s, 1)),
    "__contains__": lambda s, t: 1 in s,
    "__len__": lambda s, t: len(s),
    "pop": lambda s, t: s.pop(),
    "try_add": lambda s, t: s.try_add(9),
    "try_remove": lambda s, t: s.try_remove(1),
    "clear": lambda s, t: s.clear(),
    "remove_if": lambda s, t: s.remove_if(bool),
    "take": lambda s, t: s.take(1),
    "drain": lambda s, t: s.drain(),
    "snapshot": lambda s, t: s.snapshot(),
    "__iter__": lambda s, t: [*s],
    "copy": lambda s, t: s.copy(),
    "__repr__": lambda s, t: repr(s),
    "__sizeof__": lambda s, t: s.__sizeof__(),
    "__reduce__": lambda s, t: (pickle.dumps(s), copy.copy(s), copy.deepcopy(s)),
}
ON_TWO: dict[str, Use] = {
    "__init__": lambda s, t: s.__init__(t),  # type: ignore[misc]
    "update": lambda s, t: s.update(t),
    "difference_update": lambda s, t: s.difference_update(t),
    "intersection_update": lambda s, t: s.intersection_update(t),
    "symmetric_difference_update": lambda s, t: s.symmetric_difference_update(t),
    "add_new": lambda s, t: s.add_new(t),
    "replace": lambda s, t: s.replace(t),
    "union": lambda s, t: s.union(t),
    "intersection": lambda s, t: s.intersection(t),
    "difference": lambda s, t: s.difference(t),
    "symmetric_difference": lambda s, t: s.symmetric_difference(t),
    "issubset": lambda s, t: s.issubset(t),
    "issuperset": lambda s, t: s.issuperset(t),
    "isdisjoint": lambda s, t: s.isdisjoint(t),
    "__eq__": lambda s, t: s == t,
    "__ne__": lambda s, t: s != t,
    "__lt__": lambda s, t: s < t,
    "__le__": lambda s, t: s <= t,
    "__gt__": lambda s, t: s > t,
    "__ge__": lambda s, t: s >= t,
    "__or__": lambda s, t: s | t,
    "__and__": lambda s, t: s & t,
    "__sub__": lambda s, t: s - t,
    "__xor__": lambda s, t: s ^ t,
    "__ror__": lambda s, t: s.__ror__(t),
    "__rand__": lambda s, t: s.__rand__(t),
    "__rsub__": lambda s, t: s.__rsub__(t),
    "__rxor__": lambda s, t: s.__rxor__(t),
    "__ior__": lambda s, t: s.__ior__(t),
    "__iand__": lambda s, t: s.__iand__(t),
    "__isub__": lambda s, t: s.__isub__(t),
    "__ixor__": lambda s, t: s.__ixor__(t),
}
LOCK_FREE = {
    "__new__": "makes the set, which nobody else knows yet",
    "__getstate__": "reads the attributes of a subclass, not the elements",
    "__class_getitem__": "makes an alias from the class alone",
}


def test_the_two_tables_name_every_method_of_the_class() -> None:
    between = LockedSet.__mro__[: LockedSet.__mro__.index(set)]
    own = {name for kind in between for name, value in vars(kind).items() if callable(value)}
    assert own - LOCK_FREE.keys() == ON_ONE.keys() | ON_TWO.keys()


def _waits_for_a_holder(use: Use, s: LockedSet[Any], t: LockedSet[Any], held: LockedSet[Any]) -> bool:
    """Tell whether the use waits for a thread in `locked`, and also for one in the middle of an ordinary operation.

    In Python these are two paths: while nobody is inside `locked`, methods take the lock directly and watch no waits.
    """
    with locked(held):
        first = Runner(lambda: use(s, t))
        waits_for_a_hold = first.waits()
    first.result()
    held.add(1)
    inside, leave = threading.Event(), threading.Event()
    holder = Runner(lambda: held.remove_if(lambda _: inside.set() or not leave.wait(BOUND)))
    assert inside.wait(BOUND)
    second = Runner(lambda: use(s, t))
    waits_for_an_operation = second.waits()
    leave.set()
    holder.result()
    second.result()
    assert waits_for_a_hold == waits_for_an_operation
    return waits_for_a_hold


@pytest.mark.parametrize("name", ON_ONE | ON_TWO)
def test_a_method_waits_while_another_thread_holds_the_set(name: str) -> None:
    s, t = LockedSet([1, 2]), LockedSet([2, 3])
    assert _waits_for_a_holder((ON_ONE | ON_TWO)[name], s, t, held=s)


@pytest.mark.parametrize("name", ON_TWO)
def test_a_method_waits_while_another_thread_holds_the_other_operand(name: str) -> None:
    s, t = LockedSet([1, 2]), LockedSet([2, 3])
    assert _waits_for_a_holder(ON_TWO[name], s, t, held=t)


@pytest.mark.parametrize("name", ["update", "union", "intersection", "difference", "intersection_update"])
def test_each_of_many_operands_is_waited_for(name: str) -> None:
    s, others = LockedSet([1, 2]), [LockedSet([number]) for number in range(3)]
    for held in others:
        assert _waits_for_a_holder(lambda s, _: getattr(s, name)(*others), s, s, held=held)


REFLECTED: dict[str, Use] = {
    "|": lambda s, t: {1} | s,
    "&": lambda s, t: {1} & s,
    "-": lambda s, t: {1} - s,
    "^": lambda s, t: {1} ^ s,
    "==": lambda s, t: {1} == s,
    "<=": lambda s, t: {1} <= s,
}
PASSING_BY: dict[str, Use] = {
    "set.add": lambda s, t: set.add(s, 1),
    "set.__contains__": lambda s, t: set.__contains__(s, 1),
    "set.__len__": lambda s, t: set.__len__(s),
    "set.__eq__": lambda s, t: set.__eq__(s, t),
    "frozenset": lambda s, t: frozenset(s),
    "{*s}": lambda s, t: {*s},
    "plain.update": lambda s, t: set().update(s),
    "frozenset |": lambda s, t: frozenset() | s,
}


@pytest.mark.parametrize("name", REFLECTED)
def test_an_operator_waits_where_the_left_operand_is_a_plain_set(name: str) -> None:
    s = LockedSet([1, 2])
    assert _waits_for_a_holder(REFLECTED[name], s, s, held=s)


@pytest.mark.parametrize("name", PASSING_BY)
def test_what_passes_by_the_methods_does_not_wait(name: str) -> None:
    s, t = LockedSet([1, 2]), LockedSet([2, 3])
    with locked(s):
        assert Runner(lambda: PASSING_BY[name](s, t)).ends()


def test_the_thread_that_holds_the_sets_uses_all_of_them_freely() -> None:
    for name, use in (ON_ONE | ON_TWO).items():
        s, t = LockedSet([1, 2]), LockedSet([2, 3])

        def hold_and_use(use: Use = use, s: LockedSet[Any] = s, t: LockedSet[Any] = t) -> None:
            with locked(t), locked(s, t):
                use(s, t)

        Runner(hold_and_use, f"test-{name}").result()


def test_init_of_an_empty_set_waits_too() -> None:
    s: LockedSet[int] = LockedSet()
    with locked(s):
        runner = Runner(lambda: s.__init__())  # type: ignore[misc]
        assert runner.waits()
    assert runner.ends()
    assert runner.outcome is None
