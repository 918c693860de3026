"""Objects of which a special method raises: subjects, results and exceptions that lockproof looks at."""

from __future__ import annotations

import threading
from typing import Any, Never


def _fails(*_: object) -> Never:
    raise RuntimeError("nobody looks here")


class Unreadable:
    """Raises whatever somebody does with it."""

    __repr__ = __eq__ = __bool__ = __len__ = __iter__ = __contains__ = _fails
    __hash__ = _fails  # type: ignore[assignment]


class Classless:
    """Does not say of which class it is."""

    __class__ = property(_fails)


class Closed:
    """Lets nobody read an attribute."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class Speechless(Exception):
    """Has no message that can be read."""

    def __str__(self) -> str:
        raise ValueError("in __str__")

    __repr__ = __str__


class NoText(Exception):
    """Has a message that is no text."""

    def __str__(self) -> str:
        return 3  # type: ignore[return-value]


class ClasslessError(Exception):
    """Does not say of which class it is."""

    __class__ = property(_fails)  # type: ignore[assignment]


class ClosedError(Exception):
    """Lets nobody read an attribute."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


def _in_two_threads(function: Any) -> None:
    threads = [threading.Thread(target=function) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _raises(kind: type[Exception]) -> Any:
    def function() -> None:
        _in_two_threads(lambda: None)
        raise kind

    return function


raises_speechless, raises_no_text = _raises(Speechless), _raises(NoText)
raises_classless, raises_closed = _raises(ClasslessError), _raises(ClosedError)


def catches_its_own() -> None:
    """Raise what cannot be read, and see to it."""

    def seen_to() -> None:
        try:
            raise Speechless
        except Speechless:
            pass

    _in_two_threads(seen_to)


class Counter:
    """Loses updates."""

    def __init__(self) -> None:
        self.n = 0

    def bump(self) -> int:
        """Add one."""
        self.n += 1
        return self.n


class LockedCounter(Counter):
    """The twin: loses none."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def bump(self) -> int:
        """Add one."""
        with self._lock:
            return super().bump()


class RaisesForNames(Counter):
    """Raises for an attribute that it has not, and not AttributeError."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class RaisesForNamesLocked(RaisesForNames, LockedCounter):
    """The twin."""


class ClasslessCounter(Counter):
    """Does not say of which class it is."""

    __class__ = property(_fails)  # type: ignore[assignment]


class GivesUnreadable(Counter):
    """Returns what cannot be read."""

    def bump(self) -> Any:  # type: ignore[override]
        """Add one, and return something odd for each count."""
        return (Unreadable, Classless, Closed)[super().bump() % 3]()


class RaisesUnreadable(Counter):
    """Raises what cannot be read from the second call on."""

    def bump(self) -> int:
        """Add one."""
        count = super().bump()
        if count > 1:
            raise (Speechless, ClasslessError, ClosedError)[count % 3]
        return count


class _Meta(type):
    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("nobody compares it")

    def __hash__(cls) -> int:
        raise RuntimeError("nobody looks it up")


class Incomparable(Counter, metaclass=_Meta):
    """Can be compared with no other class, which lockproof cannot do without."""
