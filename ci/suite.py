"""What one Python environment of tox runs: the tests of one tier, in phases.

The tiers are push and, with SUITE_ALL=1, nightly, which has everything. The phases are separate processes, and each
runs although an earlier one failed:

tests     all tests but those of LockedSet and the next ones, in three processes on two processors: they often wait for
          processes that they started. On one build, `WHOLE`, with the tests whose answer is the same on every build
alone     one after the other: tests in which real threads have to meet (`all_processors`), and tests that a tracer
          disturbs (`untraced`)
compiled  the tests of LockedSet on the compiled core, and after them those that run alone; per push without those that
          `threads` has
coverage  on one build, `MEASURED`: the tests that run LockedSet in Python in their own process, with few examples; and
          every night those of lockproof, with the processes that they start (ci/coverage_lockproof.toml)
python    tests of LockedSet in Python that coverage leaves: per push on the builds of `two_builds`
threads   the tests of LockedSet, each in several threads at once (pytest-run-parallel), or in one if it says that it
          cannot run beside itself: per push on free-threaded builds, where threads really meet

LOCKEDSET_PURE says in each phase which implementation it is about, so none takes the other one unnoticed.

A hang is cut off by pytest-timeout with the stacks of all threads. A run that executed no test at all fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci.gil_plugin import current_problem
from ci.reports import Counts, EnvironmentReport, Phase, read_junit, seconds_by_folder

PROCESSES = 2
WAITING = 3
"""Processes for tests that often wait for others: with two, a quarter of the processors' time was left over."""
THREADS = 4
NO_TESTS_COLLECTED = 5

WHOLE = "py314"
"""The environment that runs the tests marked `one_build` too, unless SUITE_WHOLE names another one."""

MEASURED = "py314"
"""The environment that measures coverage: one with a GIL, where the tracer in C costs a few seconds."""

OF_LOCKPROOF = "coverage-lockproof"
"""The phase that measures lockproof, and the folder beside that of COVERAGE_FILE with its data: lines without branches
cannot be put together with lines and branches."""

OF_LOCKEDSET = "tests/lockedset"

LOCKEDSET = ("tests/lockedset/api", "tests/lockedset/behaviour", "tests/lockedset/copying", "tests/lockedset/locking")
"""Tests that use LockedSet in their own process: what coverage and pytest-run-parallel are for."""

CPYTHONS_OWN = "tests/lockedset/behaviour/test_cpython_suite.py"
"""A third of the time of coverage, of which it needs nothing."""

IN_PYTHON = {
    True: ("tests/lockedset/locking", "tests/lockedset/stress"),
    False: ("tests/lockedset/stress", CPYTHONS_OWN),
}
"""Tests of LockedSet in Python that a push runs besides those of coverage, by whether the build is free-threaded."""

PURE, COMPILED = {"LOCKEDSET_PURE": "1"}, {"LOCKEDSET_PURE": "0"}

FEW = {"HYPOTHESIS_PROFILE": "few"}
"""Few examples: for coverage, and per push on the builds besides those of `two_builds`."""


@dataclass(frozen=True)
class Selection:
    """Which tests an environment runs: of which tier, with those for one build or without, on which kind of build."""

    everything: bool
    whole: bool
    measured: bool
    free_threaded: bool

    @property
    def one_of_two(self) -> bool:
        """Whether this environment runs the tests of `two_builds`: the whole one, and those without the GIL."""
        return self.everything or self.whole or self.free_threaded

    def marked(self, *more: str) -> list[str]:
        """The option that selects the tests which also have these marks, or have them not."""
        parts = [*more]
        if not self.everything:
            parts.append("not nightly")
        if not self.whole:
            parts.append("not one_build")
        if not self.one_of_two:
            parts.append("not two_builds")
        return ["-m", " and ".join(parts)] if parts else []


