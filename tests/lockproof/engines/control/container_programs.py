"""A program that accesses containers of several types, and the names that a strategy sees for them."""

from __future__ import annotations

from lockproof.core.schedule import Point, Switching
from lockproof.engines.strategies.sampling import RandomWalk
from tests.lockproof.engines.control.inside import explore, together


class Accesses(RandomWalk):
    """Notes the names of pending accesses."""

    def __init__(self) -> None:
        super().__init__(1)
        self.names: set[str] = set()
        self.left = 40

    def begin(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def choose(self, point: Point) -> int:
        self.names.update(point.pending)
        return super().choose(point)


def ask_names() -> list[str]:
    strategies: list[Accesses] = []

    def strategy() -> Accesses:
        strategies.append(Accesses())
        return strategies[-1]

    def program() -> object:
        items, table, seen = [0], {"a": 1}, {0}

        def one() -> None:
            items.append(len(table))
            table["b"] = items[0]

        def other() -> None:
            for each in items:
                seen.add(each)
            seen.discard(next(iter(items)))

        together(one, other)
        return None

    explore(program, strategy, Switching.FREE)
    return sorted(name for name in strategies[-1].names if name.startswith("*"))
