"""lazy01: the third thread takes for granted that it comes before one of the others."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """A number under a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.data = 0


def _add_one(s: Shared) -> None:
    with s.lock:
        s.data += 1


def _add_two(s: Shared) -> None:
    with s.lock:
        s.data += 2


def _check_too_strict(s: Shared) -> None:
    with s.lock:
        assert s.data < 3


def _check(s: Shared) -> None:
    with s.lock:
        assert s.data <= 3


def broken() -> None:
    # fails: whenever the check is last, so in the order of starting too, as the original does
    run(Shared(), _add_one, _add_two, _check_too_strict)


def mended() -> None:
    run(Shared(), _add_one, _add_two, _check)
