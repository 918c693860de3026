"""Bytes for an empty set and for each element, as JSON.

Two witnesses, since neither is enough. `tracemalloc` counts what goes through Python's allocators: exact, the set
with its lock and its table, but blind to an extension that calls malloc itself. The growth of the process's
resident memory sees all, in pages, with what the allocator keeps after a construction that for a moment took more.
Neither counts the elements themselves, which are made before.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from typing import Any

from benchmarks.loops import keys_for
from benchmarks.subjects import BY_NAME, SUBJECTS

ELEMENTS = 100_000
CHILD_SECONDS = 300
ONE = "--one"
"""Before a subject, what is measured and the witness: the command of a child."""


def _resident() -> int:
    import psutil  # type: ignore[import-untyped,import-not-found,unused-ignore]

    return int(psutil.Process().memory_info().rss)


def _growth(subject_name: str, what: str, traced: bool) -> float:
    subject = BY_NAME[subject_name]
    kind = subject.load()
    keys = keys_for(0, ELEMENTS)
    subject.make(kind, keys[:100])  # whatever is made once for all
    kept: list[Any] = [None] * subject.instances
    gc.collect()
    if traced:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if traced else _resident()
    if what == "empty":
        for number in range(subject.instances):
            kept[number] = kind()
    else:
        kept[0] = subject.make(kind, keys)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] if traced else _resident()
    return (after - before) / (subject.instances if what == "empty" else ELEMENTS)


def _from_child(subject: str, what: str, witness: str) -> float | None:
    """In a process of its own, so that nothing freed before is used again and makes the growth look small."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.memory", ONE, subject, what, witness]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return float(child.stdout) if child.returncode == 0 else None


def main() -> None:
    if sys.argv[1:2] == [ONE]:
        subject, what, witness = sys.argv[2:]
        print(_growth(subject, what, witness == "tracemalloc"))
        return
    subjects = sys.argv[1:] or [subject.name for subject in SUBJECTS]
    print(
        json.dumps(
            {
                subject: {
                    what: {witness: _from_child(subject, what, witness) for witness in ("tracemalloc", "resident")}
                    for what in ("empty", "element")
                }
                for subject in subjects
            }
        )
    )


if __name__ == "__main__":
    main()
