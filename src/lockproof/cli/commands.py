"""The command line: `lockproof check`, `explore`, `replay` and `history`. `mutate`, `report`, `config` and `init` have
modules of their own.

Results go to standard output, everything else to standard error. A mistake of the user ends with a message and status
2. A fault of lockproof itself ends with a traceback and the status of UNKNOWN: the status of HELD or VIOLATION would
be a statement on the subject.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from lockproof import __version__
from lockproof.audit.cluster.driver import ClusterRunner
from lockproof.audit.runner import LocalRunner, UnitRunner
from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.campaign.replay import replay_file
from lockproof.cli import parameters
from lockproof.cli.check_several import Baseline, How, check_several
from lockproof.cli.config_command import config, no_targets
from lockproof.cli.configuration import PROFILE_VARIABLE, ConfiguredTarget, Setting, read_configuration
from lockproof.cli.expanding import expanded
from lockproof.cli.formats import OF_A_SEARCH, OF_CHECK, OF_EACH, Files, deliver, written_as
from lockproof.cli.init_command import init
from lockproof.cli.kept import keep_failed, kept_for
from lockproof.cli.merge_command import merge
from lockproof.cli.mutate_command import mutate
from lockproof.cli.report_command import report
from lockproof.cli.shared import internal_error, interrupted
from lockproof.core import environment
from lockproof.core.errors import LockproofError
from lockproof.core.import_path import import_from_here
from lockproof.core.options import (
    CONFORMANCES,
    COUNTS,
    ENGINES,
    SANITIZERS,
    STRATEGIES,
    CheckOptions,
    ExploreOptions,
    Progress,
    Tell,
)
from lockproof.core.verdict import Consistency, InternalError, Interrupted, Report
from lockproof.histories.judged import judge_history, known_models
from lockproof.report.page import console_on
from lockproof.report.progress import ProgressLine
from lockproof.report.recorded_history import print_history
from lockproof.report.text import print_report

WRONG_USAGE: Final = 2
"""The exit status after a mistake of the user."""

STATUSES: Final = """\b
Exit status:
  0    held: nothing was found in what was covered, and all of that was judged; or, with a baseline
       or accepted findings: nothing new was found
  1    violation
  2    wrong usage; or the target or the file is missing or wrong
  3    unknown: it could not be judged; never take it for a pass
  4    lockproof itself failed: what was found until then is shown, and what to send
       Of several targets the gravest counts, in this order: 2, if a target that was named could not
       be checked; 1; 4; 3, also if something in a package was not checked or does not import; 0
  130  interrupted: what was found until then is shown, and nothing is called held
"""
"""The end of the help of each command that judges; `\\b` keeps click from wrapping it."""


def _strategy(_: click.Context, __: click.Parameter, value: str) -> str:
    """Return the name of a strategy: one of lockproof, or `module:Class` of somebody else."""
    if value not in STRATEGIES and ":" not in value:
        import difflib

        near = difflib.get_close_matches(value, STRATEGIES, 2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(STRATEGIES)}, or module:Class"
        raise click.BadParameter(f"there is no strategy {value!r}; {hint}")
    return value


def _version(ctx: click.Context, _: click.Parameter, given: bool) -> None:
    if not given or ctx.resilient_parsing:
        return
    click.echo(f"lockproof {__version__}, {environment.current()}")
    ctx.exit()


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"""\b
Examples:
  lockproof init                                 set a project up: configuration, tox, CI, a first test
  lockproof check mypackage.cache:Cache          ten seconds, no test code
  lockproof check src/bag.py:Bag --budget 1m     a class by its file, longer
  lockproof check queue:Queue                    one of the standard library
  lockproof explore tests/races.py:transfer      every order of a function that starts threads
  lockproof mutate src/bag.py:Bag                take its locks away: would a check notice?
  lockproof history run.jsonl --model set        judge a history that was recorded elsewhere
  lockproof check mypackage --budget 5s          every class of a package
  lockproof report *.json --html page.html       one page from reports that --json has written

{STATUSES}""",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version,
              help="Show the version of lockproof, the Python and the state of its GIL, and exit.")  # fmt: skip
def cli() -> None:
    """Does a thread-safe class stay correct when the GIL no longer protects it by accident?

    lockproof runs the operations of a class on several threads, again and again, and looks for an order of the
    operations that explains all results. Where there is none, it shows the smallest case it found, and the command that
    repeats it. Run it on a free-threaded build (python3.13t), where threads really run at the same time.
    """


@cli.command(
    epilog=f"""\b
