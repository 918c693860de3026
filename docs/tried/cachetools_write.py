"""cachetools: two threads that write one key to an LRUCache without a lock get a KeyError.

Its documentation says that caches are not made for threads; an OrderedDict in C is what breaks. Shows without a GIL.
"""

from collections.abc import Callable
from typing import Any

from cachetools import LRUCache
from two_threads import race, told


def calls() -> list[Callable[[], Any]]:
    caches = [LRUCache[int, int](2) for _ in range(5000)]

    def write() -> None:
        for cache in caches:
            cache[1] = 0

    return [write, write]


results = race(calls, lambda results: any(isinstance(each, Exception) for each in results))
told(results is not None, f"two threads wrote one key: {results or 'all rounds went well'}")
