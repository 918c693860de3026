"""One round: every benchmark once, subjects in turn, each in a pyperf worker process of its own.

Run by the command (`benchmarks.cli`) in the interpreter that is measured; to run a single benchmark by hand:

    PYTHONPATH=src:. python -m benchmarks.measure --plan fast --only "add, new" --output-directory DIR

writes DIR/SUBJECT.json, a pyperf suite for each subject. The benchmarks have the same names in each, so that
`python -m pyperf compare_to DIR/set.json DIR/LockedSet.json --table` compares two subjects.
"""

from __future__ import annotations

import functools
import json
import random
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyperf  # type: ignore[import-untyped,import-not-found,unused-ignore]

from benchmarks.loops import STEPS_IN_THREAD, TimedLoop, statements_in, threads_loop, timed_loop
from benchmarks.operations import OPERATIONS, SHARINGS, SMOKE, THREAD_COUNTS, threads_name
from benchmarks.plans import PLANS, Plan
from benchmarks.results import BESIDE_FILE, LOOPS_FILE, suite_file
from benchmarks.subjects import BASE, BESIDE, BY_NAME, CONTROL, SUBJECTS, Subject

WORKER_SECONDS = 300


@dataclass(frozen=True)
class Task:
    """One benchmark of one subject."""

    benchmark: str
    subject: Subject
    maker: Callable[[Subject], TimedLoop]
    """Makes the loop of a subject."""
    statements: int
    threads: int = 0
    beside: bool = False
    """The built-in set has its turns in the same process."""

    @property
    def key(self) -> str:
        return f"{self.subject.name}: {self.benchmark}"


def tasks_for(
    plan: Plan, subjects: Sequence[str], seed: int, round_number: int, only: Sequence[str], without: Sequence[str]
) -> list[Task]:
    """The benchmarks in the order in which a round runs them.

    Each process of a round computes the same list, for pyperf names a benchmark to a worker by its place.
    """
    chance = random.Random(f"{seed}/{round_number}")
    groups: list[list[Task]] = []
    for operation in OPERATIONS:
        if plan.smoke and operation.name not in SMOKE:
            continue
        groups.append(
            [
                Task(
                    operation.name,
                    BY_NAME[name],
                    functools.partial(timed_loop, operation=operation, seed=seed),
                    statements_in(operation),
                    beside=name in BESIDE and BASE in operation.statements,
                )
                for name in subjects
                if name in operation.statements
            ]
        )
    for sharing in SHARINGS[-1:] if plan.smoke else SHARINGS:
        for threads in THREAD_COUNTS[-1:] if plan.smoke else THREAD_COUNTS:
            groups.append(
                [
                    Task(
                        threads_name(sharing, threads),
                        BY_NAME[name],
                        functools.partial(threads_loop, sharing=sharing, threads=threads, seed=seed),
                        STEPS_IN_THREAD,
                        threads,
                        beside=name in BESIDE,
                    )
                    for name in (*subjects, CONTROL)
                ]
            )
    chance.shuffle(groups)
    for group in groups:
        chance.shuffle(group)
    return [
        task for group in groups for task in group if (not only or task.benchmark in only) and task.key not in without
    ]


