"""Checks every public class of the standard library that can be made without arguments, for a second each.

    python -m tests.sweep                          all of them, as a table
    python -m tests.sweep --sample 20 --seed 3     some of them
    python -m tests.sweep --only queue             those of one module

The list is made from the interpreter that runs this. A line is marked if lockproof itself failed (a traceback or its
exit status), or if the check took longer than it may. What the others say is for a reader to judge: a class of the
standard library may have a race, or promise less than was tried.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BUDGET: Final = 1.0
LATE: Final = 3.0
"""Seconds of a check, and what it may take beyond them, after the processes have started."""

STARTING: Final = 10.0
"""Seconds for starting the processes on a busy machine."""

LONGEST: Final = 120.0
"""Seconds after which a check is ended."""

NOT_IMPORTED: Final = frozenset(
    ("antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo", "test", "lib2to3", "__main__", "ensurepip",
     "multiprocessing", "asyncio", "pty", "signal", "faulthandler", "site", "sitecustomize", "usercustomize")
)  # fmt: skip
"""Modules that open windows, change the process or start others at import, or are for one thread by design."""

VERDICTS: Final = {0: "held", 1: "violation", 2: "refused", 3: "unknown", 4: "internal error"}

_MAKES: Final = "import sys, {0}; sys.stdin = None; {0}.{1}()"


@dataclass(frozen=True)
class Line:
    """What the check of one class said. `headline` is the first line on a finding, or the error."""

    target: str
    verdict: str
    seconds: float
    headline: str
    trouble: str

    def __str__(self) -> str:
        return f"{self.target:45} {self.verdict:15} {self.seconds:6.1f} s  {self.trouble or self.headline}".rstrip()


def candidates() -> Iterator[str]:
    """Yield the public classes of the standard library, as targets."""
    for name in sorted(sys.stdlib_module_names - NOT_IMPORTED):
        if name.startswith("_"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = importlib.import_module(name)
        except (ImportError, OSError):
            continue
        public = getattr(module, "__all__", None) or [each for each in vars(module) if not each.startswith("_")]
        for each in sorted(set(public)):
            cls = getattr(module, each, None)
            if inspect.isclass(cls) and cls.__module__.lstrip("_") == name and _is_plain(cls):
                yield f"{name}:{each}"


def _is_plain(cls: type) -> bool:
    return not issubclass(cls, BaseException) and not inspect.isabstract(cls)


def makeable(targets: Sequence[str]) -> list[str]:
    """Return the targets of which an object can be made without arguments; each is tried in a process of its own."""
    found = []
    for target in targets:
        module, _, name = target.partition(":")
        try:
            made = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", _MAKES.format(module, name)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=20.0, cwd=tempfile.gettempdir(),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            continue
        if not made.returncode:
            found.append(target)
    return found


def swept(target: str, seed: int) -> Line:
    """Check a class, and return what came of it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))}
    command = [sys.executable, "-m", "lockproof", "check", target, "--budget", f"{BUDGET:g}", "--seed", str(seed)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lockproof-sweep-") as place:
        report = Path(place) / "report.json"
        try:
            done = subprocess.run(
                [*command, "--json", str(report)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=LONGEST, cwd=place, env=environment,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Line(target, "ended", LONGEST, "", f"not over after {LONGEST:g} s")
        seconds = time.monotonic() - began
        findings = json.loads(report.read_text("utf-8"))["findings"] if report.exists() else []
    trouble = ""
    if "Traceback (most recent call last)" in done.stderr or done.returncode not in (0, 1, 2, 3):
        trouble = f"lockproof failed: {done.stderr.strip().splitlines()[-1:]}"
    elif seconds > BUDGET + LATE + STARTING + sum(each["kind"] == "hang" for each in findings) * LATE:
        trouble = f"took longer than {BUDGET + LATE:g} s"
    headline = "; ".join(f"{each['kind']}: {_scenario(each)}" for each in findings[:2])
    if done.returncode == 2:
        headline = re.sub(r"^lockproof: ", "", (done.stderr.strip().splitlines() or [""])[0])
    return Line(target, VERDICTS.get(done.returncode, str(done.returncode)), seconds, headline, trouble)


def _scenario(finding: dict[str, dict[str, list[list[str]]]]) -> str:
    return " || ".join("; ".join(thread) for thread in finding["scenario"]["threads"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep, print the table, and return 1 if lockproof failed somewhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, help="only so many classes, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="MODULE", help="only the classes of one module")
    given = parser.parse_args(arguments)
    targets = [each for each in candidates() if given.only in (None, each.partition(":")[0])]
    if given.sample is not None:
        targets = random.Random(given.seed).sample(targets, min(2 * given.sample, len(targets)))
    targets = makeable(targets)[: given.sample]
    print(f"{len(targets)} classes, seed {given.seed}, {sys.version.split()[0]}", flush=True)
    lines = []
    for target in targets:
        lines.append(swept(target, given.seed))
        print(lines[-1], flush=True)
    troubled = [each for each in lines if each.trouble]
    counts = {verdict: sum(each.verdict == verdict for each in lines) for verdict in VERDICTS.values()}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))
    print(f"{len(troubled)} of {len(lines)} in trouble")
    return 1 if troubled else 0


if __name__ == "__main__":
    sys.exit(main())
