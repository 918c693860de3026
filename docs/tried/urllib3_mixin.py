"""urllib3: `RecentlyUsedContainer` locks its own methods, and inherits `setdefault` and `pop` of `MutableMapping`.

Two threads that call `setdefault` with one key are given different values, and `pop` with a default raises.
"""

from two_threads import meet, told
from urllib3._collections import RecentlyUsedContainer

pools = RecentlyUsedContainer[str, str]()
given = meet(
    lambda: pools.setdefault("host", "first"),
    "__setitem__",
    "evicted_item = None",
    lambda: pools.setdefault("host", "second"),
)
pools["host"] = "any"
popped = meet(lambda: pools.pop("host", None), "__delitem__", "with self.lock", lambda: pools.pop("host", None))
told(
    given[0] != given[1] or isinstance(popped[0], KeyError),
    f"two setdefault of one key returned {given}; two pop with a default returned {popped}",
)
