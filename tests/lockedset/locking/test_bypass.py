"""Which readers pass by the methods, and with them by the lock? The table, row by row, on this build.

Each row of `tests/lockedset/stress/bypass.py` must not wait for a thread that holds the set: that is why bulk changes
are committed in one step, which `tests/lockedset/stress/readers.py` holds against the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lockedset import LockedSet, locked
from tests.lockedset.locking.threads import Runner
from tests.lockedset.stress.bypass import ANSWERS, HALF, ROWS, UNIVERSE, WHOLE

type Read = Callable[[LockedSet[Any]], object]

USES_METHODS: dict[str, Read] = {
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
    "[*s]": lambda s: [*s],
    "len": len,
    "bool": bool,
    "dict.fromkeys": dict.fromkeys,
    "frozen.isdisjoint": lambda s: UNIVERSE.isdisjoint(s),
    "plain |": lambda s: {1} | s,
    "plain ==": lambda s: {1} == s,
    "plain <": lambda s: {1} < s,
    "repr": repr,
}


@pytest.mark.parametrize("name", ROWS | ANSWERS)
def test_the_row_passes_by_the_lock(name: str) -> None:
    s = LockedSet(range(40))
    with locked(s):
        assert Runner(lambda: (ROWS | ANSWERS)[name](s)).ends()


@pytest.mark.parametrize("name", USES_METHODS)
def test_the_reader_uses_the_methods_and_waits(name: str) -> None:
    s = LockedSet(range(40))
    with locked(s):
        runner = Runner(lambda: USES_METHODS[name](s))
        assert runner.waits()
    runner.result()


@pytest.mark.parametrize("name", ROWS)
def test_the_row_tells_what_it_saw(name: str) -> None:
    for content in WHOLE:
        assert ROWS[name](LockedSet(content)) == (frozenset() if name.startswith("s in") else content)
    half = ROWS[name](LockedSet(range(20)))
    assert half == (HALF if name.startswith("s in") else frozenset(range(20)))
