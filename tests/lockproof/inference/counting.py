"""A module with state in its globals, which has to be new in each run."""

from __future__ import annotations

from functools import lru_cache

_counts: dict[str, int] = {}


def add(name: str) -> int:
    """Count once more."""
    _counts[name] = _counts.get(name, 0) + 1
    return _counts[name]


def count(name: str) -> int:
    """Return the count."""
    return _counts.get(name, 0)


@lru_cache
def squared(number: int) -> int:
    """Return the square."""
    return number * number


def _hidden() -> None: ...


async def later() -> None:
    """Is not tried."""
