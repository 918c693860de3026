"""pyfastlru: `LruCache` locks its own methods, and inherits `setdefault` and `pop` of `MutableMapping`.

Two threads that call `setdefault` with one key are given different values, and `pop` with a default raises.
"""

from pyfastlru.lru_cache import LruCache
from two_threads import meet, told

cache = LruCache[str, str]()
given = meet(
    lambda: cache.setdefault("key", "first"),
    "__setitem__",
    "with self._lock",
    lambda: cache.setdefault("key", "second"),
)
cache["key"] = "any"
popped = meet(lambda: cache.pop("key", None), "__delitem__", "with self._lock", lambda: cache.pop("key", None))
told(
    given[0] != given[1] or isinstance(popped[0], KeyError),
    f"two setdefault of one key returned {given}; two pop with a default returned {popped}",
)
