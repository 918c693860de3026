"""Programs that read clocks, in a process in which lockproof has replaced them: see `test_own_time`."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

QUESTIONS: Final = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns", "now", "utcnow")


def _measured(read: Callable[[], Any], unit: Callable[[Any], float]) -> list[float]:
    from lockproof.core.own_time import time_passes

    first, second = read(), read()
    time_passes(3600)
    return [unit(second - first), unit(read() - first)]


def condition_for(seconds: float) -> bool:
    """Wait for what never comes."""
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: False, seconds)


def is_empty_after(waited: queue.Queue[int], seconds: float) -> bool:
    """Tell whether a queue has nothing to give within so many seconds."""
    try:
        waited.get(timeout=seconds)
    except queue.Empty:
        return True
    return False


def main() -> None:
    """Print the answers as JSON."""
    from lockproof.core import own_time

    real_datetime = own_time.RealDatetime
    own_time.install()
    import copy
    import datetime
    import logging
    import pickle
    import time

    found: dict[str, Any] = {}
    logging.getLogger("clocked").makeRecord("", 0, "", 0, "", (), None)
    found["library"] = own_time.own_time.was_read
    for name in QUESTIONS[:6]:
        scale = 1e9 if name.endswith("_ns") else 1.0
        found[name] = _measured(getattr(time, name), lambda each, scale=scale: each / scale)  # type: ignore[misc]
    found["read"] = own_time.own_time.was_read
    for name in QUESTIONS[6:]:
        found[name] = _measured(getattr(datetime.datetime, name), lambda each: each.total_seconds())
    date = datetime.datetime.now()
    found["dates"] = [
        isinstance(date, datetime.datetime),
        isinstance(real_datetime(2026, 1, 1), datetime.datetime),
        pickle.loads(pickle.dumps(date)) == date == copy.copy(date),
        repr(date).startswith("datetime.datetime(2023"),
        isinstance(datetime.date(2026, 1, 1), datetime.datetime),
    ]
    before = time.monotonic()
    time.sleep(60)
    found["sleep"] = time.monotonic() - before
    condition, before = threading.Condition(), time.monotonic()
    with condition:
        condition.wait(0.25)
    found["limit"] = time.monotonic() - before
    event, before = threading.Event(), time.monotonic()
    event.set()
    event.wait(30.0)
    found["in time"] = time.monotonic() - before
    began, before = own_time.real.monotonic(), time.monotonic()
    taken, empty = threading.Semaphore(0), queue.Queue[int]()
    found["long"] = [condition_for(600), taken.acquire(timeout=600), is_empty_after(empty, 600)]
    found["long, passed"] = time.monotonic() - before
    found["long, real"] = own_time.real.monotonic() - began
    looks, until = 0, time.monotonic() + 3600
    while time.monotonic() < until:
        looks += 1
    found["loop"] = looks
    print(json.dumps(found))


if __name__ == "__main__":
    main()
