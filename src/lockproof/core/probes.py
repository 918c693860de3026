"""Probe elements: values that open an operation of the subject from inside, and other things for operations to use.

A set or a dict in C runs Python code where it hashes and compares elements, and nowhere else. An element whose
`__hash__` and `__eq__` are written in Python is thus the way into the middle of such an operation: there it lets other
threads run (`Yielding`), or comes back into the subject as a callback does (`Meddling`), or does so when it is thrown
away (`Dying`). A lock that is not reentrant then waits for itself, on one thread already.

All of them are integers, and canonical results show them as such: which of two equal elements a container keeps is
nothing that a caller could rely on. Copies and pickles of them are plain integers.
"""

from __future__ import annotations

import ast
import operator
import os
import select
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NoReturn, Self

from lockproof.core.operation import SUBJECTS, Code, OperationKind

ABSENT: Final = -1
"""An element that no operation ever puts into a subject."""


def step_aside() -> None:
    """Give other threads the processor, and the GIL where there is one."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        select.select([], [], [], 0)


def come_back(subject: Any) -> None:
    """Call operations of the subject that change nothing, a writer among them. What they raise is ignored."""
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
    """An integer that knows a subject. It does not enter it again from inside its own visit."""

    _subject: Any
    _inside: bool

    def __new__(cls, subject: Any, value: int) -> Self:
        """Return the integer `value` that comes back into `subject`."""
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
    """An integer whose hash and comparison come back into a subject: `Meddling(a, 1)`."""

    def __hash__(self) -> int:
        self._visit()
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        self._visit()
        return int.__eq__(self, other)


class Dying(_Knowing):
    """An integer that comes back into a subject when it is thrown away: `Dying(a, 1)`."""

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
    """Raise: who calls it under a lock has to release that."""
    raise ZeroDivisionError


def comes_back(text: str) -> bool:
    """Tell whether an operation, or an argument, gives the subject code to run that comes back into a subject."""
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
    """Return the kind without the arguments that come back; None if nothing is left."""
    holes = {
        name: [value for value in pool if not (isinstance(value, Code) and comes_back(value))]
        for name, pool in kind.holes.items()
    }
    return None if comes_back(kind.text) or not all(holes.values()) else replace(kind, holes=holes)


NAMES: Final[Mapping[str, Any]] = {
    each.__name__: each for each in (Yielding, Meddling, Dying, slowly, gives_1, gives_2, fails)
}
"""What operations of inferred specifications may use, by name."""
