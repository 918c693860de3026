"""Subclasses of LockedSet, as users write them. They stand in a module since a pickle names its class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, override

from lockedset import LockedSet


class WithDict(LockedSet[Any]):
    """Attributes in `__dict__`."""

    note: Any


class WithSlots(LockedSet[Any]):
    """Attributes in slots only."""

    __slots__ = ("left", "right")
    left: Any
    right: Any


class WithBoth(WithSlots):
    """Attributes in slots and in `__dict__`."""

    note: Any


class WithLock(LockedSet[Any]):
    """An attribute that many would call the same as LockedSet might."""

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        super().__init__(iterable)
        self._lock = "an attribute of the subclass"


class WithLockSlot(LockedSet[Any]):
    """The same, in a slot."""

    __slots__ = ("_lock",)
    _lock: Any


class WithArguments(LockedSet[Any]):
    """`__init__` takes more than an iterable; `__reduce__` gives what it takes."""

    def __init__(self, name: str, iterable: Iterable[Any] = (), *, limit: int = 10) -> None:
        super().__init__(iterable)
        self.name = name
        self.limit = limit

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, list(self)), {"limit": self.limit}


class WithState(LockedSet[Any]):
    """`__getstate__` and `__setstate__` of its own."""

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        super().__init__(iterable)
        self.cache = "filled"
        self.kept = ""

    @override
    def __getstate__(self) -> dict[str, str]:
        return {"kept": self.kept}

    def __setstate__(self, state: dict[str, str]) -> None:
        self.kept = state["kept"]
        self.cache = "to be filled again"


class DictState:
    """A mixin that says what is copied, as a dict."""

    kept: Any

    @override
    def __getstate__(self) -> Any:
        return {"kept": self.kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.kept = state["kept"]


class TupleState:
    """A mixin that says what is copied, as a pair that means something of its own."""

    kept: Any

    @override
    def __getstate__(self) -> Any:
        return ("version 1", self.kept)

    def __setstate__(self, state: tuple[str, Any]) -> None:
        _, self.kept = state


class WithDictState(LockedSet[Any], DictState):
    """The mixin comes after the set, as its order of bases says."""


class WithTupleState(LockedSet[Any], TupleState):
    """The same with the other mixin."""


class Generic[T](LockedSet[T]):
    """A generic subclass."""


class Node:
    """An element that refers to the set it is in."""

    def __init__(self, home: LockedSet[Any] | None = None) -> None:
        self.home = home

    @override
    def __repr__(self) -> str:
        return f"Node({self.home!r})"
