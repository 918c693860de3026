"""How many runs lie between two collections: more while they find little, fewer once they find much."""

from __future__ import annotations

import gc

import pytest

from lockproof.engines.control.garbage import MUCH, OFTEN, SELDOM, Garbage


def collections(found: int, runs: int, monkeypatch: pytest.MonkeyPatch, garbage: Garbage) -> list[int]:
    """Return after which runs a collection came, where each one finds so many objects."""
    came: list[int] = []
    run = 0

    def collect(generation: int) -> int:
        assert generation == 0
        came.append(run)
        return found

    monkeypatch.setattr(gc, "collect", collect)
    for run in range(1, runs + 1):  # noqa: B007  (the collection reads it)
        garbage.after_run()
    return came


def test_collections_become_seldom_while_they_find_little_and_come_often_again(monkeypatch: pytest.MonkeyPatch) -> None:
    garbage = Garbage()
    few = collections(0, OFTEN * 31 + SELDOM, monkeypatch, garbage)
    assert few == [OFTEN * each for each in (1, 3, 7, 15, 31, 47)]
    much = collections(MUCH + 1, SELDOM * 2, monkeypatch, garbage)
    assert much[0] <= SELDOM and much[-1] - much[-2] == OFTEN
