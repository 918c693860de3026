#!/usr/bin/env python3
"""Run the compiled core of lockedset under a sanitizer: the tests of LockedSet, and threads that use it all at once.

thread: CPython without the GIL, compiled with ThreadSanitizer (once, into the cache: 15 minutes on a quiet machine).
address, undefined: AddressSanitizer and UndefinedBehaviorSanitizer in the core alone, on an ordinary CPython.

Each time, faults are planted in copies of the core first, and each must be reported. A report fails the run if the core
takes part in it; races of CPython alone are counted and listed in one line.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tomllib

from ci import compiled, core, interpreters, toolbox
from ci.builds import Interpreter
from ci.cache import cache_directory, process_lock
from ci.console import CiError, Reporter, duration, run_child, run_main, tail
from ci.core import ROOT, Fault
from ci.prefixes import finished
from ci.sanitizers import (
    CLANG,
    SANITIZERS,
    SUPPRESSIONS,
    THREAD,
    Report,
    Sanitizer,
    clang,
    keep_suppressions,
    reports,
    runtime_of,
)

EXAMPLES = """
examples:
  python -m ci.sanitize thread                races, in the tests and in 10 minutes of threads
  python -m ci.sanitize address undefined --minutes 1
  python -m ci.sanitize thread --minutes 60 --tests      no tests
  python -m ci.sanitize --python              make the interpreter for lockproof check --sanitizer thread

exit status: 0 no report with a frame of the core, and each planted fault was reported; 1 otherwise; 2 it could not run
"""

TESTS = ("api", "behaviour", "copying", "locking")
"""The folders of tests/lockedset that run LockedSet in their own process."""

PACKAGES = ("hypothesis", "pytest", "pytest-run-parallel", "pytest-timeout")
"""What those tests need of the dependency group `test`."""

PLANTED_SECONDS = 5.0
TEST_SECONDS = 300.0
SLOWER = 10.0
"""How many times as long as usual a test may take."""


def clang_for(report: Reporter, log: Path) -> str:
    """The compiler with its runtimes, which is installed when there is none and we are root."""
    if clang() is None:
        compiled.install_headers(report, log, CLANG)
    found = clang()
    if found is None:
        raise CiError("there is no clang", "it is not installed", f"apt-get install {' '.join(CLANG)}")
    return found


@contextlib.contextmanager
def silent(sanitizer: Sanitizer) -> Iterator[None]:
    """While CPython is compiled and set up with a sanitizer, what it reports of itself must not end the build."""
    before = os.environ.get(sanitizer.variable)
    os.environ[sanitizer.variable] = "report_bugs=0 exitcode=0"
    try:
        yield
    finally:
        del os.environ[sanitizer.variable]
        if before is not None:
            os.environ[sanitizer.variable] = before


def interpreter_for(sanitizer: Sanitizer, compiler: str, root: Path, report: Reporter) -> Interpreter:
    """The interpreter to run on: an ordinary one, or one that is compiled with the sanitizer into the cache."""
    if not sanitizer.configure:
        return interpreters.ensure([sanitizer.build], [], report=report).have[sanitizer.build.name]
    with silent(sanitizer), process_lock(root / "lock", f"compiling CPython for {sanitizer.title}", report) as held:
        ready = finished(root, [sanitizer.build])
        if ready and (prefix_of(ready[0]) / SUPPRESSIONS).is_dir():
            return ready[0]
        ways = interpreters.MachineWays(cache_directory(), report)
        try:
            release, archive = ways.source(sanitizer.build.minor)
            if ready:
                keep_suppressions(archive, prefix_of(ready[0]))
                return ready[0]
            compiled.install_headers(report, ways.log)
            made = compiled.compile_build(
                root,
                sanitizer.build,
                release,
                archive,
                report,
                options=[f"CC={compiler}", f"CXX={compiler}++", *sanitizer.configure],
                lock_descriptor=held.descriptor,
            )
            keep_suppressions(archive, prefix_of(made))
            return made
        finally:
            ways.clean()


def prefix_of(interpreter: Interpreter) -> Path:
    """The folder into which an interpreter was installed."""
    return interpreter.path.parent.parent


def requirements() -> list[str]:
    """The lines of the dependency group `test` that the tests here need."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    lines = [line for line in groups["test"] if isinstance(line, str)]
    return [line for line in lines if line.split(">")[0].split("<")[0] in PACKAGES]


