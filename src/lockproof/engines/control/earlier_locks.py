"""Locks that modules of the standard library made before control was installed, for instance that of `logging`.

A thread that waits for a real lock waits for what is not under control. These modules have switch points, so another
thread may go on while one holds such a lock: two calls that log would be seen in hardly any order. Nothing holds
these locks when control is installed.
"""

from __future__ import annotations

import _thread
import logging
import sys
from collections.abc import Callable
from typing import Any, Final

_LOCK: Final = type(_thread.allocate_lock())
_RLOCK: Final = type(_thread.RLock())


def replace(lock: Callable[[], Any], rlock: Callable[[], Any], has_points: Callable[[str], bool]) -> None:
    """Give library modules whose files have switch points locks under control, in place of those that they made."""
    for module in list(sys.modules.values()):
        if not has_points(getattr(module, "__file__", None) or ""):
            continue
        for name, value in list(vars(module).items()):
            if type(value) is _LOCK:
                setattr(module, name, lock())
            elif type(value) is _RLOCK:
                setattr(module, name, rlock())
    handlers: list[Callable[[], logging.Handler | None]] = getattr(logging, "_handlerList", [])
    for reference in handlers:
        handler = reference()
        if handler is not None and handler.lock is not None:
            handler.createLock()
