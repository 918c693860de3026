"""Jinja: `items()` of an `LRUCache` raises KeyError for a key that another thread is writing.

A write puts the key into the queue and then its value into the mapping; `items()` reads both without the lock.
"""

from jinja2.utils import LRUCache
from two_threads import meet, told

cache = LRUCache(2)
items = meet(lambda: cache.__setitem__("key", 0), "__setitem__", "self._mapping[key] = value", lambda: cache.items())[1]
told(isinstance(items, KeyError), f"items() beside a write: {items!r}")
