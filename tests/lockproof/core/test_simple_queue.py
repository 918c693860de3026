"""Is the `SimpleQueue` that stands in for the one in C, under control, one that its threads could not tell from it?"""

from __future__ import annotations

import queue
import threading

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.core.options import CheckOptions
from lockproof.core.simple_queue import SimpleQueue
from lockproof.core.verdict import Verdict

OVERTAKEN = "a.put(2); a.put(1) || a.get(block=False); a.get(block=False) || a.get(block=False)"


def test_it_does_what_the_one_in_c_does() -> None:
    for made in (SimpleQueue(), queue.SimpleQueue[int]()):
        made.put(1)
        made.put_nowait(2)
        assert (made.qsize(), made.empty(), made.get(), made.get(timeout=0.01)) == (2, False, 1, 2)
        for refused in (lambda q=made: q.get(False), made.get_nowait, lambda q=made: q.get(timeout=0.0)):
            with pytest.raises(queue.Empty):
                refused()
        with pytest.raises(ValueError, match="non-negative"):
            made.get(timeout=-1.0)


def test_a_thread_that_waits_gets_what_is_put() -> None:
    made, got = SimpleQueue(), []
    thread = threading.Thread(target=lambda: got.append(made.get(timeout=20.0)), daemon=True)
    thread.start()
    made.put("it")
    thread.join(20.0)
    assert got == ["it"]


@pytest.mark.one_build
@pytest.mark.thread_unsafe(reason="starts processes")
def test_each_of_its_calls_is_one_step() -> None:
    options = CheckOptions(schedules=400, seed=1, engine="schedules", scenario=OVERTAKEN)
    assert check_target("queue:SimpleQueue", options).verdict is Verdict.HELD
    broken = check_target("queue:_PySimpleQueue", CheckOptions(seed=1, engine="schedules", scenario=OVERTAKEN))
    assert broken.verdict is Verdict.VIOLATION
