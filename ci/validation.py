"""`ci/validate`: run the validation program on every build that can be had, and merge what they say.

The program is `python -m tests.lockedset.stress --json FILE --seed N`; it runs LockedSet's properties and its twins on
one interpreter. This module runs it on each, once for the compiled core and once for LockedSet in Python. The runs come
one after the other, so that they do not disturb each other.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci import interpreters, verdicts
from ci.builds import OPTIONAL, REQUIRED, Build, Interpreter, clean_environment, release_text
from ci.cache import cache_directory, write_atomically
from ci.console import CiError, Reporter, duration, run_child, tail
from ci.verdicts import COMPILED, IMPLEMENTATIONS, BuildReport, Implementation, Merged

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = tuple(sorted({*REQUIRED, *OPTIONAL}))
USUAL_SECONDS = 75.0
TIMEOUT_SECONDS = 1200.0
COMPILE_SECONDS = 300.0
NO_COMPILER = 2
COULD_NOT_RUN = 2

DESCRIPTION = """
Validate LockedSet on every build of CPython that can be had: run the stress tests of its properties, and the same
tests on its twins (LockedSet with one protection removed), which they must catch. LockedSet has two implementations,
a compiled core and one in Python. Each has a table of its own, and the core is compiled for every build first.
"""

EXAMPLES = """
how to read the tables:
  held, violated      a property of LockedSet
  known limit         violated, as expected: this version of CPython breaks the property of LockedSet in Python
  caught              the stress test found the fault that was put into the twin, as it must
  hidden by the GIL   missed on a standard build and caught on a free-threaded one: the GIL covers the fault
  MISSED              missed on a free-threaded build: the test proves nothing, and the run has failed
  not run             the build cannot be had here, the core cannot be compiled for it, or the test does not apply to
                      it; never a success

examples:
  ci/validate                              both implementations on every build
  ci/validate 3.13t                        on one build
  ci/validate --implementation python      without the compiled core, and without a compiler

