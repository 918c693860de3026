"""Is a history refused when it cannot be one?"""

from __future__ import annotations

import pytest

from lockproof.core.errors import MalformedHistory
from lockproof.core.history import NEVER, PENDING, Call, History

pytestmark = pytest.mark.one_build


def test_calls_are_put_in_the_order_of_their_invocation() -> None:
    history = History.of([Call(1, "b", None, 5, 6), Call(0, "a", None, 1, 9)])
    assert [call.operation for call in history.calls] == ["a", "b"]
    assert history.processes == (0, 1)
    assert len(history) == 2


def test_a_process_may_end_with_a_call_that_never_returned() -> None:
    history = History.of([Call(0, "a", None, 1, 2), Call(0, "b", PENDING, 3), Call(1, "c", None, 4, 5)])
    assert [call.pending for call in history.calls] == [False, True, False]


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ([Call(0, "a", None, 5, 1, 7)], "line 7: a returns before it is invoked"),
        ([Call(0, "a", None, 1, 5), Call(0, "b", None, 3, 6, 4)], "line 4: process 0 invokes b while its a has not"),
        ([Call(0, "a", PENDING, 1), Call(0, "b", None, 3, 6)], "never returned"),
        ([Call(0, "a", PENDING, 1, 2)], "has a result and no time of return"),
        ([Call(0, "a", 5, 1, NEVER)], "has a result and no time of return"),
    ],
)
def test_what_cannot_have_happened_is_refused(calls: list[Call], reason: str) -> None:
    with pytest.raises(MalformedHistory, match=reason):
        History.of(calls)
