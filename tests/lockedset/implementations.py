"""The two implementations of LockedSet: which one is under test, and what can be asked of either."""

from __future__ import annotations

from typing import Any

import pytest

from lockedset import LockedSet, _choice, _locking, implementation

COMPILED = implementation == "compiled"

in_python = pytest.mark.skipif(COMPILED, reason="looks inside the implementation in Python; the compiled one serves")
in_c = pytest.mark.skipif(not COMPILED, reason="is about the compiled implementation; the one in Python serves")


def is_taken(s: LockedSet[Any]) -> bool:
    """Tell whether a thread holds the set."""
    return bool(_choice._core.is_taken(s)) if COMPILED else _locking._owner(s._lockedset_lock) != 0


def is_held(s: LockedSet[Any]) -> bool:
    """Tell whether this thread holds the set."""
    return bool(_choice._core.is_held(s) if COMPILED else s._lockedset_lock._is_owned())


def at_rest() -> bool:
    """Tell whether no thread waits for a set, and, in Python, no thread is inside `locked`."""
    return _choice._core.waiting() == 0 if COMPILED else (_locking.rare, _locking._plans) == (0, {})
