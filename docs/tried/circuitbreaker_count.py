"""circuitbreaker: failures of two threads at a time count as one, so that the circuit opens too late.

`_failure_count += 1` takes no lock. Shows without a GIL.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from circuitbreaker import CircuitBreaker
from two_threads import race, told

EACH = 2000


def calls() -> list[Callable[[], Any]]:
    breaker = CircuitBreaker(failure_threshold=10 * EACH)

    def fail() -> Any:
        for _ in range(EACH):
            with suppress(ValueError):
                breaker.call(int, "no number")
        return breaker

    return [fail, fail]


results = race(calls, lambda results: results[0].failure_count != 2 * EACH)
told(results is not None, f"{2 * EACH} failures were counted as {results[0].failure_count if results else 2 * EACH}")