@dataclass
class Runs:
    """Runs programs on copies of the core, and keeps what the sanitizer reported."""

    sanitizer: Sanitizer
    python: Path
    packages: Path
    compiler: str
    work: Path
    log: Path
    report: Reporter
    number: int = field(default=0)

    def build(self, fault: Fault | None = None) -> Path:
        """Compile a copy of the core with the sanitizer."""
        self.number += 1
        flags = ("-O1", "-g", "-fno-omit-frame-pointer", *self.sanitizer.flags)
        return core.build(self.python, self.compiler, self.work / f"core-{self.number}", flags, fault)

    def variables(self, package: Path, logs: Path) -> dict[str, str]:
        """The environment of a process that uses the copy."""
        name = Path(self.compiler).name.replace("clang", "llvm-symbolizer")
        symbolizer = shutil.which(name) or shutil.which("llvm-symbolizer")
        options = f"{self.sanitizer.options} log_path={logs / 'report'}"
        if symbolizer is not None:
            options += f" external_symbolizer_path={symbolizer}"
        given = {**core.environment(package), **self.sanitizer.variables, self.sanitizer.variable: options}
        given["PYTHONPATH"] += os.pathsep + str(self.packages)
        if self.sanitizer.runtime.endswith(".so"):
            given["LD_PRELOAD"] = str(runtime_of(self.compiler, self.sanitizer.runtime))
        return given

    def run(self, title: str, package: Path, *arguments: str, seconds: float) -> tuple[int, list[Report]]:
        """Run Python with the arguments; return its status and the reports of it and of its children."""
        self.number += 1
        logs = self.work / f"reports-{self.number}"
        logs.mkdir()
        command = [str(self.python), *arguments]
        with self.report.step(title, log=self.log):
            status = run_child(
                command, env=self.variables(package, logs), cwd=ROOT, log=self.log, timeout=seconds * SLOWER + 600
            )
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(logs.iterdir())]
        return status, [each for text in texts for each in reports(text)]


def find_planted(runs: Runs, sound: Path, seconds: float) -> list[str]:
    """Run the busy threads on each faulty copy, which must be reported, and on the sound one, which must not."""
    problems = []
    busy = ("-m", "tests.lockedset.native.busy", str(seconds))
    for fault in runs.sanitizer.faults:
        _, seen = runs.run(f"planted: {fault.what}", runs.build(fault), *busy, seconds=seconds)
        ours = [each for each in seen if each.ours]
        runs.report.say(f"planted: {fault.what}: {len(ours)} reports")
        if not ours:
            problems.append(f"the planted fault was not reported: {fault.what}")
    status, seen = runs.run("the same without a fault", sound, *busy, seconds=seconds)
    if status != 0:
        problems.append(f"the program with threads ended with status {status} on the sound core")
    if any(each.ours for each in seen):
        problems.append("the sound core is reported:\n" + next(each.text for each in seen if each.ours))
    return problems


def judge(runs: Runs, title: str, status: int, seen: Sequence[Report]) -> list[str]:
    """What is wrong with a run; what is CPython's own is told in one line."""
    foreign = Counter(each.summary for each in seen if not each.ours)
    if foreign:
        listed = ", ".join(f"{count} of {what}" for what, count in foreign.most_common())
        runs.report.say(f"{title}: {foreign.total()} reports of CPython alone: {listed}")
    ours: dict[str, list[Report]] = {}
    for each in seen:
        if each.ours:
            ours.setdefault(each.summary, []).append(each)
    problems = [f"{title}: {len(alike)} reports of {what}; the first:\n{alike[0].text}" for what, alike in ours.items()]
    if status != 0:
        problems.append(f"{title}: status {status}; the last words:\n{tail(runs.log)}")
    return problems


