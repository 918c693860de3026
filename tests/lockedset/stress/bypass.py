"""The table of code in C that reads a subclass of `set` past its methods, one row a reader.

Each row tells what it saw of a set of numbers below 80. `tests/lockedset/locking/test_bypass.py` shows that each row
does pass by the lock; the properties in `readers` show that none sees half of a bulk change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lockedset import LockedSet

type Seen = frozenset[Any]

UNIVERSE = frozenset(range(80))
WHOLE = [frozenset[int](), frozenset(range(40)), frozenset(range(40, 80))]
SINGLE = [frozenset({number}) for number in range(80)]
KNOWN = {*WHOLE, *SINGLE}
"""All contents that are not half of something."""

HALF = frozenset({"half of something"})


def _after(start: Seen, change: Callable[[set[Any]], object]) -> set[Any]:
    plain = set(start)
    change(plain)
    return plain


ROWS: dict[str, Callable[[LockedSet[Any]], Seen]] = {
    "set(s)": lambda s: frozenset(set(s)),
    "frozenset(s)": lambda s: frozenset(s),
    "{*s}": lambda s: frozenset({*s}),
    "set.copy(s)": lambda s: frozenset(set.copy(s)),
    "plain.union(s)": lambda s: frozenset(set().union(s)),
    "plain.intersection(s)": lambda s: frozenset(set(UNIVERSE).intersection(s)),
    "plain.difference(s)": lambda s: UNIVERSE - set(UNIVERSE).difference(s),
    "plain.symmetric_difference(s)": lambda s: UNIVERSE - set(UNIVERSE).symmetric_difference(s),
    "plain.update(s)": lambda s: frozenset(_after(frozenset(), lambda plain: plain.update(s))),
    "plain.intersection_update(s)": lambda s: frozenset(_after(UNIVERSE, lambda plain: plain.intersection_update(s))),
    "plain.difference_update(s)": lambda s: UNIVERSE - _after(UNIVERSE, lambda plain: plain.difference_update(s)),
    "plain.symmetric_difference_update(s)": (
        lambda s: UNIVERSE - _after(UNIVERSE, lambda plain: plain.symmetric_difference_update(s))
    ),
    "plain.__ior__(s)": lambda s: frozenset(_after(frozenset(), lambda plain: plain.__ior__(s))),
    "plain.__iand__(s)": lambda s: frozenset(_after(UNIVERSE, lambda plain: plain.__iand__(s))),
    "plain.__isub__(s)": lambda s: UNIVERSE - _after(UNIVERSE, lambda plain: plain.__isub__(s)),
    "plain.__ixor__(s)": lambda s: UNIVERSE - _after(UNIVERSE, lambda plain: plain.__ixor__(s)),
    "frozen | s": lambda s: frozenset() | s,
    "frozen & s": lambda s: UNIVERSE & s,
    "frozen - s": lambda s: UNIVERSE - (UNIVERSE - s),
    "frozen ^ s": lambda s: UNIVERSE - (UNIVERSE ^ s),
    "frozen.union(s)": lambda s: frozenset().union(s),
    "frozen.intersection(s)": lambda s: UNIVERSE.intersection(s),
    "frozen.difference(s)": lambda s: UNIVERSE - UNIVERSE.difference(s),
    "dict.keys() | s": lambda s: frozenset({}.keys() | s),
    "dict.keys() - s": lambda s: UNIVERSE - (dict.fromkeys(UNIVERSE).keys() - s),
    "dict.keys() ^ s": lambda s: UNIVERSE - (dict.fromkeys(UNIVERSE).keys() ^ s),
    "s in a set of frozensets": lambda s: frozenset() if s in KNOWN else HALF,  # type: ignore[comparison-overlap]
}

ANSWERS: dict[str, Callable[[LockedSet[Any]], bool]] = {
    "plain.issubset(s)": lambda s: set(UNIVERSE).issubset(s),
    "plain.issuperset(s)": lambda s: set(UNIVERSE).issuperset(s),
    "frozen.issubset(s)": lambda s: UNIVERSE.issubset(s),
    "frozen == s": lambda s: UNIVERSE == s,
    "frozen < s": lambda s: UNIVERSE < s,
}
"""Rows that answer yes or no, which cannot show a half."""
