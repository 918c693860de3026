"""account: the expected balance has the wrong sign, which shows only if the check comes last."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """An account of x, into which y goes and out of which z goes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.x = 1
        self.y = 2
        self.z = 4
        self.balance = self.x
        self.deposited = False
        self.withdrawn = False


def _deposit(s: Shared) -> None:
    with s.lock:
        s.balance += s.y
        s.deposited = True


def _withdraw(s: Shared) -> None:
    with s.lock:
        s.balance -= s.z
        s.withdrawn = True


def _check_wrong_sum(s: Shared) -> None:
    with s.lock:
        if s.deposited and s.withdrawn:
            assert s.balance == (s.x - s.y) - s.z


def _check(s: Shared) -> None:
    with s.lock:
        if s.deposited and s.withdrawn:
            assert s.balance == (s.x + s.y) - s.z


def broken() -> None:
    # fails: deposit, withdraw, then the check, which was started first
    run(Shared(), _check_wrong_sum, _deposit, _withdraw)


def mended() -> None:
    run(Shared(), _check, _deposit, _withdraw)
