"""The objects that the functions use, and the table of the functions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from operator import methodcaller
from typing import Any

lock = threading.Lock()


class Trip:
    """`trip` calls `go` by C code alone."""

    def __init__(self) -> None:
        self.go: Callable[[], object] = int

    trip = property(methodcaller("go"))


class Plain:
    """Has no methods."""


class Subject:
    """Python code behind each kind of operation."""

    def __init__(self) -> None:
        self.n = 0
        self.items = [1, 2]

    @property
    def twice(self) -> int:
        return self.n

    def get(self) -> int:
        return self.n

    def trip(self, o: Trip) -> None:
        o.trip

    def __getattr__(self, name: str) -> int:
        return 1

    def __add__(self, other: object) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        return True

    def __getitem__(self, key: object) -> int:
        return 1

    def __setitem__(self, key: object, value: object) -> None:
        pass


class Descriptor:
    """Answers in Python."""

    def __get__(self, instance: object, owner: object) -> int:
        return 1


def done(*_: object, **__: object) -> None:
    """Begin."""


CASES: dict[str, Callable[[Trip, Any], object]] = {}


def case(function: Callable[[Trip, Any], object]) -> Callable[[Trip, Any], object]:
    CASES[function.__name__] = function
    return function
