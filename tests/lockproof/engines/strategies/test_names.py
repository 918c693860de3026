"""Do the names of strategies that people can give, and the classes behind them, agree?"""

from __future__ import annotations

import pytest

from lockproof.core.options import DRAWING, EXHAUSTIVE, STRATEGIES
from lockproof.engines.strategies.samplers import SAMPLERS

pytestmark = pytest.mark.one_build


def test_each_drawing_strategy_has_a_class_and_no_name_has_two_meanings() -> None:
    assert DRAWING.keys() == SAMPLERS.keys()
    assert len(set(STRATEGIES)) == len(STRATEGIES) == 1 + len(EXHAUSTIVE) + len(DRAWING)
    for made in SAMPLERS.values():
        assert all(callable(getattr(made(1), name)) for name in ("begin", "choose", "end"))
