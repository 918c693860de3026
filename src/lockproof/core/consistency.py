"""The consistency conditions that a history can be judged by."""

from __future__ import annotations

from enum import StrEnum


class Consistency(StrEnum):
    """Which orders of the calls of a history may explain it.

    LINEARIZABLE: one order of all operations explains the results, and it keeps to real time (Herlihy, Wing 1990).
    SEQUENTIAL: one order that keeps to the order within each thread only (Lamport 1979).
    QUIESCENT: one order that keeps to the order of operations between which no operation was running
    (Aspnes, Herlihy, Shavit 1994); not even the order within a thread counts.
    """

    LINEARIZABLE = "linearizable"
    SEQUENTIAL = "sequential"
    QUIESCENT = "quiescent"
