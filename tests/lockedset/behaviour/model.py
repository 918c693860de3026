"""The operations that LockedSet adds to `set`, as a thread that is alone would write them with the methods of `set`.

This is the specification that the tests of this directory hold them against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.lockedset.behaviour.arguments import AnySet

nothing: Any = object()


class Model(set[Any]):
    """The built-in set, and what LockedSet adds. `choice` says what was taken where LockedSet is free to choose."""

    def try_add(self, element: Any) -> bool:
        before = len(self)
        self.add(element)
        return len(self) > before

    def try_remove(self, element: Any) -> bool:
        before = len(self)
        self.discard(element)
        return len(self) < before

    def pop_or(self, default: Any, choice: Any) -> Any:
        if not self:
            return default
        self.remove(choice)
        return choice

    def add_new(self, iterable: Iterable[Any]) -> AnySet:
        return {each for each in set(iterable) if self.try_add(each)}

    def remove_if(self, predicate: Callable[[Any], object]) -> AnySet:
        chosen = {each for each in self if predicate(each)}
        self.difference_update(chosen)
        return chosen

    def take(self, n: int, choice: AnySet) -> AnySet:
        assert len(choice) == min(n, len(self))
        assert choice <= self
        self.difference_update(choice)
        return choice

    def drain(self) -> AnySet:
        taken = set(self)
        self.clear()
        return taken

    def replace(self, iterable: Iterable[Any]) -> None:
        new = set(iterable)
        self.difference_update(self - new)  # what is in both stays the same object
        self.update(new)

    def snapshot(self) -> frozenset[Any]:
        return frozenset(self)
