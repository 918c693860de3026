"""twostage_N: two values that belong together are set under two locks, one after the other."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """Two values, the second of which is the first plus one, once both are set."""

    def __init__(self) -> None:
        self.lock1 = threading.Lock()
        self.lock2 = threading.Lock()
        self.data1 = 0
        self.data2 = 0


def _write(s: Shared) -> None:
    with s.lock1:
        s.data1 = 1
    with s.lock2:
        s.data2 = s.data1 + 1


def _write_in_one_step(s: Shared) -> None:
    with s.lock1:
        s.data1 = 1
        with s.lock2:
            s.data2 = s.data1 + 1


def _read(s: Shared) -> None:
    with s.lock1:
        first = s.data1
    if first == 0:
        return
    with s.lock2:
        assert s.data2 == first + 1


def broken(writers: int) -> None:
    # fails: a writer leaves its first stage, no writer ends its second | read finds data1 == 1 and data2 == 0
    run(Shared(), *[_write] * writers, _read)


def mended(writers: int) -> None:
    run(Shared(), *[_write_in_one_step] * writers, _read)
