"""`ci/test`: the interpreters, tox in a private environment, the environments to run, and the final table.

tox reports an environment without an interpreter as skipped and goes on; whether that is right depends on the
environment, and it must never look like success. So this module decides which environments to ask tox for, and
says of each whether it passed, failed, or was not run and why.
"""

from __future__ import annotations

import argparse
import configparser
import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ci import interpreters, toolbox, uv
from ci.builds import OPTIONAL, PAIR, REQUIRED, Build, Interpreter
from ci.cache import cache_directory, process_lock
from ci.console import CiError, Reporter, duration, run_child
from ci.reports import FAILED, NOT_RUN, PASSED, Counts, Row, closing_line, load, seconds_table, text_table
from ci.suite import MEASURED, OF_LOCKPROOF, WHOLE

ROOT = Path(__file__).resolve().parent.parent
COVERAGE = "coverage"
MUTANTS = "mutants"
INSTALL = "install"
LINT, TYPES, DOCS = "lint", "types", "docs"
BESIDE = (LINT, TYPES, DOCS, INSTALL)
"""Environments whose answers other work does not change: beside each other, before all others."""

ALL_MUTANTS = "all-mutants"
BROWSER, TSAN = "browser", "tsan"
NIGHTLY = (ALL_MUTANTS, BROWSER, TSAN)
"""Environments that only `--all` asks for."""

DESCRIPTION = """
Run the project's test matrix: get the interpreters and tox, and in every environment of tox.ini run the tests on
the installed distributions; then lint, types, the documentation site, coverage, the install lines of README, and
whether a check notices when LockedSet has lost a lock. What a push runs takes about 20 minutes on two processors;
--all adds the nightly tests: tests/README.md says which those are.
"""

EXAMPLES = """
examples:
  ci/test                         what every push runs
  ci/test --all                   everything, about an hour and a half
  ci/test py313t                  one environment (ci/test --list names them)
  ci/test py313t -- -k pickle -x  what follows -- goes to pytest; coverage is then not demanded

exit status: 0 all that ran passed and nothing required was left out, 1 a failure, 2 a problem with the set-up
The first run also gets the interpreters, about 4 minutes where 3.13t must be compiled. Everything outside the
repository is kept in %s
"""


def tox_environments(text: str) -> list[str]:
    """The names in tox.ini's env_list, in its order."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return [name for name in re.split(r"[\s,]+", parser["tox"]["env_list"]) if name]


def build_of(environment: str) -> Build | None:
    """The build that a Python environment runs on; None for one that is not about a build."""
    match = re.fullmatch(r"py(3)(\d+)(t?)", environment)
    return None if match is None else Build((int(match[1]), int(match[2])), bool(match[3]))


@dataclass(frozen=True)
class Plan:
    """Which environments to ask tox for, and why the others are left out."""

    run: tuple[str, ...]
    left_out: Mapping[str, str]

    @property
    def whole(self) -> str:
        """The environment that runs what needs only one build: the usual one, or another if that is not run."""
        builds = [name for name in self.run if build_of(name) is not None]
        return next(iter(builds), WHOLE) if WHOLE not in builds else WHOLE


def plan(
    wanted: Sequence[str],
    have: Iterable[str],
    missing: Mapping[str, Sequence[str]],
    *,
    selection: bool,
) -> Plan:
    """Decide by what there is. `selection` says that only some tests were asked for."""
    available = set(have)
    run: list[str] = []
    left_out: dict[str, str] = {}
    for name in wanted:
        build = build_of(name)
        if build is not None and build.name not in available:
            reasons = missing.get(build.name) or ("no interpreter",)
            left_out[name] = f"no CPython {build.name}: {'; '.join(reasons)}"
        elif selection and build is None and name not in (LINT, TYPES):
            left_out[name] = "only a selection of the tests was asked for"
        elif name == COVERAGE and MEASURED not in run:
            left_out[name] = f"it needs {MEASURED} in the same run"
        else:
            run.append(name)
    return Plan(tuple(run), left_out)


def read_results(text: str) -> dict[str, tuple[bool, float]]:
    """Success and seconds of each environment in tox's own result file."""
    data = json.loads(text)
    results: dict[str, tuple[bool, float]] = {}
    for name, entry in data.get("testenvs", {}).items():
        result = entry.get("result")
        if isinstance(result, dict):
            results[str(name)] = (bool(result.get("success")), float(result.get("duration", 0.0)))
    return results


