"""A clock that runs 20 times as fast. Importing this changes nothing."""

from __future__ import annotations

from collections.abc import Callable

FASTER = 20


def faster(clock: Callable[[], float]) -> Callable[[], float]:
    """Return the clock, running faster from now on."""
    begin = clock()
    return lambda: begin + FASTER * (clock() - begin)
