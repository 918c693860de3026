"""How much the comparison on one thread tries."""

from __future__ import annotations

from typing import Final

FILLINGS: Final = 3
"""How many fillings of each kind are tried alone; twice as many where there are no more than MANY kinds."""

MANY: Final = 40

TOGETHER: Final = 8
"""Kinds of operations that change nothing and run one after the other on the same contents, before these are observed:
the comparison of LockedSet takes half as long as with one kind at a time."""

LONGEST: Final = 8
CHOICES: Final = 200
"""How many choices of a nondeterministic model are tried before a program counts as conforming."""

MOST: Final = 20
"""How many times its time the comparison takes at most for a slow class; but `LEAST` seconds, for a busy machine."""

LEAST: Final = 2.0

CONSTRUCTIONS: Final = 16
"""How many random programs end with each lifted operation: its result may depend on how the contents were made."""
