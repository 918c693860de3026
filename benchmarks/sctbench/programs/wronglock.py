"""wronglock: one thread guards the data by its lock, the others guard it by another one."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """One number and two locks."""

    def __init__(self) -> None:
        self.data_lock = threading.Lock()
        self.this_lock = threading.Lock()
        self.data = 0


def _add_and_check(s: Shared) -> None:
    with s.data_lock:
        before = s.data
        s.data += 1
        assert s.data == before + 1


def _add_by_wrong_lock(s: Shared) -> None:
    with s.this_lock:
        s.data += 1


def _add(s: Shared) -> None:
    with s.data_lock:
        s.data += 1


def broken(others: int) -> None:
    # fails: the first thread reads data | another adds one | the first adds its own and checks
    run(Shared(), _add_and_check, *[_add_by_wrong_lock] * others)


def mended(others: int) -> None:
    run(Shared(), _add_and_check, *[_add] * others)
