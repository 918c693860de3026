"""Threads for tests: each is waited for with a bound, and what it raises is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable

BOUND = 20.0
"""Seconds after which a thread that should end is called hanging."""

MOMENT = 0.03
"""Seconds for which a thread that must wait is watched. If it is too short, a fault may pass; none is invented."""


class Runner:
    """A thread that runs `work` from now on; `outcome` holds what it returned or raised."""

    def __init__(self, work: Callable[[], object], name: str = "test-runner") -> None:
        self.outcome: object = None
        self.ended = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._work()
        except BaseException as error:
            self.outcome = error
        finally:
            self.ended.set()

    def waits(self) -> bool:
        """Tell whether the thread is still at work after a moment."""
        return not self.ended.wait(MOMENT)

    def ends(self) -> bool:
        """Tell whether the thread ends by itself, without what its caller holds being given back."""
        return self.ended.wait(BOUND)

    def result(self) -> object:
        """Return what `work` returned; raise what it raised; raise TimeoutError if it does not end."""
        self._thread.join(BOUND)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._thread.name} did not end within {BOUND:.0f} s")
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome
