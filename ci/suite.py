"""What one Python environment of tox runs: the tests on one thread, under coverage and not, and on several threads.

The phases are separate processes, and each runs although an earlier one failed:

one thread   all tests but the next ones, in two processes: half of their time they wait for processes that they started
alone        those marked `all_processors`, one after the other
coverage     the tests that run LockedSet in their own process, with few examples: free-threaded builds have only
             coverage's tracer in Python, which is slow. Not those marked `untraced`: a signal handler that raises
             inside the tracer leaves the tracer's own lock taken
threads      all tests that may run beside others, each in several threads at once (pytest-run-parallel)

A hang is cut off by pytest-timeout with the stacks of all threads. A run that executed no test at all fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci.gil_plugin import current_problem
from ci.reports import Counts, EnvironmentReport, Phase, read_junit

PROCESSES = 2
THREADS = 4
ITERATIONS = 2
NO_TESTS_COLLECTED = 5
TRACED = ("tests/api", "tests/behaviour", "tests/copying", "tests/locking")


def phases(extra: Sequence[str], threads: int = THREADS, iterations: int = ITERATIONS) -> list[tuple[str, list[str]]]:
    """The command line of each phase, after the interpreter's name."""
    common = ["-m", "pytest", "-p", "ci.gil_plugin"]
    parallel = [f"--parallel-threads={threads}", f"--iterations={iterations}", "--skip-thread-unsafe=True"]
    return [
        ("one thread", [*common, "-m", "not all_processors", f"--numprocesses={PROCESSES}", *extra]),
        ("alone", [*common, "-m", "all_processors", *extra]),
        ("coverage", ["-m", "coverage", "run", *common, "-m", "not untraced", *TRACED, *extra]),
        ("threads", [*common, *parallel, *extra]),
    ]


def verdict(ran: Sequence[Phase]) -> int:
    """The exit status of all phases together: one failure fails, and so does a run of no test."""
    if any(phase.status not in (0, NO_TESTS_COLLECTED) for phase in ran):
        return 1
    return 0 if sum(phase.counts.ran for phase in ran) else NO_TESTS_COLLECTED


def expected_build(environment: str, version: tuple[int, int], free_threaded: bool) -> str:
    """What is wrong when tox's environment `py313t` runs another build than its name says; "" when nothing is."""
    actual = f"py{version[0]}{version[1]}{'t' if free_threaded else ''}"
    if environment.startswith("py3") and environment != actual:
        return f"the environment {environment} runs on the build of {actual}: clear it with tox --recreate"
    return ""


def run_phase(name: str, command: Sequence[str], junit: Path, env: Mapping[str, str]) -> Phase:
    print(f"\n=== {name}: python {' '.join(command)}", flush=True)
    junit.parent.mkdir(parents=True, exist_ok=True)
    junit.unlink(missing_ok=True)
    began = time.monotonic()
    status = subprocess.run([sys.executable, *command, f"--junit-xml={junit}"], env=dict(env), check=False).returncode
    counts = read_junit(junit.read_text(encoding="utf-8")) if junit.exists() else None
    if counts is None:
        counts = Counts(failed=0 if status in (0, NO_TESTS_COLLECTED) else 1)
    return Phase(name, status, round(time.monotonic() - began, 1), counts)


def main(arguments: Sequence[str]) -> int:
    environment = os.environ.get("TOX_ENV_NAME", "py")
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    problem = current_problem() or expected_build(environment, sys.version_info[:2], free_threaded)
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    folder = Path(os.environ.get("SUITE_REPORTS", ".tox/reports"))
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHON_GIL", "PYTEST_ADDOPTS")}
    env["PYTHONFAULTHANDLER"] = "1"
    data = env.get("COVERAGE_FILE")
    if data:
        # Data of an earlier run would count lines as covered that this run does not reach.
        Path(data).parent.mkdir(parents=True, exist_ok=True)
        for old in Path(data).parent.glob(Path(data).name + "*"):
            if old.name == Path(data).name or old.name.startswith(Path(data).name + "."):
                old.unlink()
    ran = []
    for name, command in phases(arguments):
        junit = folder / f"{environment}-{name.replace(' ', '-')}.xml"
        few = {"HYPOTHESIS_PROFILE": "few"} if name == "coverage" else {}
        ran.append(run_phase(name, command, junit, {**env, **few}))
    release = ".".join(str(part) for part in sys.version_info[:3])
    report = EnvironmentReport(environment, release, tuple(ran))
    (folder / f"{environment}.json").write_text(report.to_json(), encoding="utf-8")
    print(f"\n=== {environment} on {release}{'t' if free_threaded else ''}")
    for phase in ran:
        counts = phase.counts
        tests = f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped"
        print(f"{phase.name}: {tests} in {phase.seconds:.0f} s (status {phase.status})")
    status = verdict(ran)
    if status == NO_TESTS_COLLECTED:
        print("error: no test ran at all, and that is no success", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
