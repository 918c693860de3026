"""The files of a run, and how they are read.

RUN/BUILD/SUBJECT.json are pyperf suites, and RUN/BUILD/beside.jsonl has the times of `set` that were taken in the same
processes. RUN/BUILD/facts.json tells what was measured, memory.json how much memory; RUN/run.json holds the seed and
the plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyperf  # type: ignore[import-untyped,import-not-found,unused-ignore]

from benchmarks.ratios import Times
from benchmarks.subjects import BESIDE, SUBJECTS, WITNESS

RUN_FILE = "run.json"
FACTS_FILE = "facts.json"
MEMORY_FILE = "memory.json"
LOOPS_FILE = "loops.json"
BESIDE_FILE = "beside.jsonl"


def suite_file(subject: str) -> str:
    """The name of a subject's suite, without blanks and commas so that it is easily typed.

    >>> suite_file("LockedSet, Python")
    'LockedSet-Python.json'
    """
    return re.sub(r"\W+", "-", subject) + ".json"


@dataclass(frozen=True)
class Build:
    """What was measured on one build."""

    name: str
    facts: Mapping[str, Any]
    memory: Mapping[str, Any]
    times: Times

    def missing(self) -> dict[str, str]:
        """The subjects that were not measured, with the reason."""
        facts = self.facts["subjects"]
        return {name: facts[name]["missing"] for name in facts if facts[name]["missing"]}


def read_suite(path: Path) -> dict[str, dict[int, list[float]]]:
    """Seconds by benchmark and round; runs that only calibrated have none."""
    found: dict[str, dict[int, list[float]]] = {}
    for benchmark in pyperf.BenchmarkSuite.load(str(path)).get_benchmarks():
        rounds = found.setdefault(benchmark.get_name(), {})
        for run in benchmark.get_runs():
            if run.values:
                rounds.setdefault(run.get_metadata()["round"], []).extend(run.values)
    return found


def read_beside(path: Path) -> dict[str, dict[str, dict[int, list[float]]]]:
    """The times of `set` in the processes of other subjects, by the name of these times, benchmark and round."""
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            rounds = found.setdefault(BESIDE[each["subject"]], {}).setdefault(each["benchmark"], {})
            rounds.setdefault(each["round"], []).extend(each["values"])
    return found


def read_build(directory: Path) -> Build:
    facts = json.loads((directory / FACTS_FILE).read_text(encoding="utf-8"))
    memory = json.loads((directory / MEMORY_FILE).read_text(encoding="utf-8"))
    times = {
        subject.name: read_suite(directory / suite_file(subject.name))
        for subject in (*SUBJECTS, WITNESS)
        if (directory / suite_file(subject.name)).exists()
    }
    times.update(read_beside(directory / BESIDE_FILE))
    return Build(facts["build"], facts, memory, times)


def read_run(directory: Path) -> tuple[dict[str, Any], list[Build]]:
    """The description of a run, and its builds in the order of their names."""
    run: dict[str, Any] = json.loads((directory / RUN_FILE).read_text(encoding="utf-8"))
    return run, [read_build(path.parent) for path in sorted(directory.glob(f"*/{FACTS_FILE}"))]