Examples:
  lockproof check mypackage.cache:Cache
  lockproof check bag.py:Bag --threads 3 --budget 2m --json report.json
  lockproof check bag.py:Bag --schedules 2000 --seed 1      the same result on each machine
  lockproof check bag.py:Bag --factory bag.py:small_bag     a constructor with arguments
  lockproof check bag.py:Bag --model set                    what it should do, by name
  lockproof check bag.py:Bag --model tests.models:Bag       or by a class
  lockproof check bag.py:Bag --scenario "a.add(1) -> a.discard(1) || len(a) -> sorted(a)"
  lockproof check mypackage --budget 5s                     all that a package has
  lockproof check mypackage --shard 3/8                     an eighth of it, for one job of a matrix
  lockproof check _ext:Queue --sanitizer thread --python PATH      races in C code
  lockproof check --profile ci                              all targets of [tool.lockproof] in pyproject.toml

\b
A scenario is INITIAL -> THREAD || THREAD -> FINAL, each a line of Python or several, separated by
semicolons. The subject is called a; b and c are more subjects of the same class. INITIAL may be
left out, and FINAL too: the run then ends with lines that observe the subject.

{STATUSES}"""
)
@click.argument("target", required=False)
@parameters.budget("How long to check, beyond starting: 500ms, 10s, 2m.")
@parameters.counts()
@parameters.seed()
@parameters.threads()
@parameters.model(
    "What the class should do: the name of a kind (set, dict, list, ...) or module:Class. "
    "By default it is inferred from the class."
)
@parameters.factory()
@parameters.teardown()
@parameters.skip()
@parameters.scenario(
    "Run only this scenario, for the whole budget. If it fails, a smaller one may stand "
    "for it in the finding: fewer lines, or smaller numbers."
)
@parameters.scenarios()
@click.option("--engine", type=click.Choice(ENGINES), default=CheckOptions.engine, show_default=True,
              help="Real threads, which run in parallel; schedules under control, which can be repeated; or both in "
              "turns.")  # fmt: skip
@click.option("--sanitizer", type=click.Choice(SANITIZERS),
              help="Run real threads under ThreadSanitizer, on the interpreter of --python: races in C code are "
              "findings.")  # fmt: skip
@click.option("--python", metavar="PATH",
              help="For --sanitizer: a free-threaded CPython built with ThreadSanitizer. It needs what the subject "
              "imports, and not lockproof.")  # fmt: skip
@click.option("--suppressions", metavar="FILE", multiple=True,
              help="For --sanitizer: a file of its suppressions, beside those of TSAN_OPTIONS and of CPython. May be "
              "given several times.")  # fmt: skip
@click.option("--invocations", type=click.IntRange(min=1), help="Run the scenario at most so many times.")
@click.option("--conformance", type=click.Choice(CONFORMANCES), default=CheckOptions.conformance, show_default=True,
              help="Which differences from the model on one thread are violations: those of a class that inherits from "
              "a builtin type, or that has a --model; or all, which is an error.")  # fmt: skip
@parameters.hang()
@parameters.memory("How much memory the checked process may use, in MiB.")
@parameters.consistency()
@click.option("--profile", metavar="NAME", envvar=PROFILE_VARIABLE,
              help="Without TARGET: the profile of the configuration to use; or the environment variable "
              f"{PROFILE_VARIABLE}.")  # fmt: skip
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="Findings that this file lists do not fail; --update-baseline writes it.")  # fmt: skip
@click.option("--update-baseline", is_flag=True, help="Write what this run finds to the file of --baseline.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Of several targets, check so many at a time; by default one for each processor.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, metavar="K",
              help="Check each target with K seeds in a row, and add up what they show.")  # fmt: skip
@click.option("--shard", metavar="K/N", callback=parameters.shard,
              help="Do part K of N of the work, for a job of its own; lockproof merge puts the reports together. The "
              "seed is 1 then, if none is given.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Begin anew, also if an interrupted run of this command could go on.")
@click.option("--verbose", is_flag=True, help="Of several targets, print the reports with VIOLATION and UNKNOWN too.")
@parameters.dask()
@parameters.dask_resource()
@written_as(OF_CHECK)
@click.pass_context
def check(
    ctx: click.Context, /, target: str | None, files: Files, profile: str | None, baseline: Path | None,
    update_baseline: bool, jobs: int | None, seeds: int, shard: tuple[int, int] | None, fresh: bool, verbose: bool,
    dask: str | None, dask_resource: str | None, **given: Any,
) -> int:  # fmt: skip
    """Check a class on real threads, or all that a package has.

    TARGET is module:Class or path/file.py:Class, module:function, or an object that a module keeps. A package, a
    directory, or a module with classes stands for all its public classes, its functions that share state, and its
    shared objects; a module without classes for its functions.
    All is imported and run in processes of its own, so it may crash or hang there without harm to this one. It is run
    as it is: its operations have the effects that they have. Without TARGET, the targets of the configuration are
    checked; options that are given count before it.
    """
    if given["invocations"] is not None and given["scenario"] is None:
        raise click.UsageError("--invocations is about one scenario: give --scenario too")
    by_counts = [f"--{name}" for name in COUNTS if given[name] is not None]
    on_command_line = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if by_counts and "budget" in on_command_line:
        raise click.UsageError(f"--budget and {by_counts[0]} are two ends for one check: leave one out")
    if given["runs"] is not None and given["invocations"] is not None:
        raise click.UsageError("--invocations and --runs count the same: leave one out")
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline has no file to write: give --baseline too")
    if target is not None and "profile" in on_command_line:
        raise click.UsageError("--profile is about the targets of the configuration: leave TARGET out")
    if dask_resource is not None and dask is None:
        raise click.UsageError("--dask-resource is about the workers of a cluster: give --dask too")
    import_from_here()
    known = Baseline(baseline, update_baseline)
    count = jobs or environment.current().processors
    runner: UnitRunner = LocalRunner(count)
    if dask is not None:
        runner = ClusterRunner(dask, jobs=count, resource=dask_resource, warn=_warn)
    how = How(runner, count, seeds, shard, fresh, verbose)
    if target is not None:
        settings = {name: Setting(value, "the command line") for name, value in given.items()}
        asked = ConfiguredTarget(target, settings)
        targets = expanded([asked], () if ":" in target else read_configuration(Path.cwd(), None, {}))
        if targets.targets != (asked,):
            _refuse_options_of_one(on_command_line)
        elif baseline is None and seeds == 1 and shard is None and dask is None:
            return _reported(lambda tell: _check_kept(target, asked.options, tell), files)
        else:
            how = replace(how, alone=True)
        return check_several([target], targets, how, files, known)
    _refuse_options_of_one(on_command_line)
    configured = read_configuration(
        Path.cwd(), profile, {name: given[name] for name in given if name in on_command_line}
    )
    if not configured:
        raise no_targets()
    names = [each.target for each in configured]
    return check_several(names, expanded(configured), how, files, known)


def _check_kept(target: str, options: CheckOptions, tell: Tell) -> Report:
    """Check a target, with the scenarios first that its file keeps; then add what failed to the file."""
    kept = kept_for(target, options)
    try:
        report = check_target(target, options, tell, kept)
    except (Interrupted, InternalError) as stopped:
        keep_failed([(target, options, stopped.report)])
        raise
    keep_failed([(target, options, report)])
    return report


def _warn(error: LockproofError) -> None:
    click.echo(f"lockproof: {error}", err=True)


def _refuse_options_of_one(on_command_line: Container[str]) -> None:
    """Refuse options that are about one target, where there are several."""
    for name in ("model", "factory", "teardown", "skip", "scenario", "emit_test_file"):
        if name in on_command_line:
            option = name.removesuffix("_file").replace("_", "-")
            raise click.UsageError(f"--{option} is about one target: give TARGET as module:Class")


@cli.command(
    epilog=f"""\b
