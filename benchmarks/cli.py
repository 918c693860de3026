"""The command: finds interpreters, prepares them, runs the rounds, and has the report made."""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT, Environment, child_environment, compile_core, copy_tree, prepare
from benchmarks.operations import BY_NAME, OPERATIONS, OUR_SETS, SHARINGS, THREAD_COUNTS, explained, threads_name
from benchmarks.plans import FAST, FULL, PLANS, SMOKE, Plan
from benchmarks.subjects import OURS, SUBJECTS
from ci.builds import PAIR, Build, Interpreter, probe
from ci.cache import cache_directory
from ci.console import CiError, Reporter, duration, run_captured, run_child, tail
from ci.interpreters import MachineWays, look

RUN_FILE = "run.json"
NAMES = [subject.name for subject in SUBJECTS]
DEFAULT_SEED = 20_250_101
DEFAULT_OUTPUT = ROOT / "build" / "benchmarks"
MEMORY_SECONDS = 900.0
SPARE_SECONDS = 600.0
PROBE_SECONDS = 1200.0
SINGLE_USE_SHARE = 4
"""A value of an operation that uses up its sets is so many times shorter: to make the sets takes several times as
long as what is timed."""

DESCRIPTION = """\
Measure what LockedSet costs, compiled and in Python, beside the built-in set, a subclass with a lock round every
method as people write it, ft_utils.ConcurrentDict and cereggii.AtomicDict: each operation, throughput with one thread
and two, and memory.

Times depend on the machine and on what else it does; so the result is ratios to the built-in set, taken in rounds
in which the subjects have their turns seconds apart.
"""

EPILOG = f"""\
examples:
  python -m benchmarks --fast             a first look: about {FAST.minutes:g} minutes for each build
  python -m benchmarks                    3.13 and 3.13t as found on the machine: {FULL.minutes:g} minutes each
  python -m benchmarks 3.14t              another build
  python -m benchmarks --python PATH      exactly this interpreter; may be given several times
  python -m benchmarks --fast --only "add, new" --only "snapshot"
  python -m benchmarks --list             the statements that are timed; runs nothing

what is written, below {DEFAULT_OUTPUT.relative_to(ROOT).as_posix()} or --output:
  table.txt, ratios.svg, summary.json     the report
  BUILD/SUBJECT.json                      pyperf suites, with the same benchmark names for all subjects:
      python -m pyperf compare_to BUILD/set.json BUILD/LockedSet.json --table
      python -m pyperf compare_to EARLIER/3.13t/LockedSet.json LATER/3.13t/LockedSet.json --table

The interpreters are looked for on PATH and in this project's cache; ci/interpreters.py gets those that are missing.
What the measuring needs is installed into environments of its own in the cache directory. The core of LockedSet is
compiled for each interpreter; without a C compiler the implementation in Python is measured alone.
To measure in an environment that you have made yourself: pip install --group bench, then --as-is.

exit status: 0 measured (whatever the goals say: times are no test), 2 it could not be done, 130 interrupted
"""


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a seed is a whole number, not {text!r}") from None


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of rounds is 1 or more, not {text!r}")
    return int(text)


def _build(text: str) -> Build:
    try:
        return Build.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("builds", nargs="*", type=_build, metavar="BUILD", help="a build to look for, like 3.13t; default: 3.13 3.13t")
    add("--python", action="append", default=[], type=Path, metavar="PATH", help="an interpreter to measure")
    size = made.add_mutually_exclusive_group()
    size.add_argument("--fast", dest="plan", action="store_const", const=FAST.name, help=f"{FAST.rounds} short rounds")
    size.add_argument(
        "--smoke", dest="plan", action="store_const", const=SMOKE.name, help="only show that everything works"
    )
    add(
        "--rounds", type=_rounds, metavar="N", help=f"how many rounds; default {FULL.rounds}, with --fast {FAST.rounds}"
    )
    add("--only", action="append", default=[], metavar="BENCHMARK", help="only this one; may be given several times")
    add("--seed", type=_seed, default=DEFAULT_SEED, metavar="N", help="for keys and order; default %(default)s")
    add(
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="DIR",
        help="where the files go; an earlier run is replaced",
    )
    add("--as-is", action="store_true", help="install nothing: the interpreters have pyperf and rich already")
    add("--refresh", action="store_true", help="make the environments anew, with newer packages")
    add("--list", action="store_true", help="print what is timed, and end")
    made.set_defaults(plan=FULL.name)
    return made


def benchmark_names() -> list[str]:
    return [operation.name for operation in OPERATIONS] + [
        threads_name(sharing, threads) for sharing in SHARINGS for threads in THREAD_COUNTS
    ]


