"""Factories for the packages that `docs/tried.md` tells of. A package is imported when its factory is called."""

from __future__ import annotations

import importlib
from typing import Any


def _new(module: str, name: str, *given: Any, **named: Any) -> Any:
    return getattr(importlib.import_module(module), name)(*given, **named)


def lru() -> Any:
    return _new("cachetools", "LRUCache", maxsize=2)


def expiring() -> Any:
    return _new("expiringdict", "ExpiringDict", max_len=2, max_age_seconds=3600)


def boltons_lru() -> Any:
    return _new("boltons.cacheutils", "LRU", max_size=2)


def counter() -> Any:
    return _new("prometheus_client", "Counter", "asked", "", registry=None)


def gauge() -> Any:
    return _new("prometheus_client", "Gauge", "asked", "", registry=None)


def concurrent_dict() -> Any:
    return _new("ft_utils.concurrency", "ConcurrentDict")


def atomic_dict() -> Any:
    return _new("cereggii", "AtomicDict")


def atomic_int() -> Any:
    return _new("cereggii", "AtomicInt64", 0)
