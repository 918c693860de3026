"""Two reports that libraries in Python get again and again: a cache that evicts what is being used, a name made twice.

The first is that of caches with an order of use (a KeyError in a lookup of a key that was there), the second that of
lazily imported or translated things which are published before they are ready.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from benchmarks.sctbench.programs._run import run

SIZE = 2


class Cache:
    """The keys that were used last."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.entries: OrderedDict[str, str] = OrderedDict(a="A")

    def get(self, key: str) -> str | None:
        if key not in self.entries:
            return None
        value = self.entries[key]
        self.entries.move_to_end(key)
        return value

    def put(self, key: str, value: str) -> None:
        self.entries[key] = value
        if len(self.entries) > SIZE:
            self.entries.popitem(last=False)


class LockedCache(Cache):
    """The mended one."""

    def get(self, key: str) -> str | None:
        with self.lock:
            return super().get(key)

    def put(self, key: str, value: str) -> None:
        with self.lock:
            super().put(key, value)


def _get(s: Cache) -> None:
    s.get("a")


def _put(s: Cache) -> None:
    s.put("b", "B")
    s.put("c", "C")


def evict_broken() -> None:
    # fails: get finds "a" | put adds two, and the oldest, "a", goes | get takes it, or moves it: KeyError
    run(Cache(), _get, _put)


def evict_mended() -> None:
    run(LockedCache(), _get, _put)


class Catalog:
    """Words that are loaded when they are first needed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.words: dict[str, str] | None = None

    def word(self) -> str:
        if self.words is None:
            with self.lock:
                if self.words is None:
                    self.load()
        assert self.words is not None
        return self.words["yes"]

    def load(self) -> None:
        """Make the words known, and fill them in afterwards."""
        self.words = {}
        self.words["yes"] = "ja"


class CatalogThatIsReady(Catalog):
    """The mended one."""

    def load(self) -> None:
        words = {}
        words["yes"] = "ja"
        self.words = words


def _translate(s: Catalog) -> None:
    s.word()


def catalog_broken() -> None:
    # fails: one makes the words known, still empty | another one sees them, takes no lock, and finds no "yes"
    run(Catalog(), *[_translate] * 30)


def catalog_mended() -> None:
    run(CatalogThatIsReady(), *[_translate] * 30)
