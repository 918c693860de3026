"""boltons: `list` of an `LRU`, a subclass of `dict`, raises beside a write. Writes take a lock, and `list` does not.

Shows without a GIL: `list` of a subclass of `dict` is many steps there.
"""

from collections.abc import Callable
from typing import Any

from boltons.cacheutils import LRU
from two_threads import race, told


def calls() -> list[Callable[[], Any]]:
    cache = LRU(max_size=100_000)
    cache.update(dict.fromkeys(range(1000), 0))

    def write() -> None:
        for key in range(1000, 3000):
            cache[key] = 0

    def read() -> None:
        while len(cache) < 3000:
            list(cache)

    return [write, read]


results = race(calls, lambda results: isinstance(results[1], RuntimeError))
told(results is not None, f"list() beside a write: {repr(results[1]) if results else 'all rounds went well'}")