def table_rows(
    chosen: Plan, wanted: Sequence[str], results: Mapping[str, tuple[bool, float]], reports: Path
) -> list[Row]:
    """One row for each environment that was wanted; one that tox says nothing of has failed."""
    rows = []
    for name in wanted:
        if name in chosen.left_out:
            rows.append(Row(name, NOT_RUN, chosen.left_out[name]))
            continue
        report = load(reports / f"{name}.json") if build_of(name) is not None else None
        counts = report.counts if report is not None else Counts()
        if name not in results:
            rows.append(Row(name, FAILED, "tox could not set it up, or was stopped", counts=counts))
            continue
        success, seconds = results[name]
        detail = ""
        if report is not None:
            detail = f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped on {report.release}"
        elif build_of(name) is not None:
            success, detail = False, "left no report of its tests"
        rows.append(Row(name, PASSED if success else FAILED, detail, seconds, counts))
    return rows


def exit_status(rows: Sequence[Row], named: Iterable[str]) -> int:
    """0 only when something passed, nothing failed, and nothing is left out that was required or asked for by name."""
    must = {build.tox_env for build in REQUIRED} | set(named)
    if any(row.outcome == FAILED or (row.outcome == NOT_RUN and row.environment in must) for row in rows):
        return 1
    return 0 if any(row.outcome == PASSED for row in rows) else 1