Examples:
  lockproof explore tests/races.py:transfer           a function that starts threads and asserts
  lockproof explore tests/races.py:transfer --bound 3 --budget 1m
  lockproof explore bag.py:Bag --scenario "a.add(1) || a.add(1)"
  lockproof explore bag.py:Bag --scenario "a.add(1) || a.add(1)" --schedule free:1x3,2x2

{STATUSES}"""
)
@click.argument("target")
@parameters.budget("How long to explore, beyond starting; less where there is no more to see.")
@parameters.seed()
@click.option("--bound", type=click.IntRange(min=0), default=ExploreOptions.bound, show_default=True,
              help="Run all schedules with at most so many preemptions.")  # fmt: skip
@click.option("--strategy", metavar="NAME", callback=_strategy, default=ExploreOptions.strategy, show_default=True,
              help=f"What chooses the schedules: {', '.join(STRATEGIES)}, or module:Class. The portfolio takes turns: "
              "every trace, all orders of lock operations, all schedules within the bound, drawn ones.")  # fmt: skip
@click.option("--schedules", type=click.IntRange(min=1), metavar="N",
              help="End after so many schedules, if the budget has not ended it before.")  # fmt: skip
@parameters.scenario("For a class: what to run, as for check.")
@click.option("--schedule", metavar="TEXT", help="Run only this schedule, which a report has shown.")
@parameters.times()
@parameters.model("For a class: what the class should do, as for check.")
@parameters.factory("For a class: a function that makes the subject.")
@parameters.teardown()
@parameters.hang("How long a thread may make no step, if more than 10 s.")
@parameters.memory("How much memory the process may use, in MiB.")
@parameters.consistency()
@written_as(OF_A_SEARCH)
def explore(target: str, files: Files, **given: Any) -> int:
    """Run one thread at a time, in every order that matters.

    TARGET is module:function or path/file.py:function: it starts threads, joins them and asserts. Or it is a class,
    with a scenario. Threads are switched where the code can touch what they share, so a race is found without luck,
    and a schedule that shows it does so each time.
    """
    import_from_here()
    explore_options = ExploreOptions(**given)
    return _reported(lambda tell: explore_target(target, explore_options, tell), files)


@cli.command(
    epilog="""\b
