"""A module with state, whose functions a check counts as it counts the methods of a class."""

from __future__ import annotations

from threading import Lock

_lock = Lock()
_sum = [0]


def add(number: int) -> int:
    """Add to the sum."""
    with _lock:
        _sum[0] += number
        return _sum[0]


def total() -> int:
    """Return the sum."""
    with _lock:
        return _sum[0]