def chosen_interpreters(builds: Sequence[Build], paths: Sequence[Path], report: Reporter) -> list[Interpreter]:
    """The interpreters to measure, one for each build."""
    found: dict[str, Interpreter] = {}
    for path in paths:
        if not path.exists():
            raise CiError(f"there is no interpreter {path}", next_step="give --python the path of an executable")
        interpreter, reason = probe(path.absolute(), "--python")
        if interpreter is None:
            raise CiError(f"not to be measured: {reason}", next_step="give --python a CPython of 3.13.1 or newer")
        if interpreter.build.version < (3, 13):
            raise CiError(f"{path} is CPython {interpreter.build.name}", next_step="LockedSet needs 3.13 or newer")
        # The path as given, for it may be that of a virtual environment, and the probe tells the one below it.
        given = Interpreter(interpreter.build, interpreter.release, path.absolute(), "--python")
        if given.build.name in found:
            raise CiError(
                f"{path} and {found[given.build.name].path} are both of build {given.build.name}",
                next_step="measure them one after the other, with an --output for each",
            )
        found[given.build.name] = given
    if paths and not builds:
        return list(found.values())
    outcome = look(list(builds) or list(PAIR), MachineWays(cache_directory(), report))
    for name, reasons in outcome.missing.items():
        if name not in found:
            report.say(f"{name} is not there: {'; '.join(reasons)}")
    found = {**outcome.have, **found}
    if not found:
        raise CiError(
            "no interpreter to measure was found",
            "CPython 3.13 and 3.13t are not on PATH, nor in the cache",
            "run ci/interpreters.py, which gets them, or name one with --python PATH",
        )
    return list(found.values())


def _module(tree: Path, environment: Environment, module: str, *arguments: str, log: Path, seconds: float) -> None:
    command = [str(environment.python), "-m", module, *arguments]
    status = run_child(command, env=child_environment(tree, environment.build), cwd=tree, log=log, timeout=seconds)
    if status:
        raise CiError(
            f"{module} ended with status {status}; the last lines of its log:\n{tail(log)}",
            next_step=f"see the whole of it in {log}",
        )


def _facts(tree: Path, environment: Environment, no_core: str) -> dict[str, object]:
    command = [str(environment.python), "-m", "benchmarks.probe"]
    variables = child_environment(tree, environment.build)
    status, out, err = run_captured(command, env=variables, cwd=tree, timeout=PROBE_SECONDS)
    if status:
        last = (err.strip() or "no output").splitlines()[-1]
        raise CiError(f"{environment.python} cannot be asked what it is: {last}")
    facts: dict[str, object] = json.loads(out)
    subjects = facts["subjects"]
    assert isinstance(subjects, dict)
    for subject in SUBJECTS:
        if subject.distribution in environment.missing and subjects[subject.name]["missing"]:
            subjects[subject.name]["missing"] = "not installed: " + environment.missing[subject.distribution]
    if no_core:
        subjects[OURS]["missing"] = f"its core cannot be compiled here: {no_core}"
    for name in OUR_SETS:
        if subjects[name]["missing"] and not (no_core and name == OURS):
            raise CiError(f"{name} cannot be imported: {subjects[name]['missing']}")
        for benchmark, reason in subjects[name]["cannot"].items():
            raise CiError(f"{name} fails at {benchmark!r}: {reason}", next_step="run the tests first")
    return facts