exit status: 0 all held and every twin was caught on each free-threaded build that ran,
1 something was violated, missed or broke off, or the core could not be compiled,
2 a problem with the set-up, 130 interrupted
Interpreters are kept in %s
"""


def command_for(interpreter: Interpreter, output: Path, seed: int, seconds: float | None) -> list[str]:
    command = [str(interpreter.path), "-m", "tests.lockedset.stress", "--json", str(output), "--seed", str(seed)]
    return command if seconds is None else [*command, "--seconds", f"{seconds:g}"]


def environment_for(implementation: Implementation, packages: Sequence[Path], byte_code: Path) -> dict[str, str]:
    """The environment of the program: which LockedSet it imports, and from where."""
    return {
        **clean_environment(),
        "LOCKEDSET_PURE": implementation.asked_by,
        "PYTHONPATH": os.pathsep.join(map(str, [*packages, ROOT / "src", ROOT])),
        "PYTHONFAULTHANDLER": "1",
        # Each check is a process of its own: without byte code to read, all of them would compile the package again.
        "PYTHONPYCACHEPREFIX": str(byte_code),
    }


def compile_core(interpreter: Interpreter, target: Path, log: Path) -> str:
    """Compile the core into a directory, for an interpreter; "" when that works, else the reason why it does not."""
    command = [str(interpreter.path), "-m", "ci.native", str(target)]
    env = {**clean_environment(), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        status = run_child(command, env=env, cwd=ROOT, log=log, timeout=COMPILE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"the core was not compiled within {duration(COMPILE_SECONDS)}; see {log}"
    if status == NO_COMPILER:
        return tail(log, 1).strip().removeprefix("error: ")
    return f"the core does not compile; see {log}" if status else ""


def run_build(
    interpreter: Interpreter,
    implementation: Implementation,
    seed: int,
    seconds: float | None,
    folder: Path,
    logs: Path,
    report: Reporter,
) -> BuildReport:
    """Run the program on one build. A crash or a hang is a finding about LockedSet, not a problem with the set-up."""
    build = interpreter.build
    name = f"{build.name}-{implementation.name}"
    output = folder / f"{name}.json"
    log = logs / f"validate-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    packages = []
    if implementation is COMPILED:
        packages = [folder / f"core-{build.name}"]
        with report.step(f"compiling the core for {build.name}", 5, log):
            reason = compile_core(interpreter, packages[0], log)
        if reason:
            return BuildReport(build, not_run=reason, lacking=True)
    env = environment_for(implementation, packages, folder / f"pycache-{build.name}")
    command = command_for(interpreter, output, seed, seconds)
    title = f"validating {implementation.heading} on {build.name} ({release_text(interpreter.release)})"
    with report.step(title, USUAL_SECONDS, log):
        try:
            status = run_child(command, env=env, cwd=ROOT, log=log, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return BuildReport(build, broken=f"no end within {duration(TIMEOUT_SECONDS)}; see {log}\n{tail(log)}")
    return judge_run(build, implementation, status, output, log)


def judge_run(build: Build, implementation: Implementation, status: int, output: Path, log: Path) -> BuildReport:
    """What the program's end says: a report, a problem with the set-up, or a run that broke off."""
    if status == COULD_NOT_RUN:
        raise CiError(
            f"the validation program cannot run on {build.name}; its last words:\n{tail(log)}",
            "the program or what it imports is broken on this build",
            f"see {log}",
        )
    if status != 0:
        how = f"killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return BuildReport(build, broken=f"broke off, {how}; see {log}\n{tail(log)}")
    try:
        data = json.loads(output.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        return BuildReport(build, broken=f"left no report ({problem}); see {log}")
    report = verdicts.read_report(build, data)
    if report.facts.get("implementation") != implementation.served:
        raise CiError(
            f"{build.name} was to validate {implementation.heading}, and validated"
            f" {report.facts.get('implementation', 'one that it does not name')!r}",
            "the program imports lockedset from another place than ci/validate says",
            f"see {log}",
        )
    return report


Results = Sequence[tuple[Merged, Sequence[BuildReport]]]
"""The table of each implementation, with the reports that it was merged from."""


def as_json(results: Results, seed: int, releases: Mapping[str, str]) -> str:
    """All that is known, for machines: the tables, the details, and what kept them from a success."""
    data = {
        "schema": 2,
        "ok": not verdicts.exit_status([merged for merged, _ in results]),
        "seed": seed,
        "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "implementations": {
            merged.implementation.name: _table_as_json(merged, reports, releases) for merged, reports in results
        },
    }
    return json.dumps(data, indent=2) + "\n"


def _table_as_json(merged: Merged, reports: Sequence[BuildReport], releases: Mapping[str, str]) -> dict[str, object]:
    return {
        "ok": merged.ok,
        "builds": {
            report.build.name: {
                "outcome": "not run" if report.not_run else "broke off" if report.broken else "ran",
                "reason": report.not_run or report.broken,
                "release": releases.get(report.build.name, ""),
                "facts": dict(report.facts),
            }
            for report in reports
        },
        "rows": [
            {
                "kind": row.kind,
                "name": row.name,
                "property": row.property,
                "cells": dict(row.cells),
                "details": {
                    report.build.name: found[row.name].detail
                    for report in reports
                    for found in (report.properties if row.kind == "property" else report.twins,)
                    if row.name in found and found[row.name].detail
                },
            }
            for row in merged.rows
        ],
        "problems": list(merged.problems),
    }


def remarks(merged: Merged, reports: Sequence[BuildReport]) -> list[str]:
    """What stands under a table: why builds were not run, and what went wrong."""
    same_reason: dict[str, list[str]] = {}
    for report in reports:
        if report.not_run:
            same_reason.setdefault(report.not_run, []).append(report.build.name)
    lines = [f"not run: {', '.join(names)}: {reason}" for reason, names in same_reason.items()]
    for (name, version), reason in merged.implementation.known_limits.items():
        if any(row.name == name and verdicts.KNOWN_LIMIT in row.cells.values() for row in merged.rows):
            lines.append(f"known limit: {name} on {version}: {reason}")
    return lines + [f"problem: {problem}" for problem in merged.problems]


