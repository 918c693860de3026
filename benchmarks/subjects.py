"""Who is measured: the built-in set, and what one can share between threads instead of it.

A subject is imported only in the process that measures it, so that none can change the conditions of another: an
extension that does not declare itself safe turns the GIL back on for its whole process, and a process has one of the
two implementations of LockedSet.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

BASE = "set"
HANDWRITTEN = "RLock subclass"
OURS = "LockedSet"
OURS_IN_PYTHON = "LockedSet, Python"
CONCURRENT_DICT = "ConcurrentDict"
ATOMIC_DICT = "AtomicDict"
CONTROL = "no set"


def _of_iterable(kind: type[Any], items: Iterable[Any]) -> Any:
    return kind(items)


def _of_mapping(kind: type[Any], items: Iterable[Any]) -> Any:
    return kind(dict.fromkeys(items, True))


def _one_by_one(kind: type[Any], items: Iterable[Any]) -> Any:
    made = kind()
    for item in items:
        made[item] = True
    return made


PURE = {"compiled": "0", "pure": "1"}
"""The value of LOCKEDSET_PURE that asks for each implementation; with 0 the import fails if there is no core."""


@dataclass(frozen=True)
class Subject:
    """A class that is measured."""

    name: str
    module: str
    attribute: str
    make: Callable[[type[Any], Iterable[Any]], Any]
    """How one with these elements is made; not timed, except where construction is what is measured."""
    distribution: str = ""
    """What pip installs it from; empty for what is there anyway."""
    instances: int = 20_000
    """How many of it a process can have at once, for measuring memory."""
    implementation: str = ""
    """What `lockedset.implementation` has to be; empty for what is not LockedSet."""

    def load(self) -> type[Any]:
        """Import the class.

        Raises:
            ImportError: it is not installed, or this process has the other implementation of LockedSet.

        """
        if self.implementation and "lockedset" not in sys.modules:
            os.environ["LOCKEDSET_PURE"] = PURE[self.implementation]
        if self.implementation:
            found = importlib.import_module("lockedset").implementation
            if found != self.implementation:
                raise ImportError(
                    f"{self.name} is the {self.implementation} implementation, and this process has imported the"
                    f" {found} one: measure each in a process of its own"
                )
        kind: type[Any] = getattr(importlib.import_module(self.module), self.attribute)
        return kind


SUBJECTS = (
    Subject(BASE, "builtins", "set", _of_iterable),
    Subject(HANDWRITTEN, "benchmarks.handwritten", "RLockSet", _of_iterable),
    Subject(OURS, "lockedset", "LockedSet", _of_iterable, implementation="compiled"),
    Subject(OURS_IN_PYTHON, "lockedset", "LockedSet", _of_iterable, implementation="pure"),
    Subject(CONCURRENT_DICT, "ft_utils.concurrency", "ConcurrentDict", _one_by_one, "ft_utils"),
    # Each AtomicDict takes a key of thread-specific storage, of which a process has about a thousand.
    Subject(ATOMIC_DICT, "cereggii", "AtomicDict", _of_mapping, "cereggii", instances=500),
)
WITNESS = Subject(CONTROL, "builtins", "set", _of_iterable)
"""Measured only with threads, which here share nothing and reckon: how much the machine has to give to a second one."""

BESIDE = {name: f"{BASE}, beside {name}" for name in (OURS, OURS_IN_PYTHON)}
"""The name of the times of the built-in set that were taken in turn with a subject's, in the same process."""

BY_NAME = {subject.name: subject for subject in (*SUBJECTS, WITNESS)}
DISTRIBUTIONS = tuple(subject.distribution for subject in SUBJECTS if subject.distribution)
