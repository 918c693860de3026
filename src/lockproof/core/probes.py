"""Probe elements: values that run code in the middle of an operation of the subject; and functions for operations.

A set or a dict in C runs Python code only where it hashes and compares elements. So an element whose `__hash__` and
`__eq__` are written in Python can act in the middle of an operation. It lets other threads run (`Yielding`), or calls
the subject again as a callback does (`Meddling`), or calls it when it is deleted (`Dying`). A subject with a lock that
is not reentrant then waits for itself, on one thread already.

All probes are integers, and canonical results show plain integers: a caller cannot rely on which of two equal elements
a container keeps. Copies and pickles of probes are plain integers too.
"""

from __future__ import annotations

import ast
import operator
import os
import select
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from typing import Any, Final, NoReturn, Self

from lockproof.core import handles
from lockproof.core.operation import SUBJECTS, Code, OperationKind
from lockproof.core.values import canonical

ABSENT: Final = -1
"""An element that no operation ever puts into a subject."""


def step_aside() -> None:
    """Give other threads the processor, and the GIL where there is one."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        select.select([], [], [], 0)


def come_back(subject: Any) -> None:
    """Call two readers and one writer of the subject, none of which changes it. Ignore the exceptions they raise."""
    with suppress(Exception):
        len(subject)
    with suppress(Exception):
        operator.contains(subject, ABSENT)
    with suppress(Exception):
        if isinstance(subject, Mapping):
            subject.pop(ABSENT, None)  # type: ignore[attr-defined]
        else:
            subject.discard(ABSENT)


class Yielding(int):
    """An integer whose hash and comparisons let other threads run."""

    __slots__ = ()

    def __hash__(self) -> int:
        step_aside()
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        step_aside()
        return int.__eq__(self, other)

    def __lt__(self, other: int) -> bool:
        step_aside()
        return int.__lt__(self, other)

    def __repr__(self) -> str:
        return f"Yielding({int(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (int(self),)


class _Knowing(int):
    """An integer that calls a subject. Its own calls do not make it call again."""

    _subject: Any
    _inside: bool

    def __new__(cls, subject: Any, value: int) -> Self:
        """Return the integer `value`, which calls `subject`."""
        self = super().__new__(cls, value)
        self._subject, self._inside = subject, False
        return self

    def _visit(self) -> None:
        if not self._inside:
            self._inside = True
            try:
                come_back(self._subject)
            finally:
                self._inside = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(..., {int(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (int(self),)


class Meddling(_Knowing):
    """An integer whose hash and comparison call operations of a subject: `Meddling(a, 1)`."""

    def __hash__(self) -> int:
        self._visit()
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        self._visit()
        return int.__eq__(self, other)


class Dying(_Knowing):
    """An integer that calls operations of a subject when it is deleted: `Dying(a, 1)`."""

    def __del__(self) -> None:
        self._visit()


def slowly[T](items: Iterable[T]) -> Iterator[T]:
    """Yield the items, and let other threads run before each."""
    for item in items:
        step_aside()
        yield item


def gives_1(*_: Any, **__: Any) -> int:
    """Let other threads run and return 1: for parameters that are functions."""
    step_aside()
    return 1


def gives_2(*_: Any, **__: Any) -> int:
    """Let other threads run and return 2."""
    step_aside()
    return 2


def fails(*_: Any, **__: Any) -> NoReturn:
    """Raise an exception. A subject that calls this under a lock must release the lock."""
    raise ZeroDivisionError


class Listener:
    """A function that records its calls. `listener` makes it, for one subject."""

    def __init__(self, number: int, heard: list[tuple[int, Any]]) -> None:
        self.number, self._heard = number, heard

    def __call__(self, *args: Any, **named: Any) -> None:
        step_aside()
        self._heard.append((self.number, canonical((*args, *sorted(named.items())))))

    def __repr__(self) -> str:
        return f"listener(..., {self.number})"


class _Heard:
    """The listeners of one subject by their numbers, and the calls that they recorded."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, Any]] = []
        self.listeners: dict[int, Listener] = {}


_HEARD: Final = "_lockproof_heard"
"""The attribute of a subject with what its listeners heard: so it belongs to the state of the subject."""


def _heard_of(subject: Any) -> _Heard:
    try:
        found: _Heard = vars(subject).setdefault(_HEARD, _Heard())
    except (TypeError, AttributeError):  # a class with slots: nothing of the subject can keep the record
        return _Heard()
    return found


def listener(subject: Any, number: int) -> Listener:
    """Return a function that records its calls, for parameters that take listeners: `a.subscribe(listener(a, 1))`.

    Each number gives one listener of the subject, the same one each time, so that it can be removed again.
    """
    heard = _heard_of(subject)
    return heard.listeners.setdefault(number, Listener(number, heard.calls))


def heard(subject: Any) -> list[tuple[int, Any, int]]:
    """Return which listeners of the subject were called, with which arguments and how often.

    The order of calls is left out: most classes call listeners after they have released their lock.
    """
    counted = Counter(_heard_of(subject).calls)
    return sorted(((number, args, count) for (number, args), count in counted.items()), key=repr)


class StandIn:
    """An object for parameters of an unknown type: it has every public attribute, and can be called.

    Two are equal if their numbers are. All attributes and results are the number again, as a `StandIn`.
    """

    def __init__(self, number: int = 1) -> None:
        self.number = number

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("_"):
            raise AttributeError(name)
        return StandIn(self.number)

    def __call__(self, *_: Any, **__: Any) -> StandIn:
        return StandIn(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandIn) and other.number == self.number

    def __lt__(self, other: StandIn) -> bool:
        return self.number < other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return f"StandIn({self.number})"


class Colour(Enum):
    """An enumeration, for parameters that take any."""

    RED, BLUE = 1, 2


class Shade(Enum):
    """A second enumeration."""

    DARK, LIGHT = 1, 2


def abandon(subject: Any) -> None:
    """Begin a loop over the subject, and never go on with it. The iterator lives as long as the subject."""
    iterator = iter(subject)
    next(iterator, None)
    with suppress(TypeError, AttributeError):
        vars(subject).setdefault("_lockproof_begun", []).append(iterator)


def comes_back(text: str) -> bool:
    """Return whether an operation, or an argument, gives a subject code to run that calls a subject again."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="Meddling" | "Dying"):
                return True
            case ast.Lambda() if _knows(node, SUBJECTS):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args) if name in SUBJECTS:
                if any(isinstance(each, ast.GeneratorExp) and _knows(each, (name,)) for each in args):
                    return True
    return False


def _knows(tree: ast.AST, subjects: Sequence[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in subjects for node in ast.walk(tree))


def without_coming_back(kind: OperationKind) -> OperationKind | None:
    """Return the kind without the arguments for which `comes_back` is true; None if a hole has no argument left."""
    holes = {
        name: [value for value in pool if not (isinstance(value, Code) and comes_back(value))]
        for name, pool in kind.holes.items()
    }
    return None if comes_back(kind.text) or not all(holes.values()) else replace(kind, holes=holes)


NAMES: Final[Mapping[str, Any]] = {
    each.__name__: each
    for each in (
        Yielding, Meddling, Dying, slowly, gives_1, gives_2, fails, listener, heard, abandon, StandIn, Colour, Shade,
    )
} | dict(handles.NAMES)  # fmt: skip
"""The global names that operations of inferred specifications may use."""