def loops_for(plan: Plan, subjects: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """How many batches make a value as long as the plan wants it: a power of two, as pyperf has it."""
    threaded = {threads_name(sharing, threads) for sharing in SHARINGS for threads in THREAD_COUNTS}
    loops = {}
    for subject, facts in subjects.items():
        for benchmark, took in facts["batch_seconds"].items():
            wanted = plan.thread_seconds if benchmark in threaded else plan.seconds
            if benchmark in BY_NAME and BY_NAME[benchmark].single_use:
                wanted /= SINGLE_USE_SHARE
            loops[f"{subject}: {benchmark}"] = 2 ** max(0, math.ceil(math.log2(wanted / max(took, 1e-9))))
    return loops


def _measure(
    options: argparse.Namespace,
    environments: Sequence[Environment],
    run: Path,
    tree: Path,
    log: Path,
    report: Reporter,
) -> None:
    plan: Plan = PLANS[options.plan]
    rounds = options.rounds or plan.rounds
    chosen: dict[str, list[str]] = {}
    present: dict[str, list[str]] = {}
    for environment in environments:
        directory = run / environment.build
        directory.mkdir()
        with report.step(f"compiling the core of LockedSet for {environment.build}", 10):
            no_core = compile_core(tree, environment)
        if no_core:
            report.say(f"{environment.build}: only the implementation in Python is measured: {no_core}")
        facts = _facts(tree, environment, no_core)
        subjects = facts["subjects"]
        assert isinstance(subjects, dict)
        present[environment.build] = [name for name in NAMES if not subjects[name]["missing"]]
        chosen[environment.build] = []
        for name in present[environment.build]:
            chosen[environment.build] += ["--subject", name]
            for benchmark in subjects[name]["cannot"]:
                chosen[environment.build] += ["--without", f"{name}: {benchmark}"]
        (directory / "loops.json").write_text(json.dumps(loops_for(plan, subjects), indent=1), encoding="utf-8")
        (directory / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    for number in range(rounds):
        for environment in environments:
            arguments = ["--plan", plan.name, "--seed", str(options.seed), "--round", str(number)]
            arguments += chosen[environment.build]
            arguments += ["--output-directory", str(run / environment.build)]
            for name in options.only:
                arguments += ["--only", name]
            usual = 0.0 if options.only or plan.smoke else plan.minutes * 60 / plan.rounds
            with report.step(f"round {number + 1} of {rounds} on {environment.build}", usual):
                _module(
                    tree,
                    environment,
                    "benchmarks.measure",
                    *arguments,
                    log=log,
                    seconds=SPARE_SECONDS + 10 * plan.minutes * 60,
                )
    for environment in environments:
        memory: dict[str, object] = {}
        if not options.only and not plan.smoke:
            with report.step(f"memory on {environment.build}", 20):
                command = [str(environment.python), "-m", "benchmarks.memory", *present[environment.build]]
                variables = child_environment(tree, environment.build)
                status, out, err = run_captured(command, env=variables, cwd=tree, timeout=MEMORY_SECONDS)
                if status:
                    raise CiError(f"memory cannot be measured: {(err.strip() or 'no output').splitlines()[-1]}")
                memory = json.loads(out)
        (run / environment.build / "memory.json").write_text(json.dumps(memory, indent=1) + "\n", encoding="utf-8")


def _described(options: argparse.Namespace, source: str) -> dict[str, object]:
    return {
        "plan": options.plan,
        "rounds": options.rounds or PLANS[options.plan].rounds,
        "seed": options.seed,
        "only": options.only,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "processors": os.cpu_count(),
        "source": source,
    }


def check_output(output: Path) -> None:
    """Only what an earlier run has written is replaced."""
    if output.exists() and (not output.is_dir() or (any(output.iterdir()) and not (output / RUN_FILE).exists())):
        raise CiError(
            f"{output} exists and is not the result of an earlier run",
            next_step="choose another directory with --output",
        )


def _put_in_place(run: Path, output: Path) -> None:
    if output.exists():
        shutil.rmtree(output)
    run.rename(output)


def _reporter_environment(
    options: argparse.Namespace, interpreters: Sequence[Interpreter], cache: Path, report: Reporter
) -> Environment:
    # Libraries for plotting have wheels for a standard build long before they have them for a free-threaded one.
    chosen = sorted(interpreters, key=lambda each: each.build.free_threaded)[0]
    if options.as_is:
        return Environment("report", chosen.path, {})
    return prepare(chosen, cache, report, reporting=True, refresh=options.refresh)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.list:
        print("\n".join(explained(operation) for operation in OPERATIONS))
        return 0
    unknown = [name for name in options.only if name not in benchmark_names()]
    if unknown:
        raise CiError(f"there is no benchmark {unknown[0]!r}", next_step="choose from: " + "; ".join(benchmark_names()))
    output: Path = options.output.absolute()
    check_output(output)
    report = Reporter(prefix="benchmarks")
    cache = cache_directory()
    began = time.monotonic()
    interpreters = chosen_interpreters(options.builds, options.python, report)
    for interpreter in interpreters:
        report.say(f"measuring {interpreter.build.name}: {interpreter.describe()}")
    report.say(f"seed {options.seed} for keys and order; give it with --seed to have the same again")
    if options.as_is:
        environments = [Environment(each.build.name, each.path, {}) for each in interpreters]
    else:
        environments = [prepare(each, cache, report, refresh=options.refresh) for each in interpreters]
    reporting = _reporter_environment(options, interpreters, cache, report)
    output.parent.mkdir(parents=True, exist_ok=True)
    # Beside the place where it will be, so that putting it in place is one rename; gone if anything fails.
    with tempfile.TemporaryDirectory(prefix=".benchmarks-", dir=output.parent) as scratch:
        run, tree = Path(scratch) / "run", Path(scratch) / "tree"
        run.mkdir()
        source = copy_tree(tree)
        _measure(options, environments, run, tree, cache / "logs" / "benchmarks.log", report)
        (run / RUN_FILE).write_text(json.dumps(_described(options, source), indent=1) + "\n", encoding="utf-8")
        _module_to_terminal(tree, reporting, run)
        _put_in_place(run, output)
    report.say(f"written to {output} in {duration(time.monotonic() - began)}")
    return 0


def _module_to_terminal(tree: Path, environment: Environment, run: Path) -> None:
    sys.stdout.flush()
    command = [str(environment.python), "-m", "benchmarks.report", str(run)]
    status = run_child(command, env=child_environment(tree), cwd=tree, timeout=300)
    if status:
        raise CiError(f"the report ended with status {status}", next_step="its complaint stands above")
