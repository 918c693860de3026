"""Subclasses of the builtin set, in pairs: each broken one lacks one layer of the locking, or has it wrong.

The layers below are right. Code in C reads a subclass of `set` past every override (`frozenset(s)`), so each change is
committed in one step in C, prepared so that no element's `__eq__` runs in it: what goes in is new, what goes out is
the very object that is there. No lock is taken twice, so that a lock which is not reentrant differs by callbacks alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from threading import Lock, RLock
from typing import Any

OPERATORS = (
    "__or__", "__and__", "__sub__", "__xor__", "__ror__", "__rand__", "__rsub__", "__rxor__",
    "__eq__", "__ne__", "__le__", "__lt__", "__ge__", "__gt__",
)  # fmt: skip
METHODS = (
    "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
)  # fmt: skip


def _plain(items: Any) -> Any:
    """Return the contents of a set as a builtin one, read in C; anything else as it is."""
    return set().union(items) if isinstance(items, (set, frozenset)) else items


class _Storage(set[int]):
    """A lock for each set, the locked readings, and `take`, which is a step of two."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        self._lock: Any = RLock()
        super().__init__(items)

    def __len__(self) -> int:
        with self._lock:
            return set.__len__(self)

    def __contains__(self, item: object) -> bool:
        with self._lock:
            return set.__contains__(self, item)

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(set.__iter__(self)))

    def take(self, item: int) -> bool:
        """Remove an element and tell whether it was there."""
        with self._lock:
            if not set.__contains__(self, item):
                return False
            set.remove(self, item)
            return True

    def _held(self, *others: object) -> AbstractContextManager[object]:
        """Take the locks of all operands, each once, in one global order."""
        locks = ExitStack()
        sets = {id(each): each for each in (self, *others) if isinstance(each, _Storage)}
        for key in sorted(sets):
            locks.enter_context(sets[key]._lock)
        return locks

    def _own(self, items: set[Any]) -> set[Any]:
        """Return the objects in this set that are equal to one of the items."""
        mine = _plain(self)
        return set.difference(mine, set.difference(mine, items))


class _Changes(_Storage):
    """The methods that change the set."""

    def add(self, item: int) -> None:
        with self._lock:
            set.add(self, item)

    def discard(self, item: object) -> None:
        with self._lock:
            set.discard(self, item)

    def remove(self, item: int) -> None:
        with self._lock:
            set.remove(self, item)

    def pop(self) -> int:
        with self._lock:
            return set.pop(self)

    def clear(self) -> None:
        with self._lock:
            set.clear(self)

    def update(self, *others: Iterable[Any]) -> None:
        with self._held(*others):
            set.update(self, set.difference(set().union(*others), _plain(self)))

    def difference_update(self, *others: Iterable[Any]) -> None:
        with self._held(*others):
            set.__isub__(self, self._own(set().union(*others)))

    def intersection_update(self, *others: Iterable[Any]) -> None:
        with self._held(*others):
            kept = set.intersection(_plain(self), *map(_plain, others))
            set.__isub__(self, set.difference(_plain(self), kept))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        with self._held(other):
            items = set().union(other)
            set.__ixor__(self, set.difference(items, _plain(self)) | self._own(items))


class _InPlace(_Changes):
    """The in-place operators, which take sets only."""

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        return self._changed(_Changes.update, other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]
        return self._changed(_Changes.difference_update, other)

    def __iand__(self, other: Any) -> Any:  # type: ignore[misc]
        return self._changed(_Changes.intersection_update, other)

    def __ixor__(self, other: Any) -> Any:  # type: ignore[misc]
        return self._changed(_Changes.symmetric_difference_update, other)

    def _changed(self, change: Callable[[Any, Any], None], other: Any) -> Any:
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        change(self, other)
        return self


class _Operators(_Storage):
    """The other operators, the comparisons, and the methods of the same names."""


def _of_copies(name: str, *, sets_only: bool) -> Callable[..., Any]:
    inherited = getattr(set, name)

    def method(self: Any, *others: Any) -> Any:
        if sets_only and not isinstance(others[0], (set, frozenset)):
            return NotImplemented
        with self._held(*others):
            result = inherited(_plain(self), *map(_plain, others))
        return type(self)(result) if isinstance(result, set) else result

    return method


for _name in OPERATORS:
    setattr(_Operators, _name, _of_copies(_name, sets_only=True))
for _name in METHODS:
    setattr(_Operators, _name, _of_copies(_name, sets_only=False))


class _Copying(_Storage):
    """Copies and pickles have the elements, and a lock of their own."""

    def copy(self) -> Any:
        with self._lock:
            return type(self)(_plain(self))

    def __reduce__(self) -> Any:
        with self._lock:
            return type(self), (list(set.__iter__(self)),)


class BrokenTaking(_Operators, _Copying):
    """`add`, `discard` and the others are inherited: one of them comes between the two steps of `take`."""


class MendedTaking(_InPlace, _Operators, _Copying):
    """All that changes the set waits for `take`."""


class BrokenReentry(_InPlace, _Operators, _Copying):
    """A lock that is not reentrant: an element whose `__eq__` or `__del__` reads the set waits for ever."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        super().__init__(items)
        self._lock = Lock()


class MendedReentry(_InPlace, _Operators, _Copying):
    """A reentrant lock lets a callback on the same thread in."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        super().__init__(items)
        self._lock = RLock()


class BrokenMembership(_InPlace, _Operators, _Copying):
    """`__contains__` does not return what it finds."""

    def __contains__(self, item: object) -> bool:  # type: ignore[return]
        with self._lock:
            set.__contains__(self, item)


class MendedMembership(_InPlace, _Operators, _Copying):
    """`__contains__` returns what it finds."""

    def __contains__(self, item: object) -> bool:
        with self._lock:
            return set.__contains__(self, item)


class BrokenMeaning(_InPlace, _Operators, _Copying):
    """`remove` of a missing element is silent, where a set raises KeyError."""

    def remove(self, item: int) -> None:
        with self._lock:
            if set.__contains__(self, item):
                set.remove(self, item)


class MendedMeaning(_InPlace, _Operators, _Copying):
    """`remove` raises KeyError, as a set does."""

    def remove(self, item: int) -> None:
        with self._lock:
            set.remove(self, item)


class BrokenCopy(_InPlace, _Operators):
    """Copying is inherited: pickle and deepcopy refuse the lock, and copy.copy shares it."""


class MendedCopy(_InPlace, _Operators, _Copying):
    """Copies and pickles are made of the elements alone."""


class BrokenShadow(_InPlace, _Operators, _Copying):
    """Keeps the elements a second time, sorted, and only `add` and `discard` know of it."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        super().__init__(items)
        self._sorted = sorted(set.__iter__(self))

    def add(self, item: int) -> None:
        with self._lock:
            set.add(self, item)
            self._sorted = sorted(set.__iter__(self))

    def discard(self, item: object) -> None:
        with self._lock:
            set.discard(self, item)
            self._sorted = sorted(set.__iter__(self))

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(self._sorted)


class MendedShadow(_InPlace, _Operators, _Copying):
    """Sorts when it is asked: there is one storage."""

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(sorted(set.__iter__(self)))
