"""The order in which threads take locks: a cycle in that order is a possible deadlock, even if no run hung.

After Linux's lockdep, but for each lock instead of each class of locks. Two opposite orders are harmless in two cases:
both threads hold a third lock meanwhile (a *gate*), or one and the same thread takes the locks in both orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

LONGEST: Final = 4
"""The most locks in a ring."""

_id: Final = id  # the real one, whatever is installed


class _Edge:
    """`thread` took `second` while it held `first`; `gates` are the other locks that it held.

    This is no dataclass: `__init__` of a dataclass belongs to no file, so it would count as code of the subject, and
    the engine could switch in the middle of its own work.
    """

    __slots__ = ("first", "gates", "second", "thread")

    def __init__(self, first: Any, second: Any, thread: int, gates: frozenset[int]) -> None:
        self.first, self.second, self.thread, self.gates = first, second, thread, gates


class LockOrder:
    """The order of locks in one run, as a graph: an edge leads from a held lock to one taken meanwhile."""

    def __init__(self) -> None:
        self._edges: dict[tuple[int, int, int], _Edge] = {}

    def clear(self) -> None:
        """Forget the run before."""
        self._edges.clear()

    def note(self, held: Iterable[Any], taken: Any, thread: int) -> None:
        """Note that a thread takes a lock while it holds others."""
        locks = list(held)
        for first in locks:
            key = (_id(first), _id(taken), thread)
            if first is not taken and key not in self._edges:
                gates = frozenset(_id(each) for each in locks if each is not first)
                self._edges[key] = _Edge(first, taken, thread, gates)

    def cycles(self) -> list[str]:
        """Return one sentence for each ring of locks: each edge by another thread, and no gate in common."""
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
        """Yield the rings that begin with this path of edges."""
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
