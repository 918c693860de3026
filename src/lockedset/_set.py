"""LockedSet: all of `set`, with each operation one atomic step. `_locking` has the rules for locks, `_commit` the rules
for bulk changes; each method here names its operation and the sets that it locks.

Where the compiled core serves (`_choice`), it has methods of its own for most of this class, and takes the others from
here.
"""

from __future__ import annotations

from _operator import index
from _thread import _local

from lockedset import _commit, _locking
from lockedset._choice import Base, Lockable, alone, completed, elements, implementation, made, with_operands
from lockedset._locking import watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from typing import Any, Final, Self, TypeVar, overload

    T = TypeVar("T")

_dict_views: tuple[type[Any], type[Any]] = (type({}.keys()), type({}.items()))
_missing: Final[Any] = object()

# The C functions that do the work. A module global is found faster than an attribute of `set` or of `super()`.
_add = set.add
_contains = set.__contains__
_discard = set.discard
_len = set.__len__
_pop = set.pop
_remove = set.remove
_ror, _rand, _rsub, _rxor = (vars(set)[name] for name in ("__ror__", "__rand__", "__rsub__", "__rxor__"))


def _as_set[E](elements: Iterable[E]) -> set[E] | frozenset[E]:
    """Return `elements` as a set: an iterable is consumed *now*, before any lock is taken."""
    return elements if isinstance(elements, (set, frozenset)) else set(elements)


def _operand(other: Any) -> Any:
    """Return the operand of an operator as a set, also for a dict view; None for a type that `set` does not accept."""
    if isinstance(other, (set, frozenset)):
        return other
    return set(other) if isinstance(other, _dict_views) else None


def _isdisjoint(target: set[Any], operand: Iterable[Any]) -> bool:
    # set.isdisjoint reads only an exact set in C; it would iterate over a LockedSet element by element.
    return set.isdisjoint(target, set.copy(operand) if isinstance(operand, Lockable) else operand)


class _Describing(_local):
    """The ids of the sets whose repr this thread is computing."""

    def __init__(self) -> None:
        self.ids: set[int] = set()


_describing = _Describing()


def _pop_or(target: set[Any], default: object) -> Any:
    return _pop(target) if _len(target) else default


def _try_add(target: set[Any], element: object) -> bool:
    if _contains(target, element):
        _add(target, element)  # no effect, but for a set: `in` takes it for the frozenset that equals it, add() raises
        return False
    _add(target, element)
    return True


def _try_remove(target: set[Any], element: object) -> bool:
    if not _contains(target, element):
        return False
    _discard(target, element)
    return True


def _union(target: LockedSet[Any], *operands: object) -> LockedSet[Any]:
    """Return the union as a new set of the same type."""
    if implementation == "compiled":
        return made(target, with_operands(lambda *sets: set().union(*sets), target, *operands))
    result = Lockable.__new__(type(target))  # filled while all are held, which saves the copy that `made` makes
    with_operands(lambda *sets: set.update(result, *sets), target, *operands)
    return result


def _at_one_instant[R](operation: Callable[..., R], target: LockedSet[Any], others: tuple[object, ...]) -> R:
    """Run an operation of `set` that only reads, and that may stop before it has consumed an iterable of `others`.

    If `others` has iterables, the operation runs on copies of the sets that are made at one instant: an iterable must
    not run while a set is locked, and an endless one cannot be consumed first.
    """
    if all(isinstance(each, (set, frozenset)) for each in others):
        return with_operands(operation, target, *others)
    sets = [each for each in others if isinstance(each, Lockable)]
    copies = iter(with_operands(lambda *held: [*map(set.copy, held)], target, *sets))
    return operation(next(copies), *(next(copies) if isinstance(each, Lockable) else each for each in others))


