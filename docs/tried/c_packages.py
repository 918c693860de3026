"""Makes objects of packages with C code for docs/tried/c_types.md. Each function imports its package alone."""

from __future__ import annotations

from typing import Any


def lru() -> Any:
    from lru import LRU  # type: ignore[import-not-found]

    return LRU(2)


def bits() -> Any:
    from bitarray import bitarray  # type: ignore[import-not-found]

    return bitarray("0110")


def reader() -> Any:
    from hiredis import Reader  # type: ignore[import-not-found]

    return Reader()


def numbers() -> Any:
    from frozenlist import FrozenList  # type: ignore[import-not-found]

    return FrozenList([1, 2])
