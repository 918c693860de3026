"""zict: two threads that write one key of a full `LRU` evict two entries where one has to go.

`evict_until_below_target` looks at the weight before it takes the lock.
"""

from two_threads import meet, told
from zict import LRU

cache = LRU(2, {})
cache["old"] = cache["older"] = 0


def write() -> None:
    cache["new"] = 1


meet(write, "evict_until_below_target", "self.evict()", write)
told(len(cache) != 2, f"a full cache of two entries has {len(cache)} after two threads wrote one key")
