"""What is there to be measured in this interpreter, as JSON: versions, the GIL, what each import does to it."""

from __future__ import annotations

import functools
import json
import platform
import subprocess
import sys
import sysconfig
from importlib import metadata
from typing import Any

from benchmarks.loops import threads_loop, timed_loop
from benchmarks.operations import OPERATIONS, SHARINGS, THREAD_COUNTS, threads_name
from benchmarks.subjects import BY_NAME, SUBJECTS, WITNESS, Subject

IMPORT_SECONDS = 180


def gil_is_on() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _facts_of(subject: Subject) -> dict[str, Any]:
    subject.load()
    version = metadata.version(subject.distribution) if subject.distribution else ""
    gil = "on" if gil_is_on() else "off"
    return {"version": version, "gil_after_import": gil, "missing": "", **_tried(subject)}


def _tried(subject: Subject) -> dict[str, Any]:
    """How long a batch of each benchmark takes, and which fail: a release of a peer may lack what a later one has."""
    batches: dict[str, float] = {}
    failures: dict[str, str] = {}
    loops = {
        operation.name: functools.partial(timed_loop, subject, operation, seed=0)
        for operation in OPERATIONS
        if subject.name in operation.statements
    }
    for sharing in SHARINGS:
        for threads in THREAD_COUNTS:
            loops[threads_name(sharing, threads)] = functools.partial(threads_loop, subject, sharing, threads, seed=0)
    for name, prepare in loops.items():
        try:
            run = prepare().run
            run(1)
            batches[name] = min(run(2) / 2 for _ in range(3))
        except Exception as problem:
            failures[name] = f"{type(problem).__name__}: {problem}"
    return {"batch_seconds": batches, "cannot": failures}


def _absent(reason: str) -> dict[str, Any]:
    return {"version": "", "gil_after_import": "", "missing": reason, "cannot": {}, "batch_seconds": {}}


def _facts_from_child(subject: Subject) -> dict[str, Any]:
    """In a process of its own: an import that turns the GIL on leaves it on."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.probe", subject.name]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=IMPORT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _absent(f"its import takes over {IMPORT_SECONDS} s")
    if child.returncode:
        lines = child.stderr.strip().splitlines() or [f"exit status {child.returncode}"]
        return _absent(lines[-1])
    facts: dict[str, Any] = json.loads(child.stdout)
    return facts


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_facts_of(BY_NAME[sys.argv[1]])))
        return
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    facts = {
        "build": f"{sys.version_info.major}.{sys.version_info.minor}{'t' if free_threaded else ''}",
        "release": platform.python_version(),
        "compiler": platform.python_compiler(),
        "machine": platform.machine(),
        "system": platform.system(),
        "gil": "on" if gil_is_on() else "off",
        "subjects": {subject.name: _facts_from_child(subject) for subject in (*SUBJECTS, WITNESS)},
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
