"""reorder_N: N-1 threads set two variables without a lock, and one may look between the two."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """Two variables that are to change as one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.a = 0
        self.b = 0


def _set(s: Shared) -> None:
    s.a = 1
    s.b = -1


def _check(s: Shared) -> None:
    assert (s.a == 0 and s.b == 0) or (s.a == 1 and s.b == -1)


def _set_in_one_step(s: Shared) -> None:
    with s.lock:
        _set(s)


def _check_in_one_step(s: Shared) -> None:
    with s.lock:
        _check(s)


def broken(threads: int) -> None:
    # fails: setters store a, none has stored b | check reads a, a, b: (1, 0). One setter that ran on hides it
    run(Shared(), *[_set] * (threads - 1), _check)


def mended(threads: int) -> None:
    run(Shared(), *[_set_in_one_step] * (threads - 1), _check_in_one_step)
