"""Sets on `collections.abc.MutableSet`, in pairs: each broken one lacks one layer of the locking, or has it wrong.

The layers below are right; together they make a set of which every operation, also the inherited ones, is one step.
Storage is a plain set that nothing in C can reach past the lock, so a step may be made of many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableSet
from contextlib import AbstractContextManager, ExitStack
from threading import RLock
from typing import Any

IN_PLACE = ("__ior__", "__iand__", "__isub__", "__ixor__")
OPERATORS = (
    "__or__", "__and__", "__sub__", "__xor__", "__ror__", "__rand__", "__rsub__", "__rxor__",
    "__eq__", "__le__", "__lt__", "__ge__", "__gt__", "isdisjoint",
)  # fmt: skip


class _Storage(MutableSet[int]):
    """What the abstract class asks for, under the lock; iteration over a snapshot."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        self._lock = RLock()
        self._items = set(items)

    def __contains__(self, item: object) -> bool:
        with self._lock:
            return item in self._items

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self._items))

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def add(self, value: int) -> None:
        with self._lock:
            self._items.add(value)

    def discard(self, value: int) -> None:
        with self._lock:
            self._items.discard(value)

    def _both(self, other: object) -> AbstractContextManager[object]:
        """Take the locks of both operands, in one global order."""
        locks = ExitStack()
        for each in sorted((each for each in (self, other) if isinstance(each, _Storage)), key=id):
            locks.enter_context(each._lock)
        return locks


class _Removals(_Storage):
    """What `MutableSet` makes of several steps."""

    def remove(self, value: int) -> None:
        with self._lock:
            super().remove(value)

    def pop(self) -> int:
        with self._lock:
            return super().pop()

    def clear(self) -> None:
        with self._lock:
            super().clear()


def _under_both(name: str) -> Callable[[Any, Any], Any]:
    inherited = getattr(MutableSet, name)

    def method(self: Any, other: Any) -> Any:
        with self._both(other):
            return inherited(self, other)

    return method


class _InPlace(_Storage):
    """The in-place operators."""


class _Operators(_Storage):
    """The other operators, and the comparisons."""


for _name in IN_PLACE:
    setattr(_InPlace, _name, _under_both(_name))
for _name in OPERATORS:
    setattr(_Operators, _name, _under_both(_name))


class BrokenRemovals(_InPlace, _Operators):
    """`remove`, `pop` and `clear` are inherited, each of several steps: two threads pop the same element."""


class MendedRemovals(_Removals, _InPlace, _Operators):
    """All mutators are one step."""


class BrokenInPlace(_Removals, _Operators):
    """`|=` and its kin are inherited: a reader sees half of the elements added."""


class MendedInPlace(_Removals, _InPlace, _Operators):
    """The in-place operators hold the lock from the first element to the last."""


class BrokenComparison(_Removals, _InPlace):
    """`==` and the operators are inherited: the length is of one moment, the elements are of another."""


class MendedComparison(_Removals, _InPlace, _Operators):
    """Both operands are held while they are compared."""


class BrokenOtherOperand(_Removals, _InPlace, _Operators):
    """Only the left operand is held: the other one changes in the middle of `<=`."""

    def _both(self, other: object) -> AbstractContextManager[object]:
        return self._lock


class MendedOtherOperand(_Removals, _InPlace, _Operators):
    """Both operands are held, in the order of their addresses."""


class BrokenOperandOrder(_Removals, _InPlace, _Operators):
    """Takes its own lock and then the other's: `a |= b` beside `b |= a` is a deadlock."""

    def _both(self, other: object) -> AbstractContextManager[object]:
        locks = ExitStack()
        locks.enter_context(self._lock)
        if isinstance(other, _Storage):
            locks.enter_context(other._lock)
        return locks


class MendedOperandOrder(_Removals, _InPlace, _Operators):
    """Takes both locks in one global order, whichever operand is the left one."""


class BrokenIterator(_Removals, _InPlace, _Operators):
    """Hands out the iterator of the live storage: the loop fails when another thread adds an element."""

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(self._items)


class MendedIterator(_Removals, _InPlace, _Operators):
    """Iterates over a snapshot."""

    def __iter__(self) -> Iterator[int]:
        with self._lock:
            return iter(list(self._items))


class BrokenLength(_Removals, _InPlace, _Operators):
    """`len` and `in` are read without the lock: they see the inside of `|=`, which holds it."""

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __len__(self) -> int:
        return len(self._items)


class MendedLength(_Removals, _InPlace, _Operators):
    """`len` and `in` wait for a bulk change to end."""