Examples:
  lockproof check bag.py:Bag --json found.json; lockproof replay found.json
  lockproof replay found.json --times 100

\b
Exit status:
  0    the schedule no longer shows the finding
  1    the schedule shows it
  2    the file is missing or no report, or the source or the Python has changed
  3    unknown: the schedule leads elsewhere now
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@parameters.times()
@click.option("--hang", metavar="TIME", callback=parameters.duration,
              help="How long a thread may make no step; by default as long as when the finding was made.")  # fmt: skip
@written_as(OF_EACH)
def replay(file: Path, times: int, hang: float | None, files: Files) -> int:
    """Repeat a finding.

    FILE is a report that --json has written. The schedule of its first finding that has one is run again, so the
    threads take the same turns.
    """
    import_from_here()
    return _reported(lambda tell: replay_file(file, times, hang, tell), files)


@cli.command(
    epilog=f"""\b
Examples:
  lockproof history run.jsonl --model set
  lockproof history run.jsonl --model cas-register --consistency sequential --budget 5m
  record | lockproof history - --model tests.models:Bag

\b
A line is a JSON object, in Jepsen's form, in the order of time. A process has one call open at a time.
After info, nobody knows whether the call took effect, and its process makes no other call:
  {{"process": 0, "type": "invoke", "f": "add", "value": 3}}
  {{"process": 0, "type": "ok",     "f": "add", "value": 3}}      or "fail", or "info"

\b
Models: {", ".join(known_models())},
or module:Class, whose methods are the operations.

{STATUSES}"""
)
@click.argument("file")
@parameters.model("What the operations should do.", required=True)
@parameters.budget("How long to search at most: 500ms, 10s, 2m.", default=60.0)
@parameters.memory("How much the search may remember, in MiB.", least=1, default=512)
@parameters.consistency()
@written_as(OF_EACH)
def history(file: str, model: str, budget: float, memory: int, consistency: Consistency, files: Files) -> int:
    """Judge a history that was recorded elsewhere.

    FILE has one event a line; - is standard input.
    """
    import_from_here()
    progress = ProgressLine(console_on(sys.stderr))
    progress(Progress("judging", 0.0, budget, text=file))
    try:
        with progress:
            report = judge_history(
                sys.stdin if file == "-" else file, model, consistency=consistency, budget_seconds=budget, memory=memory
            )
    except KeyboardInterrupt:
        return interrupted(progress.line())
    except UnicodeDecodeError as error:
        raise LockproofError(f"{file} is not UTF-8: {error.reason}", "", "write JSON lines in UTF-8") from None
    deliver(report, lambda console: print_history(report, console), files)
    return report.verdict.status


def _reported(run: Callable[[Callable[[Progress], None]], Report], files: Files) -> int:
    """Call `run`, which makes a report; show its progress, deliver the report, and return the exit status."""
    progress = ProgressLine(console_on(sys.stderr))
    try:
        with progress:
            report = run(progress)
    except Interrupted as stopped:
        partial = stopped.report
        deliver(partial, lambda console: print_report(partial, console), files, complete=False)
        return interrupted(progress.line())
    except InternalError as failed:
        partial = failed.report
        deliver(partial, lambda console: print_report(partial, console), files, complete=False)
        return internal_error(failed.trace)
    except KeyboardInterrupt:
        return interrupted(progress.line())
    deliver(report, lambda console: print_report(report, console), files)
    return report.verdict.status


cli.add_command(merge)
cli.add_command(mutate)
cli.add_command(report)
cli.add_command(config)
cli.add_command(init)


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C: a killed run still reports what it found, and ends the processes that it started.

    A handler that the caller has set stays in place, and so does the decision to ignore the signal.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments, by default those of the process, and return the exit status."""
    try:
        with _sigterm_as_interrupt():
            status = cli.main(args=arguments, prog_name="lockproof", standalone_mode=False)
        return int(status or 0)
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE
    except LockproofError as error:
        click.echo(f"lockproof: {error}", err=True)
        return WRONG_USAGE
    except (KeyboardInterrupt, click.Abort):
        return interrupted("getting ready")
    except Exception:
        return internal_error(traceback.format_exc())
