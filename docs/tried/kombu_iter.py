"""kombu: a loop over an `LRUCache` takes no lock, and raises beside a write."""

from kombu.utils.functional import LRUCache
from two_threads import meet, told

cache = LRUCache(4)
cache[0] = cache[1] = 0


def loop() -> list[int]:
    seen = []
    for key in cache:
        seen.append(key)  # here
    return seen


seen = meet(loop, "loop", "# here", lambda: cache.__setitem__(2, 0))[0]
told(isinstance(seen, RuntimeError), f"a loop beside a write: {seen!r}")
