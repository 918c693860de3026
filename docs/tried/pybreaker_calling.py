"""pybreaker: of the successes of two `with breaker.calling()` blocks one is lost, so that the breaker closes too late.

`call` takes the lock and counts under it. A block is counted at its end, when the lock is free. Shows without a GIL.
"""

from collections.abc import Callable
from typing import Any

from pybreaker import CircuitBreaker
from two_threads import race, told

EACH = 1000


def calls() -> list[Callable[[], Any]]:
    breaker = CircuitBreaker(success_threshold=10 * EACH)
    breaker.half_open()

    def succeed() -> Any:
        for _ in range(EACH):
            with breaker.calling():
                pass
        return breaker

    return [succeed, succeed]


results = race(calls, lambda results: results[0].success_counter != 2 * EACH)
counted = results[0].success_counter if results else 2 * EACH
told(results is not None, f"{2 * EACH} successful blocks were counted as {counted}")
