"""cachetools: two threads that pop from an LRUCache without a lock get a RuntimeError.

Its documentation says that caches are not made for threads. `popitem` begins a loop over the keys, which another thread
changes before the first step.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cachetools import LRUCache
from two_threads import race, told


def calls() -> list[Callable[[], Any]]:
    caches = [LRUCache[int, int](2) for _ in range(2000)]
    for cache in caches:
        cache[0] = 0

    def pop() -> None:
        for cache in caches:
            with suppress(KeyError):  # another thread was quicker
                cache.popitem()

    return [pop, pop]


results = race(calls, lambda results: any(isinstance(each, RuntimeError) for each in results))
told(results is not None, f"two threads popped: {results or 'all rounds went well'}")