def show(rows: Sequence[Row]) -> str:
    """The final table, and under it the reasons of what was not run: they are too long for a column."""
    lines = []
    reasons: dict[str, list[str]] = {}
    for row in rows:
        detail = row.detail
        if row.outcome == NOT_RUN:
            detail, _, more = row.detail.partition(": ")
            if more:
                reasons.setdefault(more, []).append(row.environment)
        lines.append((row.environment, row.outcome, duration(row.seconds) if row.seconds else "", detail))
    notes = [f"not run: {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return "\n".join([text_table(("environment", "outcome", "time", "detail"), lines), *notes])


def tox_environment_variables(found: Iterable[Interpreter], cache: Path) -> dict[str, str]:
    """Ours, with the interpreters first on PATH, and without what would change what tox, uv or pytest do.

    tox-uv has uv find an interpreter on PATH. Links to the interpreters in one directory would not do: an environment
    takes the directory of the link for the interpreter's home, where a Debian build does not find its library.
    """
    env = {
        name: value
        for name, value in uv.environment(cache).items()
        if not name.startswith(("TOX_", "PYTEST_", "COVERAGE_")) and name != "TOXENV"
    }
    ours_first = sorted(found, key=lambda item: cache not in item.path.parents)
    directories = dict.fromkeys(str(item.path.parent) for item in ours_first)
    env["PATH"] = os.pathsep.join([*directories, env.get("PATH", os.defpath)])
    env["UV_PYTHON_DOWNLOADS"] = "never"
    return env


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is ours, and after `--` what is pytest's."""
    if "--" in arguments:
        at = list(arguments).index("--")
        return list(arguments[:at]), list(arguments[at + 1 :])
    return list(arguments), []


def main(arguments: Sequence[str] | None = None) -> int:
    own, extra = split_arguments(sys.argv[1:] if arguments is None else arguments)
    per_push = tox_environments((ROOT / "tox.ini").read_text(encoding="utf-8"))
    known = [*per_push, *NIGHTLY]
    cache = cache_directory()
    parser = argparse.ArgumentParser(
        prog="ci/test",
        usage="ci/test [-h] [--all] [--list] [--refresh] [ENVIRONMENT ...] [-- PYTEST_ARGUMENT ...]",
        description=DESCRIPTION,
        epilog=EXAMPLES % cache,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("environments", nargs="*", metavar="ENVIRONMENT", help="only these environments of tox.ini")
    parser.add_argument("--all", action="store_true", help="the nightly tests and environments too")
    parser.add_argument("--list", action="store_true", help="name the environments and end")
    parser.add_argument("--refresh", action="store_true", help="ask again for interpreters that could not be had")
    options = parser.parse_args(own)
    if options.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in options.environments if name not in known]
    if unknown:
        raise CiError(f"no environment is called {', '.join(unknown)}", next_step=f"choose from: {', '.join(known)}")
    named = options.environments or (known if options.all else per_push)
    wanted = [name for name in known if name in named]
    report = Reporter(prefix="test")
    began = time.monotonic()
    builds = {build for name in wanted if (build := build_of(name)) is not None}
    if INSTALL in wanted:
        builds |= {*REQUIRED}
    report.say("1 of 2: interpreters (seconds when they are there; about 4 minutes where 3.13t must be compiled)")
    outcome = interpreters.ensure(
        sorted({*PAIR, *(builds - {*OPTIONAL})}),
        sorted(builds & {*OPTIONAL}),
        refresh=options.refresh,
        cache=cache,
        report=report,
    )
    for name, item in sorted(outcome.have.items()):
        report.say(f"{name} is {item.describe()}")
    chosen = plan(wanted, outcome.have, outcome.missing, selection=bool(extra))
    results = run_tox(chosen, extra, outcome, cache, report, everything=options.all) if chosen.run else {}
    reports = ROOT / ".tox" / "reports"
    rows = table_rows(chosen, wanted, results, reports)
    ran = [found for name in chosen.run if (found := load(reports / f"{name}.json")) is not None]
    if ran:
        print(f"\n{seconds_table(ran)}")
    print(f"\n{show(rows)}\n\nin {duration(time.monotonic() - began)}")
    print(closing_line(rows), flush=True)
    return exit_status(rows, options.environments)


def run_tox(
    chosen: Plan,
    extra: Sequence[str],
    outcome: interpreters.Outcome,
    cache: Path,
    report: Reporter,
    *,
    everything: bool,
) -> dict[str, tuple[bool, float]]:
    """Have tox run the environments of `BESIDE` beside each other, and then the others one after the other.

    The tests and the mutants have the processors to themselves.
    """
    work = ROOT / ".tox"
    command_end = ["--", *extra] if extra else []
    with contextlib.ExitStack() as stack:
        with process_lock(cache / "lock", "setting up tox", report):
            python = outcome.have[PAIR[0].name].path
            tox = toolbox.tool(cache, "tox", toolbox.TOX, python, report, cache / "logs" / "tools.log")
        stack.enter_context(process_lock(work / "ci-test.lock", "ci/test in this directory", report))
        kept = [(work / folder).glob(".coverage*") for folder in (COVERAGE, OF_LOCKPROOF)]
        for old in chain((work / "reports").glob("*"), *kept):
            old.unlink()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lockedset-test-")))
        usual = "an hour and a half" if everything else "20 minutes"
        report.say(f"2 of 2: tox -e {','.join(chosen.run)} (about {usual} for the whole matrix)")
        sys.stdout.flush()
        env = tox_environment_variables(outcome.have.values(), cache)
        env["SUITE_WHOLE"] = chosen.whole
        env["SUITE_ALL"] = "1" if everything else "0"
        results: dict[str, tuple[bool, float]] = {}
        beside = tuple(name for name in chosen.run if name in BESIDE)
        alone = tuple(name for name in chosen.run if name not in BESIDE)
        for names, how in ((beside, ("run-parallel", "--parallel", "2", "--parallel-no-spinner")), (alone, ("run",))):
            if not names:
                continue
            result = folder / f"{how[0]}.json"
            command = [str(tox), *how, "--root", str(ROOT), "--result-json", str(result)]
            command += ["--skip-missing-interpreters", "false", "-e", ",".join(names)]
            status = run_child([*command, *command_end], env=env, cwd=ROOT)
            try:
                told = read_results(result.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                told = {}
            if not told:
                report.say(f"tox ended with status {status} and gave no results; its own words are above")
            results |= told
        return results
