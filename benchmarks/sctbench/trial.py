"""One program under one strategy, again and again with other seeds: how many schedules until its bug shows.

To be run in a process of its own: it takes control of the interpreter.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from lockproof.campaign.worker.exploring import Exploration, seen_in
from lockproof.core.own_time import real as time
from lockproof.core.schedule import Strategy, Switching
from lockproof.engines.control.install import install, instrumentation
from lockproof.engines.control.primitives import engine
from lockproof.engines.control.program import FunctionProgram
from lockproof.engines.strategies.samplers import SAMPLERS


def trial(program: FunctionProgram, name: str, seed: int, most: int, seconds: float) -> tuple[bool, int, float]:
    """Return whether the bug was found, after how many schedules, and after how many seconds."""
    began = time.monotonic()
    exploration = Exploration(program, lambda result: seen_in(result, program), seed, only=name)
    if name in SAMPLERS:
        return _sampled(program, SAMPLERS[name](seed), most, seconds)
    found = exploration.go_on(seconds, most)
    return found is not None, exploration.runs, time.monotonic() - began


def _sampled(program: FunctionProgram, strategy: Strategy, most: int, seconds: float) -> tuple[bool, int, float]:
    began = time.monotonic()
    instrumentation.switch(Switching.FREE)
    for number in range(1, most + 1):
        strategy.begin()
        result = engine.run(program, strategy)
        strategy.end(result.ran)
        if seen_in(result, program) is not None:
            return True, number, time.monotonic() - began
        if time.monotonic() - began > seconds:
            break
    return False, number, time.monotonic() - began


def main() -> None:
    """Answer a list of requests on standard input, each with a line of JSON."""
    install()
    from benchmarks.sctbench.programs import PROGRAMS

    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        known = PROGRAMS[request["program"]]
        program = FunctionProgram(known.mended if request["mended"] else known.broken)
        found, schedules, seconds = trial(
            program, request["strategy"], request["seed"], request["most"], request["seconds"]
        )
        print(json.dumps({"found": found, "schedules": schedules, "seconds": round(seconds, 3)}), flush=True)


if __name__ == "__main__":
    main()