@dataclass(frozen=True)
class Planned:
    """A phase: the command line after the interpreter's name, and the variables that it needs."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


ALONE = "(all_processors or untraced)"
BESIDE = ("not all_processors", "not untraced")
MARKS_OF_ALONE = re.compile(r"\bmark\.(all_processors|untraced)\b")


def marked_alone(folder: str) -> list[str]:
    """The files of tests in a folder that name a mark of the phase `alone`: to import all others takes seconds."""
    files = sorted(Path(folder).rglob("test_*.py"))
    return [str(each) for each in files if MARKS_OF_ALONE.search(each.read_text(encoding="utf-8"))]


def phases(selection: Selection, extra: Sequence[str]) -> list[Planned]:
    """The phases of a run, in order. `extra` are words for pytest, which then select the tests."""
    pytest = ["-m", "pytest", "-p", "ci.gil_plugin"]
    several = [f"--numprocesses={PROCESSES}", "--dist=worksteal"]
    pushed = replace(selection, everything=False)

    def both(
        name: str, environment: Mapping[str, str], *words: str, alone: Sequence[str] | None = None
    ) -> list[Planned]:
        processes = [f"--numprocesses={WAITING}", "--dist=worksteal"] if name == "tests" else several
        beside = [*pytest, *selection.marked(*BESIDE), *processes, *words]
        return [
            Planned(name, beside, environment),
            Planned(
                "alone" if name == "tests" else f"{name}-alone",
                [*pytest, *selection.marked(ALONE), *(words if alone is None else alone)],
                environment,
            ),
        ]

    if extra:
        paths = [each for each in extra if Path(each.partition("::")[0]).exists()]
        of_lockedset = [] if paths else [OF_LOCKEDSET]
        found = both("tests", PURE, *extra)
        if not paths or any(Path(each).parts[:2] == ("tests", "lockedset") for each in paths):
            found += both("compiled", COMPILED, *extra, *of_lockedset)
        return found
    of_others = [each for each in marked_alone("tests") if not each.startswith(f"{OF_LOCKEDSET}/")]
    found = both("tests", PURE, f"--ignore={OF_LOCKEDSET}", alone=of_others)
    if selection.free_threaded and not selection.everything:
        left = [f"--ignore={each}" for each in LOCKEDSET]  # the phase with threads has them
        found += both("compiled", COMPILED, *left, OF_LOCKEDSET)
    else:
        found += both("compiled", COMPILED if selection.one_of_two else {**COMPILED, **FEW}, OF_LOCKEDSET)
    if selection.measured:
        traced = ["-m", "coverage", "run"]
        measured = [*traced, *pytest, *selection.marked("not untraced")]
        found.append(Planned("coverage", [*measured, f"--ignore={CPYTHONS_OWN}", *LOCKEDSET], PURE))
        if selection.everything:
            config, tests = "--rcfile=ci/coverage_lockproof.toml", pushed.marked(*BESIDE)
            ignored = f"--ignore={OF_LOCKEDSET}"
            found.append(Planned(OF_LOCKPROOF, [*traced, config, *pytest, *tests, *several, ignored], PURE))
    if selection.everything:
        found += both("python", PURE, OF_LOCKEDSET)
    elif selection.one_of_two:
        found += both("python", PURE, *IN_PYTHON[selection.free_threaded])
    if selection.free_threaded or selection.everything:
        threads = [f"--parallel-threads={THREADS}", "--iterations=1"]
        found.append(Planned("threads", [*pytest, *selection.marked(), *threads, *several, *LOCKEDSET], COMPILED))
    return found


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
    text = junit.read_text(encoding="utf-8") if junit.exists() else ""
    counts = read_junit(text)
    if counts is None:
        counts = Counts(failed=0 if status in (0, NO_TESTS_COLLECTED) else 1)
    return Phase(name, status, round(time.monotonic() - began, 1), counts, seconds_by_folder(text))


def environment_of_the_tests(given: Mapping[str, str]) -> dict[str, str]:
    """The variables of the phases: without what would change what pytest does or how the interpreter runs."""
    env = {name: value for name, value in given.items() if name not in ("PYTHON_GIL", "PYTEST_ADDOPTS")}
    env["PYTHONFAULTHANDLER"] = "1"
    return env


def clear_coverage(data: Path) -> None:
    """Take away the data of an earlier run, which would count lines as covered that this run does not reach."""
    data.parent.mkdir(parents=True, exist_ok=True)
    for old in data.parent.glob(data.name + "*"):
        if old.name == data.name or old.name.startswith(data.name + "."):
            old.unlink()


def main(arguments: Sequence[str]) -> int:
    everything = os.environ.get("SUITE_ALL") == "1"
    environment = os.environ.get("TOX_ENV_NAME", "py")
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    problem = current_problem() or expected_build(environment, sys.version_info[:2], free_threaded)
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    folder = Path(os.environ.get("SUITE_REPORTS", ".tox/reports"))
    whole = environment == os.environ.get("SUITE_WHOLE", WHOLE)
    selection = Selection(everything, whole, environment == MEASURED, free_threaded)
    env = environment_of_the_tests(os.environ)
    data = Path(env.get("COVERAGE_FILE", ".coverage"))
    more = {
        "coverage": {"COVERAGE_FILE": str(data), **FEW},
        OF_LOCKPROOF: {"COVERAGE_FILE": str(data.parent.parent / OF_LOCKPROOF / data.name)},
    }
    if selection.measured:
        for each in more.values():
            clear_coverage(Path(each["COVERAGE_FILE"]))
    ran = []
    for planned in phases(selection, arguments):
        name = planned.name
        variables = {**env, **planned.environment, **more.get(name, {})}
        ran.append(run_phase(name, planned.command, folder / f"{environment}-{name}.xml", variables))
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
