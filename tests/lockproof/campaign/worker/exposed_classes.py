"""Which operations are called exposed, of a class that has one of each way to be so, of its twin, and of one more?"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from lockproof.campaign.worker.exposure import watched
from lockproof.core.operation import op
from lockproof.core.specification import Specification

_added = 0


class Exposed:
    """Two operations under the lock, and one of each way to be exposed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[int] = []

    def add(self, item: int) -> None:
        global _added
        with self._lock:
            self._items.append(item)
            _added += 1

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def drop(self, item: int) -> None:
        with self._lock:
            self._items[:] = [each for each in self._items if each != item]

    def size(self) -> int:
        with self._lock:
            self._items.sort()
        return _added  # a global variable, when the lock has been given back

    def last(self) -> int:
        with self._lock:
            self._items.sort()
        return self._items[-1]  # the contents, when the lock has been given back

    def renew(self) -> None:
        """Make reading the lock an access: nothing runs this, but it could."""
        self._lock = Lock()

    def take(self) -> int:
        with self._lock:
            found = len(self._items)
        with self._lock:  # may be others by now
            return self._items.pop() if found else 0

    def name(self) -> str:
        return "exposed"  # takes no lock


class Held(Exposed):
    """All of it under the lock, once."""

    def size(self) -> int:
        with self._lock:
            return _added

    def last(self) -> int:
        with self._lock:
            return self._items[-1]

    def take(self) -> int:
        with self._lock:
            return self._items.pop() if self._items else 0

    def name(self) -> str:
        with self._lock:
            return "held"


class Careless:
    """All read something before they lock, so all are exposed; one takes no lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0

    def add(self, item: int) -> None:
        if self._count >= 0:
            with self._lock:
                self._count += item

    def size(self) -> int:
        if self._count >= 0:
            with self._lock:
                return self._count
        return 0

    drop, last, take, clear = add, size, size, size

    def name(self) -> int:
        return self._count


class Bare:
    """No locks at all: nothing stands out."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, item: int) -> None:
        self.count += item

    def size(self) -> int:
        return self.count

    last = take = name = clear = size
    drop = add


KINDS = [
    *(op(f"a.{name}(x)", x=[1, 2]) for name in ("add", "drop")),
    *(op(f"a.{name}()") for name in ("clear", "size", "last", "take", "name")),
]


def _seen(cls: type) -> dict[str, object]:
    announced: list[Sequence[str]] = []
    seen = watched(Specification(cls, KINDS), ["a.add(1)"], 60.0, announced.append)
    return {"exposed": sorted(seen.exposed), "accesses": dict(seen.accesses), "announced": len(announced),
            "unlocked": sorted(seen.unlocked),
            "fields": {text: sorted(names) for text, names in seen.fields.items()}}  # fmt: skip


def ask_exposed() -> dict[str, object]:
    return _seen(Exposed)


def ask_held() -> dict[str, object]:
    return _seen(Held)


def ask_careless() -> dict[str, object]:
    return _seen(Careless)


def ask_bare() -> dict[str, object]:
    return _seen(Bare)
