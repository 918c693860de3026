"""Threads that call everything at once on two sets, for a sanitizer to watch; the results do not matter.

`python -m tests.lockedset.native.busy SECONDS [SEED]` ends with status 1 if a thread hangs or dies, and says how many
calls were made.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from lockedset import LockedSet, locked
from tests.lockedset.native.calls import Call, Raised, Situation, attempt, pairs

THREADS = 3
LIMIT = 120.0
"""Seconds that no call takes, however slow the sanitizer makes it."""

ALONE = {"hash raises", "not hashable", "a wrong type"}
"""Situations that end before anything is shared."""


def _same(other: LockedSet[Any]) -> LockedSet[Any]:
    return other


def _lives(jobs: list[tuple[Call, Situation]], seconds: float, seed: int) -> tuple[int, list[str]]:
    shared = [LockedSet(range(20)), LockedSet(range(10, 40))]
    end = time.monotonic() + seconds
    calls = [0] * THREADS
    problems: list[str] = []

    def work(number: int) -> None:
        choose = random.Random(seed * THREADS + number)
        try:
            while time.monotonic() < end:
                call, situation = choose.choice(jobs)
                s, t = choose.sample(shared, 2)
                attempt(call, replace(situation, operand=choose.choice((situation.operand, partial(_same, t)))), s)
                with suppress(Raised), locked(s, t):
                    s.update(t)
                if len(s) > 200:
                    s.clear()
                calls[number] += 1
        except BaseException as error:
            problems.append(f"thread {number}: {error!r}")

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + LIMIT)
    problems += ["a thread hangs" for thread in threads if thread.is_alive()]
    return sum(calls), problems


def main() -> int:
    """Let the threads live for a time."""
    faulthandler.enable()
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    jobs = [(call, situation) for call, situation in pairs() if situation.name not in ALONE]
    count, problems = _lives(jobs, seconds, seed)
    for problem in problems:
        print(problem)
    print(f"{count} calls from {THREADS} threads in {seconds:g} s, seed {seed}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
