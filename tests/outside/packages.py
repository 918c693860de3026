"""Factories for the packages that `docs/tried.md` tells of. A package is imported when its factory is called."""

from __future__ import annotations

import importlib
from datetime import timedelta
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


def snowflakes() -> Any:
    return _new("snowflake", "SnowflakeGenerator", 1)


def token_budget() -> Any:
    return _new("token_budget", "BudgetPool", token_cap=3)


def zict_lru() -> Any:
    return _new("zict", "LRU", 2, {})


def synchronized_set() -> Any:
    return _new("synchronized_set", "SynchronizedSet", [])


def jinja_lru() -> Any:
    return _new("jinja2.utils", "LRUCache", 2)


def kombu_lru() -> Any:
    return _new("kombu.utils.functional", "LRUCache", 2)


def sqlalchemy_lru() -> Any:
    return _new("sqlalchemy.util", "LRUCache", 2)


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


def fixed_window() -> Any:
    return _new("limits.strategies", "FixedWindowRateLimiter", _new("limits.storage", "MemoryStorage"))


def in_memory_bucket() -> Any:
    return _new("pyrate_limiter", "InMemoryBucket", [_new("pyrate_limiter", "Rate", 2, 1000)])


def circuit_breaker() -> Any:
    return _new("pybreaker", "CircuitBreaker", fail_max=2, reset_timeout=timedelta(seconds=60).total_seconds())


def behavior_subject() -> Any:
    return _new("reactivex.subject", "BehaviorSubject", 0)