def examine(sanitizer: Sanitizer, minutes: float, seed: int, tests: Sequence[str], report: Reporter) -> list[str]:
    """Do all that the command promises for one sanitizer; return the problems."""
    cache = cache_directory()
    root = cache / "sanitizers" / sanitizer.name
    log = cache / "logs" / f"sanitize-{sanitizer.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    compiler = clang_for(report, log)
    runtime_of(compiler, sanitizer.runtime)
    interpreter = interpreter_for(sanitizer, compiler, root, report)
    ordinary = interpreters.ensure([sanitizer.build], [], report=report).have[sanitizer.build.name]
    # Pip would take a sanitized interpreter many minutes; of one version and build, each can use what the other has.
    with process_lock(root / "lock", "setting up pytest", report):
        tool = toolbox.tool(root, "pytest", requirements(), ordinary.path, report, log)
    packages = next(tool.parent.parent.glob("lib/python*/site-packages"))
    report.say(f"{sanitizer.title} on {interpreter.describe()}, log in {log}")
    with tempfile.TemporaryDirectory(prefix="lockedset-sanitize-") as work:
        runs = Runs(sanitizer, interpreter.path, packages, compiler, Path(work), log, report)
        sound = runs.build()
        problems = find_planted(runs, sound, PLANTED_SECONDS)
        half = minutes * 60 / 2
        jobs = [
            ("busy threads", ("-m", "tests.lockedset.native.busy", str(half), str(seed)), half),
            ("soak", ("-m", "tests.lockedset.stress", "--soak", f"--seconds={half}", f"--seed={seed}"), half),
        ]
        quick = "not nightly and not untraced"
        pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", quick, "--timeout=1200")
        for name in tests:
            folder = f"tests/lockedset/{name}"
            jobs.append((f"tests of {name}", (*pytest, folder), TEST_SECONDS))
            if sanitizer.build.free_threaded and name != "locking":
                threads = ("--parallel-threads=4", folder)
                jobs.append((f"tests of {name} in four threads", (*pytest, *threads), TEST_SECONDS))
        for title, arguments, seconds in jobs:
            began = time.monotonic()
            status, seen = runs.run(title, sound, *arguments, seconds=seconds)
            found = judge(runs, title, status, seen)
            problems += found
            words = tail(log, 1).strip()
            report.say(f"{title}: {len(found)} problems in {duration(time.monotonic() - began)}: {words}")
    return problems


def thread_python(report: Reporter) -> Path:
    """The interpreter that is built with ThreadSanitizer, made if need be: for `lockproof check --sanitizer thread`."""
    cache = cache_directory()
    log = cache / "logs" / "sanitize-thread.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    compiler = clang_for(report, log)
    runtime_of(compiler, THREAD.runtime)
    return interpreter_for(THREAD, compiler, cache / "sanitizers" / THREAD.name, report).path


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ci.sanitize",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sanitizers", nargs="*", choices=[*SANITIZERS, []], metavar="SANITIZER", help=", ".join(SANITIZERS)
    )
    parser.add_argument(
        "--python", action="store_true", help="only make the interpreter with ThreadSanitizer, and print its path"
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of threads, before the tests (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default 1)")
    parser.add_argument("--tests", nargs="*", choices=TESTS, default=TESTS, help="which folders (default: all)")
    options = parser.parse_args(arguments)
    report = Reporter(prefix="sanitize")
    if options.python:
        print(thread_python(report))
        return 0
    if not options.sanitizers:
        parser.error(f"name a sanitizer: {', '.join(SANITIZERS)}")
    problems = []
    for name in options.sanitizers:
        sanitizer = SANITIZERS[name]
        found = examine(sanitizer, options.minutes, options.seed, options.tests, report)
        print(f"{sanitizer.title}: {len(found)} problems (threads for {options.minutes:g} min, seed {options.seed})")
        problems += found
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    run_main(main)
