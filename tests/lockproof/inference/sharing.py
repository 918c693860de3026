"""Classes whose objects share state of the class or the module, which is therefore executed anew for each run."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass
from itertools import count

_numbers = count(1)


class Level(enum.Enum):
    """A key of each board."""

    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Label:
    """What a board is asked for."""

    text: str


class Board:
    """Counts by level; boards have numbers, and know each other by their class."""

    class Mode(enum.Enum):
        """How a board is."""

        OPEN = 1

    def __init__(self) -> None:
        self._lock, self._number = threading.Lock(), next(_numbers)
        self._counts = dict.fromkeys(Level, 0)

    def count(self, level: Level) -> int:
        with self._lock:
            self._counts[level] += 1
            return self._counts[level]

    def distance(self, other: Board) -> int:
        if not isinstance(other, Board):
            raise TypeError("no board")
        return other._number - self._number

    def number(self) -> int:
        return self._number

    def is_open(self, mode: Board.Mode) -> bool:
        return mode is Board.Mode.OPEN

    def has(self, label: Label) -> bool:
        return isinstance(label, Label)

    def makes(self, kind: type[Label]) -> bool:
        return kind is Label


class Named:
    """Needs an argument."""

    def __init__(self, name: str) -> None:
        self.name = name


board = Board()
named = Named("x")
_counts = dict.fromkeys(Level, 0)


def count_level(level: Level) -> int:
    """Count in the module."""
    _counts[level] += 1
    return _counts[level]
