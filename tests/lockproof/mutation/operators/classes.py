"""Source texts of classes that several cases share, each with a race that holds."""

from __future__ import annotations

from typing import Final

LOCKED: Final = """
class Box:
    def __init__(self):
        self._lock = threading.Lock()
        self._n = 0
"""

COUNTING: Final = (
    LOCKED
    + """
    def up(self):
        with self._lock:
            self._n += 1

def race():
    box = Box()
    together(box.up, box.up)
    assert box._n == 2
"""
)

READING: Final = (
    LOCKED
    + """
    def value(self):
        with self._lock:
            return self._n

    def up(self):
        with self._lock:
            self._n += 1

def race():
    box = Box()
    together(box.up, lambda: box.value() in (0, 1) or 1 / 0)
    assert box._n == 1
"""
)
