"""Two threads by hand, for the scripts beside this file: no lockproof, no sleep, and a bound on each wait.

`meet` stops the first thread in front of one line, lets the second one run, and goes on: `sys.settrace` sees each line.
`race` starts calls together, again and again: a thread of a build without a GIL really runs beside the other.
"""

from __future__ import annotations

import linecache
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

BOUND = 20.0  # seconds: no wait here is longer, and a wait that long is told as one
WAITS = "it still waits"


class _Call(threading.Thread):
    """One call in a thread, and what came of it: the value, or the exception."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.result: Any = WAITS

    def run(self) -> None:
        try:
            self.result = self._call()
        except Exception as error:
            self.result = error


def meet(
    first: Callable[[], Any],
    function: str,
    line: str,
    second: Callable[[], Any],
    until: tuple[str, str] | None = None,
    visit: int = 1,
) -> tuple[Any, Any]:
    """What `first` and `second` returned or raised, if `second` runs while `first` stands in front of `line`.

    `line` is a part of a line of source in a function that is called `function`. The first thread goes on when the
    second has ended, stands in front of the line `until` (a function and a part of its line), or after BOUND seconds.
    `visit` says which time it is there; a `with` line is visited at the end of its block, too.
    """
    reached, go_on = threading.Event(), threading.Event()

    def ended() -> Any:
        try:
            return _traced(second, until[0], until[1], go_on.set) if until else second()
        finally:
            go_on.set()

    other = _Call(ended)

    def here() -> None:
        reached.set()
        other.start()
        go_on.wait(BOUND)

    one = _Call(lambda: _traced(first, function, line, here, visit))
    one.start()
    one.join(2 * BOUND)
    if not reached.is_set():
        raise SystemExit(f"no thread came to the line {line!r} of {function}: {one.result!r}")
    other.join(BOUND)
    return one.result, other.result


def alone(call: Callable[[], Any]) -> Any:
    """What `call` returned or raised in a thread of its own, or WAITS if it did not come back."""
    one = _Call(call)
    one.start()
    one.join(BOUND / 4)
    return one.result


def _traced(call: Callable[[], Any], function: str, line: str, at: Callable[[], None], visit: int = 1) -> Any:
    """Do `call`, and `at` when it stands in front of `line` of `function`, at that visit."""
    visits = 0

    def on_line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal visits
        if event == "line" and line in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
            visits += 1
            if visits == visit:
                at()
        return on_line

    def on_call(frame: FrameType, _event: str, _: object) -> Any:
        return on_line if frame.f_code.co_name == function else None

    sys.settrace(on_call)
    try:
        return call()
    finally:
        sys.settrace(None)


def race(calls: Callable[[], list[Callable[[], Any]]], wrong: Callable[[list[Any]], bool]) -> list[Any] | None:
    """The results of the first round that is `wrong`, or None after BOUND seconds. `calls` makes those of one round."""
    ends = time.monotonic() + BOUND
    sys.setswitchinterval(1e-6)  # where there is a GIL, threads hand it over as often as they can
    while time.monotonic() < ends:
        together = calls()
        start = threading.Barrier(len(together))

        def started(call: Callable[[], Any], start: threading.Barrier = start) -> Any:
            start.wait(BOUND)
            return call()

        threads = [_Call(lambda call=call: started(call)) for call in together]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND)
        results = [thread.result for thread in threads]
        if wrong(results):
            return results
    return None


def told(shows: bool, sentence: str) -> None:
    """Print what happened, and end with status 1 if the bug shows."""
    print(("bug: " if shows else "no bug: ") + sentence)
    raise SystemExit(1 if shows else 0)
