"""zict: `LRU` locks its own methods, and inherits `setdefault` and `pop` of `MutableMapping`.

Two threads that call `setdefault` with one key are given different values, and `pop` with a default raises.
"""

from two_threads import meet, told
from zict import LRU

cache = LRU(2, {})
given = meet(
    lambda: cache.setdefault("key", "first"),
    "__setitem__",
    "self.set_noevict",
    lambda: cache.setdefault("key", "second"),
)
cache["key"] = "any"
popped = meet(lambda: cache.pop("key", None), "wrapper", "with self.lock", lambda: cache.pop("key", None), visit=3)
told(
    given[0] != given[1] or isinstance(popped[0], KeyError),
    f"two setdefault of one key returned {given}; two pop with a default returned {popped}",
)
