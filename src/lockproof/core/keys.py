"""Operations of one kind with one key after the other: enough of them to reach a bound of a few entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lockproof.core.operation import Code, Operation, OperationKind

MORE: Final = {int: (1, 2, 3, 4, 5), str: ("x", "y", "z", "v", "w")}
"""The keys. Pools of arguments have two values, since two threads that never use the same key show nothing."""


def one_after_the_other(kind: OperationKind) -> list[Operation]:
    """Return operations of a kind with one key after the other; none if it takes no numbers or texts first."""
    hole = next(iter(kind.holes), "")
    plain = [each for each in kind.holes.get(hole, ()) if not isinstance(each, Code)]
    more = MORE.get(type(plain[0])) if plain else None
    if more is None:
        return []
    holes = {each: pool[:1] for each, pool in kind.holes.items()} | {hole: more}
    return [replace(each, kind=kind) for each in replace(kind, holes=holes).fillings()]
