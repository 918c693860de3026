"""token_ring: three threads hand a number round, but nothing makes them do so in the order of the ring."""

from __future__ import annotations

import threading

from benchmarks.sctbench.programs._run import run


class Shared:
    """The numbers of the ring, and who has had a turn."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.passed = threading.Condition(self.lock)
        self.x1 = 1
        self.x2 = 2
        self.x3 = 1
        self.flag1 = False
        self.flag2 = False
        self.flag3 = False


def _first(s: Shared) -> None:
    with s.lock:
        s.x1 = (s.x3 + 1) % 4
        s.flag1 = True


def _second(s: Shared) -> None:
    with s.lock:
        s.x2 = s.x1
        s.flag2 = True


def _third(s: Shared) -> None:
    with s.lock:
        s.x3 = s.x2
        s.flag3 = True


def _first_and_tell(s: Shared) -> None:
    with s.lock:
        s.x1 = (s.x3 + 1) % 4
        s.flag1 = True
        s.passed.notify_all()


def _second_after_first(s: Shared) -> None:
    with s.lock:
        while not s.flag1:
            s.passed.wait()
        s.x2 = s.x1
        s.flag2 = True
        s.passed.notify_all()


def _third_after_second(s: Shared) -> None:
    with s.lock:
        while not s.flag2:
            s.passed.wait()
        s.x3 = s.x2
        s.flag3 = True


def _check(s: Shared) -> None:
    with s.lock:
        if s.flag1 and s.flag2 and s.flag3:
            assert s.x1 == s.x2 == s.x3


def broken() -> None:
    # fails: second copies the old x1, then first and third | check
    run(Shared(), _first, _second, _third, _check)


def mended() -> None:
    run(Shared(), _first_and_tell, _second_after_first, _third_after_second, _check)
