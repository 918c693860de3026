"""larzcache: `get_or_set` gives two threads different values for one key, and runs both factories.

Its lock is released while the factory runs, and the value is stored without a second look.
"""

from larzcache import LRUCache
from two_threads import meet, told

cache = LRUCache()
given = meet(
    lambda: cache.get_or_set("key", lambda: "first"),
    "get_or_set",
    "value = factory()",
    lambda: cache.get_or_set("key", lambda: "second"),
)
told(given[0] != given[1], f"two threads were given {given} for one key")
