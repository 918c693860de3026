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


def counter() -> Any:
    return _new("prometheus_client", "Counter", "asked", "", registry=None)


def gauge() -> Any:
    return _new("prometheus_client", "Gauge", "asked", "", registry=None)


def snowflakes() -> Any:
    return _new("snowflake", "SnowflakeGenerator", 1)


def zict_lru() -> Any:
    return _new("zict", "LRU", 2, {})


def synchronized_set() -> Any:
    return _new("synchronized_set", "SynchronizedSet", [])


def jinja_lru() -> Any:
    return _new("jinja2.utils", "LRUCache", 2)


def kombu_lru() -> Any:
    return _new("kombu.utils.functional", "LRUCache", 2)


def name_registry() -> Any:
    return _new("dogpile.util", "NameRegistry", _Named)


class _Named:
    """What a registry of names makes: an object that can be referred to weakly."""

    def __init__(self, name: Any) -> None:
        self.name = name


def plugin_manager() -> Any:
    return _new("pluggy", "PluginManager", "asked")


def token_bucket() -> Any:
    return _new("token_bucket", "Limiter", 1, 2, _new("token_bucket", "MemoryStorage"))


def in_memory_bucket() -> Any:
    return _new("pyrate_limiter", "InMemoryBucket", [_new("pyrate_limiter", "Rate", 2, 1000)])
