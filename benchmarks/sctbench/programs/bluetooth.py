"""bluetooth_driver: a request looks whether the driver is stopping and only then says that it is there."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """A driver; `pending` counts who uses it, itself included."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending = 1  # the driver's own share
        self.stopping = False
        self.stopped = False


def _add(s: Shared) -> None:
    if not s.stopping:
        with s.lock:
            s.pending += 1
        _work(s)


def _add_in_one_step(s: Shared) -> None:
    with s.lock:
        if s.stopping:
            return
        s.pending += 1
    _work(s)


def _work(s: Shared) -> None:
    assert not s.stopped
    with s.lock:
        s.pending -= 1


def _stop(s: Shared) -> None:
    s.stopping = True
    with s.lock:
        s.pending -= 1
        if s.pending == 0:
            s.stopped = True


def broken() -> None:
    # fails: add sees that nothing is stopping | stop runs to its end, pending is 0 | add goes on to its assertion
    run(Shared(), _add, _stop)


def mended() -> None:
    run(Shared(), _add_in_one_step, _stop)
