"""cachelib: `delete_many` reports that it could not delete a key that was only written meanwhile.

It calls `delete` and, since there is nothing to delete, `has`; each takes the lock, and a write gets between them.
"""

from cachelib import SimpleCache
from two_threads import meet, told

cache = SimpleCache()
deleted = meet(lambda: cache.delete_many("key"), "has", "with self._lock", lambda: cache.set_many({"key": 0}))[0]
told(deleted == [], f"delete_many of a key, with one write beside it, returned {deleted}; alone it returns ['key']")
