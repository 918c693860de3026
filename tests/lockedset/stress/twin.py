"""A twin: LockedSet with one protection removed. The property that it names must notice, or it is no test.

A twin lives in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ci.native import Edit
from lockedset import LockedSet

type Subject = type[LockedSet[Any]]


@dataclass(frozen=True)
class Twin:
    """A LockedSet without one protection.

    `edits` change the source of the package before the process of the twin imports it. `make` returns the class there,
    after changing what it has to. `with_gil`: real threads of a standard build show the fault every time, since it
    needs no switch inside a few microseconds. They miss most of the others in most runs, so no test on such a build
    may count on them.
    """

    name: str
    lacks: str
    caught_by: str
    with_gil: bool
    make: Callable[[], Subject] = lambda: LockedSet
    edits: tuple[Edit, ...] = ()
