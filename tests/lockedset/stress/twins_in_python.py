"""Twins of LockedSet in Python. Some of them change the locking rules of the whole package."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from itertools import islice
from typing import Any

import lockedset
from lockedset import LockedSet, _commit, _locking
from tests.lockedset.stress.twin import Subject, Twin

TWINS: dict[str, Twin] = {}


def _twin(
    lacks: str, caught_by: str, *, with_gil: bool = False
) -> Callable[[Callable[[], Subject]], Callable[[], Subject]]:
    def register(make: Callable[[], Subject]) -> Callable[[], Subject]:
        name = make.__name__.replace("_", "-")
        TWINS[name] = Twin(name, lacks, caught_by, with_gil, make=make)
        return make

    return register


def _with(**members: Any) -> Subject:
    """Return a subclass of LockedSet that has these members instead."""
    return type("Twin", (LockedSet,), {"__slots__": (), **members})


def _inherited(*names: str) -> Subject:
    """Return a subclass of LockedSet that has these members of the built-in set, without a lock."""
    return _with(**{name: getattr(set, name) for name in names})


@_twin("no lock round the test and the add of try_add", "linearizable")
def unlocked_try_add() -> Subject:
    def try_add(self: LockedSet[Any], element: object) -> bool:
        if element in self:
            return False
        self.add(element)
        return True

    return _with(try_add=try_add)


@_twin("no lock round the test and the removal of try_remove", "linearizable")
def unlocked_try_remove() -> Subject:
    def try_remove(self: LockedSet[Any], element: object) -> bool:
        if element not in self:
            return False
        self.discard(element)
        return True

    return _with(try_remove=try_remove)


@_twin("no lock round the test and the pop of pop(default)", "linearizable")
def unlocked_pop_or() -> Subject:
    return _with(pop=lambda self, default: set.pop(self) if len(self) else default)


@_twin("no lock round the difference and the update of add_new", "linearizable")
def unlocked_add_new() -> Subject:
    return _with(add_new=lambda self, iterable: _commit.add_new(self, set(iterable)))


@_twin("no lock round the choice and the removal of remove_if", "linearizable")
def unlocked_remove_if() -> Subject:
    return _with(remove_if=lambda self, predicate: _commit.remove_if(self, predicate))


@_twin("no lock round the copy and the clear of drain", "linearizable")
def unlocked_drain() -> Subject:
    return _with(drain=lambda self: _commit.drain(self))


@_twin("intersection_update inherited from set, which computes and swaps in two steps", "changes-lose-nothing")
def inherited_intersection_update() -> Subject:
    return _inherited("intersection_update")


@_twin("no commit rule: update adds element by element, under the lock", "c-readers-see-whole-additions")
def update_in_many_steps() -> Subject:
    def update(self: LockedSet[Any], *others: Iterable[Any]) -> None:
        with self._lockedset_lock:
            for other in others:
                for element in other:
                    set.add(self, element)

    return _with(update=update)


@_twin("no commit rule: replace clears and then updates, under the lock", "c-readers-see-whole-replacements")
def replace_in_two_steps() -> Subject:
    def replace(self: LockedSet[Any], iterable: Iterable[Any]) -> None:
        with self._lockedset_lock:
            set.clear(self)
            set.update(self, set(islice(iterable, 20)))
            set.update(self, iterable)

    return _with(replace=replace)


@_twin("no commit rule: take pops element by element, under the lock", "c-readers-see-whole-removals")
def take_in_many_steps() -> Subject:
    def take(self: LockedSet[Any], n: int) -> set[Any]:
        with self._lockedset_lock:
            return {set.pop(self) for _ in range(min(n, set.__len__(self)))}

    return _with(take=take)


@_twin(
    "commit opened by `__eq__`: elements are merged without leaving out what is there",
    "equal-elements-show-no-half",
    with_gil=True,
)
def commit_that_compares() -> Subject:
    _commit._new_to = _commit._in_target = lambda target, elements: elements
    return LockedSet


@_twin("update under the lock, readers in C not considered: methods read without it", "methods-see-whole-changes")
def unlocked_readers() -> Subject:
    def update(self: LockedSet[Any], *others: Iterable[Any]) -> None:
        with self._lockedset_lock:
            for other in others:
                for element in other:
                    set.add(self, element)

    return _with(update=update, copy=lambda self: set.copy(self), snapshot=lambda self: frozenset(self))


@_twin("len inherited from set, which takes no lock at all", "len-sees-whole-changes")
def inherited_len() -> Subject:
    return _inherited("__len__")


@_twin("iteration inherited from set: the live iterator is handed out", "iterators-are-private", with_gil=True)
def inherited_iter() -> Subject:
    return _inherited("__iter__")


@_twin("the other operands are not locked", "several-sets-are-one-step")
def unlocked_operand() -> Subject:
    return _with(
        __or__=lambda self, other: _locking.alone(set.__or__, self, other),
        __eq__=lambda self, other: _locking.alone(set.__eq__, self, other),
        union=lambda self, *others: _locking.alone(set.union, self, *others),
        __hash__=None,
    )


@_twin("two sets are locked in the order of the operands", "opposite-orders-do-not-hang")
def operand_order() -> Subject:
    _locking.in_order = lambda *sets: tuple({id(each): each for each in sets}.values())
    return LockedSet


@_twin("`in` inherited from set", "a-hold-keeps-others-out")
def inherited_contains() -> Subject:
    return _inherited("__contains__")


@_twin("repr and == inherited from set", "a-hold-keeps-others-out")
def inherited_comparison() -> Subject:
    return _inherited("__repr__", "__eq__", "__ne__", "__hash__")


@_twin("waits inside locked() are not watched", "crossed-holds-are-told", with_gil=True)
def unwatched_waits() -> Subject:
    _locking._before_waiting = _locking._renew
    return LockedSet


@_twin(
    "a wait inside locked() is taken for a deadlock without looking who waits for whom", "ordered-holds-are-not-accused"
)
def accused_waits() -> Subject:
    _locking._cycle_through = lambda target: [(_locking.get_ident(), target)]
    return LockedSet


@_twin("a lock that is not reentrant", "callbacks-may-come-back", with_gil=True)
def plain_lock() -> Subject:
    class PlainLock:
        def __init__(self) -> None:
            self._lock = allocate_lock()
            self.__enter__ = self._lock.__enter__

        def __enter__(self) -> bool:
            return self._lock.__enter__()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

        def _is_owned(self) -> bool:
            return False

    _locking.RLock = PlainLock  # type: ignore[misc,assignment]
    return LockedSet


@_twin("a generator runs while the set is locked", "generators-may-wait", with_gil=True)
def arguments_run_under_the_lock() -> Subject:
    def update(self: LockedSet[Any], *others: Iterable[Any]) -> None:
        with self._lockedset_lock:
            set.update(self, *map(set, others))

    return _with(update=update)


@_twin("locks are not renewed in a forked child", "a-forked-child-can-use-it", with_gil=True)
def stale_locks() -> Subject:
    _locking._renew = lambda target: None
    return LockedSet


@_twin("locked() is left by an exit written in Python", "signals-leave-no-lock", with_gil=True)
def exit_in_python() -> Subject:
    @contextmanager
    def locked(*sets: LockedSet[Any]) -> Generator[None]:
        yield from _locking._holding(_locking.in_order(*sets))

    lockedset.locked = locked
    return LockedSet


@_twin("add, discard and update inherited from set: a hold does not keep them out", "random-operations-end")
def inherited_changes() -> Subject:
    return _inherited("add", "discard", "update", "difference_update", "intersection_update")
