"""Lets the clock run 20 times as fast in each process that has this directory in PYTHONPATH: the machine seems slow."""

import time
from collections.abc import Callable

FASTER = 20


def faster(clock: Callable[[], float]) -> Callable[[], float]:
    """Return the clock, running faster from now on."""
    begin = clock()
    return lambda: begin + FASTER * (clock() - begin)


time.monotonic, time.perf_counter = faster(time.monotonic), faster(time.perf_counter)