@completed
class LockedSet(Base["T"]):
    """A `set` that threads can share: every method and operator is atomic, on any build of CPython.

    LockedSet(iterable=()) behaves like `set(iterable)`, with the same results and the same exceptions. It differs from
    `set` as follows.

    * Each call takes effect at one instant between its call and its return (it is linearizable). This includes calls
      that change many elements, and calls that read two LockedSets.
    * Iteration goes over a snapshot that is taken when the iteration begins; the set may be changed meanwhile.
    * Arguments that are not sets are consumed before the set is locked: a generator may block, raise or use the set
      itself. If an argument of a bulk change raises, or has an unhashable element, the set is unchanged.
    * If an element is present already, bulk changes keep the present object, and so does a second call of `__init__`.
      `s |= d.keys()`, and other operators with a dict view on the right, change `s` itself.
    * `copy`, the operators and methods like `union` return an object of the left operand's type, without calling the
      `__init__` of a subclass, as `set` does.
    * `pop` takes a default, and there are `try_add`, `try_remove`, `add_new`, `remove_if`, `take`, `drain`, `replace`
      and `snapshot`, each of which would be a race if it were written with the methods of `set`. `locked(a, b)` makes
      several calls one step.

    Code in C can read a subclass of `set` past its methods: `frozenset(s)`, `{*s}`, `plain.update(s)` and more. These
    readers do not wait for the lock. They see each bulk change entirely or not at all, because LockedSet commits it in
    one step in C. There are two exceptions, for elements whose `__eq__` is Python code: elements of equal hash that are
    not equal; and elements that equal values of built-in types, when several are removed by such values. Readers can
    then see half of the change, and if such an `__eq__` raises, the change stays half made, as in `set`. Code in C, and
    `set.add(s, x)`, can also *write* past the methods: nothing can protect against that.

    Callbacks run while the lock is held: `__hash__`, `__eq__` and `__del__` of elements, the predicate of `remove_if`,
    and signal handlers. The lock is reentrant, so they may use the same set. If they use *another* LockedSet, threads
    can come to wait for each other; then one of them gets `DeadlockError`. Keep callbacks away from other sets, as with
    any lock.

    There are two implementations, and `lockedset.implementation` says which one serves. The compiled one costs about as
    much as `set`: see benchmarks/. The one in Python serves where there is no compiled one. There an operation costs
    several times as much; it takes a slower path while any thread is inside `locked`, and in a child process that was
    forked beside other threads; the recursion limit bounds how many sets one operation or one `locked` can take; and
    callbacks that use other sets can make threads wait for each other without a `DeadlockError`.
    """

    __slots__ = ()
    __module__ = "lockedset"  # the public name, which pickles keep

    def __init__(self, iterable: Iterable[T] = frozenset(), /) -> None:
        with_operands(_commit.replace, self, _as_set(iterable))

    # One element

    def add(self, element: T, /) -> None:
        """Add `element`; no effect if it is present. `try_add` reports whether it was."""
        if _locking.rare:
            return watched(_add, self, element)
        with self._lockedset_lock:
            return _add(self, element)

    def discard(self, element: object, /) -> None:
        """Remove `element` if it is present. `try_remove` reports whether it was."""
        if _locking.rare:
            return watched(_discard, self, element)
        with self._lockedset_lock:
            return _discard(self, element)

    def remove(self, element: T, /) -> None:
        """Remove `element`; raise KeyError if it is not present."""
        if _locking.rare:
            return watched(_remove, self, element)
        with self._lockedset_lock:
            return _remove(self, element)

    def __contains__(self, element: object, /) -> bool:
        if _locking.rare:
            return watched(_contains, self, element)
        with self._lockedset_lock:
            return _contains(self, element)

    def __len__(self) -> int:
        if _locking.rare:
            return watched(_len, self)
        with self._lockedset_lock:
            return _len(self)

    if TYPE_CHECKING:

        @overload
        def pop(self, /) -> T: ...
        @overload
        def pop[D](self, default: D, /) -> T | D: ...

    def pop(self, default: Any = _missing, /) -> Any:
        """Remove and return an arbitrary element. If there is none, return `default` or, without one, raise KeyError.

        Why a default: `if s: s.pop()` is a race, since another thread may take the last element in between.
        """
        if default is not _missing:
            return alone(_pop_or, self, default)
        if _locking.rare:
            return watched(_pop, self)
        with self._lockedset_lock:
            return _pop(self)

    def try_add(self, element: T, /) -> bool:
        """Add `element` and return True, or return False if it is present already.

        Why: of the threads that add the same element, exactly one gets True, and can do the work that must be done
        once. With `if x not in s: s.add(x)` several threads may do it.
        """
        if _locking.rare:
            return watched(_try_add, self, element)
        with self._lockedset_lock:
            return _try_add(self, element)

    def try_remove(self, element: object, /) -> bool:
        """Remove `element` and return True, or return False if it is not present.

        Why: of the threads that remove the same element, exactly one gets True, and owns what the element stands for.
        `discard` does not report it, and `remove` raises an exception.
        """
        if _locking.rare:
            return watched(_try_remove, self, element)
        with self._lockedset_lock:
            return _try_remove(self, element)

    # Many elements

    def update(self, *others: Iterable[T]) -> None:
        """Add the elements of all `others`, at one instant."""
        if others:
            with_operands(_commit.grow, self, *map(_as_set, others))

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Remove the elements of all `others`, at one instant."""
        if others:
            with_operands(_commit.shrink, self, *map(_as_set, others))

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep only the elements that are in all `others`, at one instant."""
        if others:
            with_operands(_commit.intersect, self, *map(_as_set, others))

    def symmetric_difference_update(self, other: Iterable[T], /) -> None:
        """Keep the elements that are in exactly one of the two, at one instant."""
        with_operands(_commit.toggle, self, _as_set(other))

    def clear(self) -> None:
        """Remove all elements. `drain` also returns them."""
        alone(set.clear, self)

    def add_new(self, iterable: Iterable[T], /) -> set[T]:
        """Add the elements of `iterable` and return those that were not present before.

        Why: it is `try_add` for a batch. If threads add overlapping batches, each new element is returned to exactly
        one of them.
        """
        return with_operands(_commit.add_new, self, _as_set(iterable))

    def remove_if(self, predicate: Callable[[T], object], /) -> set[T]:
        """Remove the elements for which `predicate(element)` is true, at one instant, and return them.

        Why: choosing elements by iteration and removing them afterwards is a race with threads that add and remove in
        between. `predicate` runs while the set is locked: it should be short and leave other LockedSets alone. If it
        raises, nothing is removed.
        """
        return alone(_commit.remove_if, self, predicate)

    def take(self, n: int, /) -> set[T]:
        """Remove up to `n` arbitrary elements at one instant and return them; fewer only if the set has fewer.

        Why: a worker takes a batch and locks the set once. The search for elements begins at the start of the table,
        and passes the places of removed ones; to take one at a time, `pop` is faster. Raises ValueError if `n` is
        negative.
        """
        n = index(n)
        if n < 0:
            raise ValueError(f"take() needs a number of elements, 0 or more, not {n}")
        return alone(_commit.take, self, n)

    def drain(self) -> set[T]:
        """Remove all elements at one instant and return them.

        Why: `items = s.copy(); s.clear()` loses elements that are added in between.
        """
        return alone(_commit.drain, self)

    def replace(self, iterable: Iterable[T], /) -> None:
        """Replace the contents by those of `iterable`, at one instant. An element that is present already is kept.

        Why: with `s.clear(); s.update(new)` other threads see the set empty, and their additions in between mix with
        `new`.
        """
        with_operands(_commit.replace, self, _as_set(iterable))

    def snapshot(self) -> frozenset[T]:
        """Return the contents at one instant as a frozenset: it is hashable, and threads read it without a lock."""
        return alone(frozenset, self)

    # Reading

    def __iter__(self) -> Iterator[T]:
        # An iterator over a list, since a set's own crashes the process if two free threads share it (gh-144356).
        return iter(elements(self))

    def copy(self) -> Self:
        """Return a new set of the same type with the same elements and a lock of its own."""
        result = Lockable.__new__(type(self))
        alone(lambda held: set.update(result, held), self)
        return result

    def union[E](self, *others: Iterable[E]) -> LockedSet[T | E]:
        """Return a new set with the elements of this set and of all `others`."""
        return _union(self, *map(_as_set, others))

    def intersection(self, *others: Iterable[object]) -> LockedSet[T]:
        """Return a new set with the elements that are in this set and in all `others`."""
        return made(self, _at_one_instant(set.intersection, self, others))

    def difference(self, *others: Iterable[object]) -> LockedSet[T]:
        """Return a new set with the elements of this set that are in none of `others`."""
        return made(self, with_operands(set.difference, self, *map(_as_set, others)))

    def symmetric_difference[E](self, other: Iterable[E], /) -> LockedSet[T | E]:
        """Return a new set with the elements that are in exactly one of the two."""
        # No type says "this type with other elements"; the same holds for __xor__.
        return made(self, with_operands(set.symmetric_difference, self, _as_set(other)))  # type: ignore[arg-type]

    def issubset(self, other: Iterable[object], /) -> bool:
        """Tell whether `other` contains this set."""
        return _at_one_instant(set.issubset, self, (other,))

    def issuperset(self, other: Iterable[object], /) -> bool:
        """Tell whether this set contains `other`."""
        return _at_one_instant(set.issuperset, self, (other,))

    def isdisjoint(self, other: Iterable[object], /) -> bool:
        """Tell whether no element is in both."""
        return _at_one_instant(_isdisjoint, self, (other,))

    def __eq__(self, other: object, /) -> bool:
        return with_operands(set.__eq__, self, other)

    def __ne__(self, other: object, /) -> bool:
        return with_operands(set.__ne__, self, other)

    def __lt__(self, other: AbstractSet[object], /) -> bool:
        return with_operands(set.__lt__, self, other)

    def __le__(self, other: AbstractSet[object], /) -> bool:
        return with_operands(set.__le__, self, other)

    def __gt__(self, other: AbstractSet[object], /) -> bool:
        return with_operands(set.__gt__, self, other)

    def __ge__(self, other: AbstractSet[object], /) -> bool:
        return with_operands(set.__ge__, self, other)

    __hash__ = None  # type: ignore[assignment]  # as in `set`; defining __eq__ requires it

    def __or__[E](self, other: AbstractSet[E], /) -> LockedSet[T | E]:
        operand = _operand(other)
        return NotImplemented if operand is None else _union(self, operand)

    def __and__(self, other: AbstractSet[object], /) -> LockedSet[T]:
        operand = _operand(other)
        return NotImplemented if operand is None else made(self, with_operands(set.__and__, self, operand))

    def __sub__(self, other: AbstractSet[object], /) -> LockedSet[T]:
        operand = _operand(other)
        return NotImplemented if operand is None else made(self, with_operands(set.__sub__, self, operand))

    def __xor__[E](self, other: AbstractSet[E], /) -> LockedSet[T | E]:
        operand = _operand(other)
        if operand is None:
            return NotImplemented
        return made(self, with_operands(set.__xor__, self, operand))  # type: ignore[arg-type]

    # Called where the left operand is a plain set; the result is then a plain set too.

    def __ror__[E](self, other: AbstractSet[E], /) -> set[T | E]:  # type: ignore[misc]
        return with_operands(_ror, self, other)

    def __rand__(self, other: AbstractSet[object], /) -> set[T]:
        return with_operands(_rand, self, other)

    def __rsub__[E](self, other: AbstractSet[E], /) -> set[E]:  # type: ignore[misc]
        return with_operands(_rsub, self, other)

    def __rxor__[E](self, other: AbstractSet[E], /) -> set[T | E]:  # type: ignore[misc]
        return with_operands(_rxor, self, other)

    def __ior__(self, other: AbstractSet[T], /) -> Self:  # type: ignore[override,misc]
        operand = _operand(other)
        if operand is None:
            return NotImplemented
        with_operands(_commit.grow, self, operand)
        return self

    def __iand__(self, other: AbstractSet[object], /) -> Self:
        operand = _operand(other)
        if operand is None:
            return NotImplemented
        with_operands(_commit.intersect, self, operand)
        return self

    def __isub__(self, other: AbstractSet[object], /) -> Self:
        operand = _operand(other)
        if operand is None:
            return NotImplemented
        with_operands(_commit.shrink, self, operand)
        return self

    def __ixor__(self, other: AbstractSet[T], /) -> Self:  # type: ignore[override,misc]
        operand = _operand(other)
        if operand is None:
            return NotImplemented
        with_operands(_commit.toggle, self, operand)
        return self

    def __repr__(self) -> str:
        # The elements' own __repr__ runs after the lock is released. A set inside itself is shown as `set` shows it.
        name, inside = type(self).__name__, _describing.ids
        if id(self) in inside:
            return f"{name}(...)"
        try:
            inside.add(id(self))
            listed = repr(elements(self))[1:-1]
        finally:
            inside.discard(id(self))
        return f"{name}({{{listed}}})" if listed else f"{name}()"

    def __sizeof__(self) -> int:
        return alone(set.__sizeof__, self)

    # Copying and pickling: the elements as they are at one instant, and never the lock.

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (elements(self),), self.__getstate__()
