"""What must hold of LockedSet when threads use it at the same time: the register that the checks enter themselves in.

A check gets the class and a budget, and returns None or, in words, what it saw that must not be. `python -m
tests.lockedset.stress` runs each on LockedSet, where it must see nothing, and on its twins, where it must see
something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lockedset import LockedSet
from tests.lockedset.stress.race import Budget

type Subject = type[LockedSet[Any]]
type Check = Callable[[Subject, Budget], str | None]


@dataclass(frozen=True)
class Property:
    """A claim that holds on every build, and its check. `posix` says that the check needs fork or signals.

    `hangs` says that a subject without the property hangs: its check waits then, and uses no processor.

    A property that is judged has no check of its own: lockproof makes scenarios, runs them in a process of its own and
    holds the results against a model.
    """

    name: str
    claim: str
    check: Check | None
    posix: bool = False
    hangs: bool = False

    @property
    def judged(self) -> bool:
        """Whether lockproof checks it."""
        return self.check is None


PROPERTIES: dict[str, Property] = {}


def holds(claim: str, *, posix: bool = False, hangs: bool = False) -> Callable[[Check], Check]:
    """Enter the decorated check in the register, under its own name."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        PROPERTIES[name] = Property(name, claim, check, posix, hangs)
        return check

    return register


def register_judged(name: str, claim: str) -> None:
    """Enter a property that lockproof checks."""
    PROPERTIES[name] = Property(name, claim, None)


def shown(results: object) -> str:
    """Return the results as text that fits a line or two."""
    text = repr(results)
    return text if len(text) < 200 else text[:200] + "..."
