"""kombu: `LRUCache` locks its own methods, and inherits `setdefault` of `MutableMapping`.

Two threads that call it with one key are given different values.
"""

from kombu.utils.functional import LRUCache
from two_threads import meet, told

cache = LRUCache(2)
given = meet(
    lambda: cache.setdefault("key", "first"),
    "__setitem__",
    "with self.mutex",
    lambda: cache.setdefault("key", "second"),
)
told(given[0] != given[1], f"two setdefault of one key returned {given}")
