"""boltons: `copy()` of an `LRU` raises KeyError beside `del`: it reads the list of entries without the lock."""

from boltons.cacheutils import LRU
from two_threads import meet, told

cache = LRU(max_size=4)
cache[0] = cache[1] = 0
copied = meet(cache.copy, "update", "setitem(k, E[k])", lambda: cache.__delitem__(0))[0]
told(isinstance(copied, KeyError), f"copy() beside del: {copied!r}")
