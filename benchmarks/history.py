"""What it costs to judge a recorded history: seconds and peak memory on this interpreter.

    python -m benchmarks.history                       # 100,000 operations on a set by 8 processes
    python -m benchmarks.history --operations 10000
    python -m benchmarks.history --operations 1000000 --only million --porcupine ./porcupine

A simulation with a seed makes the histories: each call takes effect at a random moment between its invocation and its
response, so calls overlap as they do in a real run, and the history is linearizable. For a violation, the last question
about an element gets the wrong answer. `reads` are questions about the whole set: they hold all elements together, so
that the history can no longer be taken apart. The cases "million" are for a million operations: sets, registers by
their keys (the model `dict`), and one register.

Each case is judged in a process of its own, so that its peak memory is its own. Both are told with reading the file.
CPU seconds stand beside the seconds by the clock, since a machine may do other work too.

`--porcupine` names a program that judges the same files with porcupine, right after lockproof: benchmarks/porcupine has
its source. `cd benchmarks/porcupine && go mod tidy && go build -o porcupine .` makes it, where Go can download modules.
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
MOST_MEMORY = 12 << 30
"""Bytes of addresses that a judge may use: a judge that needs more ends with an error, and the machine goes on."""


@dataclass(frozen=True)
class Case:
    """A history to judge. `reads` is the part of the calls that read the whole set."""

    name: str
    reads: float
    violation: bool
    keys: int = 1000
    model: str = "set"


CASES = (
    Case("valid", 0.0, False),
    Case("violation", 0.0, True),
    Case("valid, 10 elements", 0.0, False, 10),
    Case("violation, 10 elements", 0.0, True, 10),
    Case("valid, 1% reads", 0.01, False),
    Case("violation, 1% reads", 0.01, True),
    Case("million: set", 0.0, False),
    Case("million: set, violation", 0.0, True),
    Case("million: registers", 0.5, False, 1000, "dict"),
    Case("million: one register", 0.5, False, 1000, "register"),
)


def simulated(operations: int, processes: int, case: Case, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the events of a history."""
    choose = random.Random(seed)
    elements: set[int] = set()
    held: dict[int, int] = {}
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
            if case.model != "set":
                event = _register_call(choose, case)
                event |= {"process": process, "type": "invoke", "time": round(now * 1e6)}
                yield event
                heapq.heappush(agenda, (now + choose.expovariate(1.0), process, 1, event))
                continue
            f = choose.choices(("add", "remove", "contains"), (4, 3, 3))[0]
            value: Any = choose.randrange(case.keys)
            if choose.random() < case.reads:
                f, value = "read", None
            event = {"process": process, "type": "invoke", "f": f, "value": value, "time": round(now * 1e6)}
            yield event
        elif step == 1:
            f, value = event["f"], event["value"]
            if case.model != "set":
                event = _register_effect(event, held)
                heapq.heappush(agenda, (now + choose.expovariate(1.0), process, 2, event))
                continue
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


def _register_call(choose: random.Random, case: Case) -> dict[str, Any]:
    reads, key, new = choose.random() < case.reads, choose.randrange(case.keys), choose.randint(1, 100)
    if case.model == "register":
        return {"f": "read", "value": None} if reads else {"f": "write", "value": new}
    return {"f": "get", "value": [key, None]} if reads else {"f": "put", "value": [key, new]}


def _register_effect(event: dict[str, Any], held: dict[int, int]) -> dict[str, Any]:
    value = event["value"]
    match event["f"]:
        case "write":
            held[0] = value
        case "put":
            held[value[0]] = value[1]
        case "read":
            value = held.get(0)
        case "get":
            value = [value[0], held.get(value[0])]
    return {**event, "type": "ok", "value": value}


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


def judged(path: str, model: str, seconds: float) -> dict[str, Any]:
    """Judge a history here; return the verdict, the seconds, the peak of the process's memory in MiB."""
    from lockproof.histories.judged import judge_history

    began = time.perf_counter()
    report = judge_history(path, model, budget_seconds=seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "verdict": report.verdict,
        "seconds": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
        "configurations": report.configurations,
        "partitions": report.partitions,
    }


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def measured(
    operations: int, processes: int, case: Case, seed: int, seconds: float, porcupine: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Judge a history in a process of its own, and with porcupine if there is one; yield the judge and its numbers."""
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "history.jsonl")
        written(Path(path), operations, processes, case, seed)
        options = ["--model", case.model, "--seconds", str(seconds)]
        commands = {"lockproof": [sys.executable, "-m", "benchmarks.history", "--judge", path, *options]}
        if porcupine:
            commands["porcupine"] = [porcupine, *options, path]
        for name, command in commands.items():
            child = subprocess.run(
                command, capture_output=True, text=True, timeout=CHILD_SECONDS, preexec_fn=_limit_memory
            )
            failed = {"verdict": f"status {child.returncode}", "seconds": 0.0, "cpu": 0.0, "peak": 0.0}
            yield name, failed if child.returncode else json.loads(child.stdout)


def main(arguments: list[str] | None = None) -> None:
    """Measure the cases, and print a line for each and each judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120.0, help="the judge's budget")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the cases whose names have this text")
    parser.add_argument("--porcupine", default="", metavar="PROGRAM", help="judge with porcupine too")
    parser.add_argument("--judge", metavar="FILE", help="judge this history and print the numbers as JSON")
    parser.add_argument("--model", default="set", help="of the history of --judge")
    options = parser.parse_args(arguments)
    if options.judge:
        print(json.dumps(judged(options.judge, options.model, options.seconds)))
        return
    gil = "on" if sys._is_gil_enabled() else "off"
    print(f"Python {sys.version.split()[0]}, GIL {gil}; {options.operations:,} operations by {options.processes}")
    for case in CASES:
        if options.only not in case.name:
            continue
        numbers = options.operations, options.processes, case, options.seed, options.seconds, options.porcupine
        for name, found in measured(*numbers):
            searched = ""
            if "partitions" in found:
                searched = f" {found['configurations']:10,} configurations in {found['partitions']:,} parts"
            print(
                f"{case.name:24} {name} {found['verdict']:10} {found['seconds']:7.2f} s {found['cpu']:7.2f} s of CPU"
                f" {found['peak']:7.0f} MiB{searched}",
                flush=True,
            )


if __name__ == "__main__":
    main()
