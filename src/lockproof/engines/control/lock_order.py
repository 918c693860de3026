"""Which locks were taken while which were held: a cycle there is a possible deadlock, though no run hung.

After Linux's lockdep, by instance. Two locks in opposite orders are no danger where a third one, held by both threads
all the while, keeps them apart (a gate); and not where one thread alone does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

LONGEST: Final = 4
"""The most locks of a ring that is looked for."""

_id: Final = id  # the real one, whatever is installed


class _Edge:
    """`thread` took `second` while it held `first`, and `gates` besides.

    No dataclass: its `__init__` would be code of no file, in which an engine that is in the middle of something could
    be made to switch.
    """

    __slots__ = ("first", "gates", "second", "thread")

    def __init__(self, first: Any, second: Any, thread: int, gates: frozenset[int]) -> None:
        self.first, self.second, self.thread, self.gates = first, second, thread, gates


class LockOrder:
    """The edges of one run."""

    def __init__(self) -> None:
        self._edges: dict[tuple[int, int, int], _Edge] = {}

    def clear(self) -> None:
        """Forget all."""
        self._edges.clear()

    def note(self, held: Iterable[Any], taken: Any, thread: int) -> None:
        """Note that the thread takes a lock while it holds others."""
        locks = list(held)
        for first in locks:
            key = (_id(first), _id(taken), thread)
            if first is not taken and key not in self._edges:
                gates = frozenset(_id(each) for each in locks if each is not first)
                self._edges[key] = _Edge(first, taken, thread, gates)

    def cycles(self) -> list[str]:
        """Return sentences about rings of locks that different threads took in turn, with no gate in common."""
        found: dict[frozenset[int], str] = {}
        for edge in self._edges.values():
            for ring in self._rings([edge]):
                names = [each.first.describe() for each in ring]
                said = (
                    f"{names[0]} and {names[1]} are taken in both orders"
                    if len(ring) == 2
                    else f"{', '.join(names[:-1])} and {names[-1]} are taken in a ring, each while one before is held"
                )
                found.setdefault(frozenset(_id(each.first) for each in ring), said)
        return list(found.values())

    def _rings(self, path: list[_Edge]) -> Iterator[list[_Edge]]:
        """Yield the rings that a path of edges can be closed to."""
        if path[-1].second is path[0].first:
            yield path
        elif len(path) < LONGEST:
            for edge in self._edges.values():
                if (
                    edge.first is path[-1].second
                    and all(edge.thread != each.thread and not edge.gates & each.gates for each in path)
                    and edge.thread > path[0].thread
                ):
                    yield from self._rings([*path, edge])
