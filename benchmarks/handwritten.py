"""The subclass of `set` that people write when a set must be shared: one RLock, `with` round every method.

It is measured because it is what LockedSet replaces, and written as it is found in the wild: `super()` in every
method, the lock made in `__init__`, results made by calling the type. It locks only itself in an operation on two
sets, bulk changes can be seen half-done by readers in C, and two threads that use each other's sets can deadlock;
so where LockedSet is slower than this in an operation on two sets, the difference is the price of being right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any


class RLockSet(set[Any]):
    """A set, locked by hand."""

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        self._lock = threading.RLock()
        super().__init__(iterable)

    # One element

    def add(self, element: Any) -> None:
        with self._lock:
            super().add(element)

    def discard(self, element: Any) -> None:
        with self._lock:
            super().discard(element)

    def remove(self, element: Any) -> None:
        with self._lock:
            super().remove(element)

    def pop(self) -> Any:
        with self._lock:
            return super().pop()

    def try_add(self, element: Any) -> bool:
        with self._lock:
            if super().__contains__(element):
                return False
            super().add(element)
            return True

    def try_remove(self, element: Any) -> bool:
        with self._lock:
            if not super().__contains__(element):
                return False
            super().remove(element)
            return True

    def __contains__(self, element: object) -> bool:
        with self._lock:
            return super().__contains__(element)

    def __len__(self) -> int:
        with self._lock:
            return super().__len__()

    # Many elements

    def update(self, *others: Iterable[Any]) -> None:
        with self._lock:
            super().update(*others)

    def clear(self) -> None:
        with self._lock:
            super().clear()

    def drain(self) -> set[Any]:
        with self._lock:
            content = super().copy()
            super().clear()
            return content

    def take(self, n: int) -> list[Any]:
        with self._lock:
            return [super(RLockSet, self).pop() for _ in range(min(n, super().__len__()))]

    def replace(self, iterable: Iterable[Any]) -> None:
        with self._lock:
            super().clear()
            super().update(iterable)

    def remove_if(self, predicate: Callable[[Any], object]) -> list[Any]:
        with self._lock:
            chosen = [element for element in super().__iter__() if predicate(element)]
            super().difference_update(chosen)
            return chosen

    # Reading

    def __iter__(self) -> Iterator[Any]:
        with self._lock:
            return iter(list(super().__iter__()))

    def snapshot(self) -> frozenset[Any]:
        with self._lock:
            return frozenset(self)

    def copy(self) -> RLockSet:
        with self._lock:
            return type(self)(super().copy())

    def union(self, *others: Iterable[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().union(*others))

    def intersection(self, *others: Iterable[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().intersection(*others))

    def difference(self, *others: Iterable[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().difference(*others))

    def __iand__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            super().intersection_update(other)
            return self

    def __ixor__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            super().symmetric_difference_update(other)
            return self

    def issubset(self, other: Iterable[Any]) -> bool:
        with self._lock:
            return super().issubset(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        with self._lock:
            return super().issuperset(other)

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        with self._lock:
            return super().isdisjoint(other)

    def __or__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().__or__(other))

    def __and__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().__and__(other))

    def __sub__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().__sub__(other))

    def __xor__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            return type(self)(super().__xor__(other))

    def __ior__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            super().update(other)
            return self

    def __isub__(self, other: AbstractSet[Any]) -> RLockSet:
        with self._lock:
            super().difference_update(other)
            return self

    def __eq__(self, other: object) -> bool:
        with self._lock:
            return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        with self._lock:
            return super().__ne__(other)

    def __ge__(self, other: AbstractSet[Any]) -> bool:
        with self._lock:
            return super().__ge__(other)

    def __le__(self, other: AbstractSet[Any]) -> bool:
        with self._lock:
            return super().__le__(other)

    __hash__ = None

    def __repr__(self) -> str:
        with self._lock:
            return super().__repr__()
