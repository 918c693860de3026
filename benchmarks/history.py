"""What it costs to judge a recorded history: seconds and peak memory on this interpreter.

    python -m benchmarks.history                       # 100,000 operations on a set by 8 processes
    python -m benchmarks.history --operations 10000

A simulation with a seed makes the histories: each call takes effect at a random moment between its invocation and its
response, so calls overlap as they do in a real run, and the history is linearizable. For a violation, the last question
about an element gets the wrong answer. `reads` are questions about the whole set: they hold all elements together, so
that the history can no longer be taken apart.

Each case is judged in a process of its own, so that its peak memory is its own. Both are told with reading the file.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHILD_SECONDS = 900


@dataclass(frozen=True)
class Case:
    """A history to judge. `reads` is the part of the calls that read the whole set."""

    name: str
    reads: float
    violation: bool
    keys: int = 1000


CASES = (
    Case("valid", 0.0, False),
    Case("violation", 0.0, True),
    Case("valid, 10 elements", 0.0, False, 10),
    Case("violation, 10 elements", 0.0, True, 10),
    Case("valid, 1% reads", 0.01, False),
    Case("violation, 1% reads", 0.01, True),
)


def simulated(operations: int, processes: int, case: Case, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the events of a history."""
    choose = random.Random(seed)
    elements: set[int] = set()
    # When, which process, the step (0: invoke, 1: effect, 2: return), the event so far.
    agenda: list[tuple[float, int, int, dict[str, Any]]] = [
        (choose.random(), process, 0, {}) for process in range(processes)
    ]
    heapq.heapify(agenda)
    begun = 0
    while agenda:
        now, process, step, event = heapq.heappop(agenda)
        if step == 0:
            if begun == operations:
                continue
            begun += 1
            f = choose.choices(("add", "remove", "contains"), (4, 3, 3))[0]
            value: Any = choose.randrange(case.keys)
            if choose.random() < case.reads:
                f, value = "read", None
            event = {"process": process, "type": "invoke", "f": f, "value": value, "time": round(now * 1e6)}
            yield event
        elif step == 1:
            f, value = event["f"], event["value"]
            result: Any = value in elements if f != "read" else sorted(elements)
            if f == "add":
                elements.add(value)
                result = not result
            elif f == "remove":
                elements.discard(value)
            event = {**event, "type": "ok", "value": result}
        else:
            yield {**event, "time": round(now * 1e6)}
        after = choose.expovariate(1.0)
        heapq.heappush(agenda, (now + after, process, (step + 1) % 3, event))


def events(operations: int, processes: int, case: Case, seed: int) -> list[dict[str, Any]]:
    """Return the events of a history, with the last answer about an element made wrong where the case wants it."""
    found = list(simulated(operations, processes, case, seed))
    if case.violation:
        answers = [event for event in found if event["type"] == "ok"]
        asked = [event for event in answers if event["f"] == "contains"]
        asked[-1]["value"] = not asked[-1]["value"]
    return found


def written(path: Path, operations: int, processes: int, case: Case, seed: int) -> None:
    """Write a history as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events(operations, processes, case, seed))


def judged(path: str, seconds: float) -> dict[str, Any]:
    """Judge a history here; return the verdict, the seconds, the peak of the process's memory in MiB."""
    from lockproof.histories.judged import judge_history

    began = time.perf_counter()
    report = judge_history(path, "set", budget_seconds=seconds)
    return {
        "verdict": report.verdict,
        "seconds": time.perf_counter() - began,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "configurations": report.configurations,
        "partitions": report.partitions,
    }


def measured(operations: int, processes: int, case: Case, seed: int, seconds: float) -> dict[str, Any]:
    """Judge a history in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "history.jsonl"
        written(path, operations, processes, case, seed)
        command = [sys.executable, "-m", "benchmarks.history", "--judge", str(path), "--seconds", str(seconds)]
        child = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_SECONDS, check=True)
        found: dict[str, Any] = json.loads(child.stdout)
        return found


def main(arguments: list[str] | None = None) -> None:
    """Measure all cases, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120.0, help="the judge's budget")
    parser.add_argument("--judge", metavar="FILE", help="judge this history and print the numbers as JSON")
    options = parser.parse_args(arguments)
    if options.judge:
        print(json.dumps(judged(options.judge, options.seconds)))
        return
    gil = "on" if sys._is_gil_enabled() else "off"
    print(f"Python {sys.version.split()[0]}, GIL {gil}; {options.operations:,} operations by {options.processes}")
    for case in CASES:
        found = measured(options.operations, options.processes, case, options.seed, options.seconds)
        print(
            f"{case.name:24} {found['verdict']:10} {found['seconds']:7.2f} s {found['peak']:7.0f} MiB"
            f" {found['configurations']:10,} configurations in {found['partitions']:,} parts"
        )


if __name__ == "__main__":
    main()