def conclusion(tables: Sequence[Merged], seed: int) -> str:
    """The last word on all tables, with the seed that repeats the run."""
    if verdicts.exit_status(tables) == 0:
        return f"all properties held and all twins were caught (seed {seed})"
    only = f" --implementation {tables[0].implementation.name}" if len(tables) == 1 else ""
    return f"repeat with: ./ci/validate --seed {seed}{only}"


def main(arguments: Sequence[str] | None = None) -> int:
    cache = cache_directory()
    parser = argparse.ArgumentParser(
        prog="ci/validate",
        description=DESCRIPTION,
        epilog=EXAMPLES % cache,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "builds",
        nargs="*",
        type=interpreters.build_argument,
        metavar="BUILD",
        help="only these builds, like 3.13t; without any: "
        + ", ".join(build.name for build in REQUIRED)
        + ", and others where uv can download them",
    )
    parser.add_argument(
        "--implementation",
        choices=[each.name for each in IMPLEMENTATIONS],
        help="only the compiled core, or only LockedSet in Python; without it, both",
    )
    parser.add_argument(
        "--json", type=Path, default=Path("validation.json"), metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="append the tables to FILE as Markdown")
    parser.add_argument(
        "--seed", type=int, help="repeat a run's random choices; without it a new seed is drawn and told"
    )
    parser.add_argument("--seconds", type=float, help="handed to the validation program: how long it may look")
    parser.add_argument("--refresh", action="store_true", help="ask again for interpreters that could not be had")
    options = parser.parse_args(arguments)
    report = Reporter(prefix="validate")
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    began = time.monotonic()
    report.say("1 of 2: interpreters (seconds when they are there; about 4 minutes where 3.13t must be compiled)")
    outcome = interpreters.ensure(
        options.builds or REQUIRED,
        [] if options.builds else OPTIONAL,
        refresh=options.refresh,
        cache=cache,
        report=report,
    )
    chosen = [each for each in IMPLEMENTATIONS if options.implementation in (None, each.name)]
    names = [build.name for build in COLUMNS if build.name in outcome.have]
    report.say(
        f"2 of 2: LockedSet on {', '.join(names)}, seed {seed} "
        f"(about {duration(USUAL_SECONDS * len(chosen) * len(names))})"
    )
    found: dict[Implementation, list[BuildReport]] = {each: [] for each in chosen}
    with tempfile.TemporaryDirectory(prefix="lockedset-validate-") as folder:
        for build in COLUMNS:
            for implementation, reports in found.items():
                interpreter = outcome.have.get(build.name)
                if interpreter is not None:
                    place, logs = Path(folder), cache / "logs"
                    reports.append(run_build(interpreter, implementation, seed, options.seconds, place, logs, report))
                else:
                    reasons = outcome.missing.get(build.name) or ("not asked for",)
                    reports.append(BuildReport(build, not_run=reasons[-1]))
    results = [(verdicts.merge(implementation, reports), reports) for implementation, reports in found.items()]
    tables = [merged for merged, _ in results]
    releases = {name: release_text(item.release) for name, item in outcome.have.items()}
    write_atomically(options.json.absolute(), as_json(results, seed, releases))
    last = conclusion(tables, seed)
    if options.markdown is not None:
        with open(options.markdown, "a", encoding="utf-8") as stream:
            for merged, reports in results:
                notes = "".join(f"- {note}\n" for note in remarks(merged, reports))
                stream.write(f"{verdicts.markdown(merged)}\n\n{notes}\n")
            stream.write(f"{last}\n")
    for merged, reports in results:
        print(verdicts.text(merged), "", *remarks(merged, reports), "", sep="\n")
    print(last)
    print(f"details: {options.json} ({duration(time.monotonic() - began)})", flush=True)
    return verdicts.exit_status(tables)
