"""Is the time of the run a part of the state of a model?"""

from __future__ import annotations

from lockproof.core.operation import Operation, op
from lockproof.core.own_time import own_time
from lockproof.core.specification import Specification
from lockproof.judge.replayed_model import ReplayModel


class Clocked:
    """Answers by the clock, and has nothing in it."""

    def seconds(self) -> float:
        """Return the time of the run."""
        return own_time.now


def test_two_states_that_differ_in_the_time_alone_are_two() -> None:
    model = ReplayModel(Specification(Clocked, [op("a.seconds()")]), (), ("a",))
    first = model.initial()
    ((_, still),) = model.apply(first, Operation("a.seconds()"))
    ((_, later),) = model.apply(first, Operation("time_passes(60)"))
    assert still != later
    ((before, _),) = model.apply(still, Operation("a.seconds()"))
    ((after, _),) = model.apply(later, Operation("a.seconds()"))
    assert after == before + 60