class Turns:
    """The loop of a task, made when pyperf has come to the one benchmark that a worker is for.

    Where the built-in set is to be timed beside it, its loop runs after each of the subject's.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.loops: list[TimedLoop] = []
        self.beside: list[tuple[int, float]] = []
        """The number of loops and the seconds of each turn of the built-in set."""

    def __call__(self, loops: int) -> float:
        """Run a turn, and return its seconds."""
        if not self.loops:
            subjects = [self.task.subject, BY_NAME[BASE]] if self.task.beside else [self.task.subject]
            self.loops = [self.task.maker(subject) for subject in subjects]
        took = self.loops[0].run(loops)
        for loop in self.loops[1:]:
            self.beside.append((loops, loop.run(loops)))
        return took

    def values(self, count: int) -> list[float]:
        """The last turns of the built-in set, in seconds for each statement: those before were to warm up."""
        return [took / (loops * self.task.statements) for loops, took in self.beside[-count:]]


def main() -> int:
    def pass_on(command: list[str], options: Namespace) -> None:
        command += ["--plan", options.plan, "--seed", str(options.seed), "--round", str(options.round)]
        if options.output_directory is not None:
            command += ["--output-directory", str(options.output_directory)]
        for name in options.subject:
            command += ["--subject", name]
        for name in options.only:
            command += ["--only", name]
        for key in options.without:
            command += ["--without", key]

    runner = pyperf.Runner(program_args=("-m", "benchmarks.measure"), add_cmdline_args=pass_on, processes=1)
    runner.argparser.description = __doc__
    add = runner.argparser.add_argument
    add("--plan", choices=sorted(PLANS), default="fast")
    add("--seed", type=int, default=0)
    add("--round", type=int, default=0)
    add("--subject", action="append", default=[], choices=[subject.name for subject in SUBJECTS])
    add("--only", action="append", default=[], metavar="BENCHMARK")
    add("--without", action="append", default=[], metavar="SUBJECT: BENCHMARK")
    add("--output-directory", type=Path, metavar="DIR")
    options = runner.parse_args()
    plan = PLANS[options.plan]
    if not options.worker:
        # The plan decides, in the process that spawns the workers: these get it from pyperf as --values and so on.
        options.values, options.warmups, options.processes = plan.values, 1, 1
        options.timeout = options.timeout or WORKER_SECONDS
        options.quiet = True
    calibrated = _calibrated(options.output_directory)
    if options.output_directory is not None:
        options.output_directory.mkdir(parents=True, exist_ok=True)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)
    found: dict[str, list[pyperf.Benchmark]] = {}
    subjects = options.subject or [subject.name for subject in SUBJECTS]
    for task in tasks_for(plan, subjects, options.seed, options.round, options.only, options.without):
        if not options.worker:
            options.min_time = plan.thread_seconds if task.threads else plan.seconds
            options.loops = 1 if plan.smoke else calibrated.get(task.key, 0)
        turns = Turns(task)
        benchmark = runner.bench_time_func(
            task.key,
            turns,
            inner_loops=task.statements,
            metadata={
                "round": options.round,
                "seed": options.seed,
                "subject": task.subject.name,
                "gil_at_start": "on" if gil() else "off",
            },
        )
        if options.worker and turns.beside and options.output_directory is not None and not options.calibrate_loops:
            _note_beside(options, task, turns)
        if benchmark is None or options.worker:
            continue
        benchmark.update_metadata({"name": task.benchmark})
        found.setdefault(task.subject.name, []).append(benchmark)
    if not options.worker and options.output_directory is not None:
        _write(options.output_directory, found)
    return 0


def _note_beside(options: Namespace, task: Task, turns: Turns) -> None:
    """Add a line to the file of the times of `set` beside others: workers run one at a time."""
    line = {
        "subject": task.subject.name,
        "benchmark": task.benchmark,
        "round": options.round,
        "values": turns.values(options.values),
    }
    with open(options.output_directory / BESIDE_FILE, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")


def _calibrated(directory: Path | None) -> dict[str, int]:
    """How many loops a benchmark needs, where the command has found it out; pyperf calibrates the others itself.

    pyperf would start a process for each benchmark to find out, which doubles what a round takes.
    """
    try:
        if directory is not None:
            loops: dict[str, int] = json.loads((directory / LOOPS_FILE).read_text(encoding="utf-8"))
            return loops
    except FileNotFoundError:
        pass
    return {}


def _write(directory: Path, found: dict[str, list[pyperf.Benchmark]]) -> None:
    for subject, benchmarks in found.items():
        suite = pyperf.BenchmarkSuite(benchmarks)
        path = directory / suite_file(subject)
        if path.exists():
            whole = pyperf.BenchmarkSuite.load(str(path))
            whole.add_runs(suite)
            suite = whole
        suite.dump(str(path), compact=True, replace=True)


if __name__ == "__main__":
    sys.exit(main())
