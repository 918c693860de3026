"""expiringdict: two threads that call `setdefault` with one key are given different values: it takes no lock."""

from expiringdict import ExpiringDict
from two_threads import meet, told

cache = ExpiringDict(max_len=2, max_age_seconds=3600)
given = meet(
    lambda: cache.setdefault("key", "first"),
    "__setitem__",
    "with self.lock",
    lambda: cache.setdefault("key", "second"),
)
told(given[0] != given[1], f"two setdefault of one key returned {given}")
