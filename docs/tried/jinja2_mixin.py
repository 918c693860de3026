"""Jinja: `setdefault` of `LRUCache` is a read and a write, each with the lock: two calls return two values."""

from jinja2.utils import LRUCache
from two_threads import meet, told

cache = LRUCache(2)
given = meet(
    lambda: cache.setdefault("key", "first"),
    "setdefault",
    "self[key] = default",
    lambda: cache.setdefault("key", "second"),
)
told(given[0] != given[1], f"two setdefault of one key returned {given}")
