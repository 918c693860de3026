"""Ends the processes that tests of the parts of a check start: a whole check ends its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lockproof.campaign.protocol.child import Child


@pytest.fixture(autouse=True)
def children_end_with_their_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close each child that the test has made; one that is collected later would warn in the midst of another test."""
    made: list[Child] = []
    init = Child.__init__

    def noting(self: Child, *args: Any, **more: Any) -> None:
        init(self, *args, **more)
        made.append(self)

    monkeypatch.setattr(Child, "__init__", noting)
    yield
    for each in made:
        each.close()
