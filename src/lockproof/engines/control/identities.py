"""The numbers that stand for the addresses of objects in a run, so that each run sorts by `id` in the same way.

A number is never given twice. The object is referred to weakly, where it can be: kept alive, it would stay in the
weak dictionaries and registries of the program, and its finalizer would never run.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref


class Identities:
    """The numbers of a run, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Callable[[], object]]] = {}
        self._given = 0

    def number(self, thing: object, address: int) -> int:
        """Return the number of the object that lives at this address."""
        known = self._known.get(address)
        if known is None or known[1]() is not thing:
            self._given += 1
            known = self._known[address] = (16 * self._given, _referring(thing))
        return known[0]


def _referring(thing: object) -> Callable[[], object]:
    try:
        return ref(thing)
    except TypeError:  # kept alive to the end of the run: no other object may have its address
        return lambda: thing
