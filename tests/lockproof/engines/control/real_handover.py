"""A program that shows where the interpreter really hands over the GIL in the functions of `handovers`.

`o.trip` wakes a second thread and then stays in C, so that the second thread asks for the GIL meanwhile. When the
second thread gets the GIL, it reads the frame of the first. On a busy machine it may come late, at a later place or
after the function; so each function is tried again with longer stays until the expected first place was seen.

A function runs with fresh code, and with code that has run often: some instructions check in one of these forms only.
"""

from __future__ import annotations

import json
import sys
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable
from functools import partial
from itertools import chain
from operator import attrgetter, call, itemgetter
from types import CodeType, FunctionType
from typing import Any

from tests.lockproof.engines.control import handovers

TRIES = 40
WARM = 200
SHORTEST = 20_000
"""Numbers that are added up during a stay in C: about a millisecond."""

main = get_ident()
gate, noted = allocate_lock(), allocate_lock()
places: list[tuple[str, int]] = []


def watch() -> None:
    """Wait for the trip, and note the place of the main thread when this one gets the GIL.

    One call in C waits and reads the frame: between two calls this thread would hand the GIL back.
    """
    while True:
        frame = map(itemgetter(main), map(call, (sys._current_frames,)))
        _, (code, offset) = chain(map(call, (gate.acquire,)), map(attrgetter("f_code", "f_lasti"), frame))
        if code.co_filename in handovers.FILES:
            places.append((code.co_qualname, offset))
        noted.release()


def fresh(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function with code that has never run."""
    assert isinstance(function, FunctionType)
    return FunctionType(_fresh(function.__code__), function.__globals__, function.__name__, function.__defaults__)


def _fresh(code: CodeType) -> CodeType:
    inner = (_fresh(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=tuple(inner))


def attempt(function: Callable[..., object], stay: int) -> None:
    """Run a function once, with a second thread that asks for the GIL."""
    trip = handovers.Trip()
    trip.go = partial(any, map(call, (gate.release, partial(sum, range(stay)))))
    subject = handovers.Subject()
    function(trip, subject)
    if not noted.acquire(timeout=30):
        raise RuntimeError("the second thread did not get the GIL within 30 s")


def seen(name: str, first: tuple[str, int]) -> list[tuple[str, int]]:
    """Return the places in this function where the GIL was handed over."""
    function, found = handovers.CASES[name], set[tuple[str, int]]()
    for _ in range(WARM):
        function(handovers.Trip(), handovers.Subject())
    for k in range(TRIES):
        places.clear()
        attempt(fresh(function) if k % 2 else function, SHORTEST << k // 4)
        found.update(places)
        if first in found and k >= 3:
            break
    return sorted(found)


def main_program() -> None:
    """Read the expected first place of each function, and print the places that were seen."""
    expected: dict[str, Any] = json.load(sys.stdin)
    sys.setswitchinterval(1e-6)
    gate.acquire()
    noted.acquire()
    start_new_thread(watch, ())
    print(json.dumps({name: seen(name, tuple(first)) for name, first in expected.items()}))


if __name__ == "__main__":
    main_program()
