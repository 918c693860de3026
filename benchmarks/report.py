"""Tables for people, a plot, and summary.json for programs, from the files of a run.

Run by the command in an interpreter that has rich, and matplotlib for the plot; by hand, `RUN` being a directory
that the command has written:

    PYTHONPATH=src:. python -m benchmarks.report RUN
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from benchmarks.goals import GOALS
from benchmarks.operations import OPERATIONS, OUR_SETS, SHARINGS, THREAD_COUNTS, Sharing, threads_name
from benchmarks.ratios import (
    MISSED,
    REACHED,
    UNDECIDED,
    Figures,
    Interval,
    Judged,
    Times,
    gain,
    judge,
    parallel,
    ratio_between,
    seconds,
)
from benchmarks.results import Build, read_run
from benchmarks.subjects import BASE, BESIDE, CONTROL, HANDWRITTEN, OURS, SUBJECTS

NAMES = [subject.name for subject in SUBJECTS]
WIDTH = 150
STYLES = {REACHED: "green", MISSED: "bold red"}


def time_text(value: float) -> str:
    """Three digits with the unit that suits: `14.5 ns`, `10.6 us`."""
    for unit, scale in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        scaled = value * scale
        if scaled < 999.5:
            return f"{scaled:.3g} {unit}"
    return f"{value:.3g} s"


def ratio_text(value: Interval | None) -> str:
    """`3.21` with half the width of its interval where that is worth telling: `3.21 ±0.15`."""
    if value is None:
        return "-"
    half = (value.high - value.low) / 2
    digits = 1 if value.median >= 10 else 2
    text = f"{value.median:.{digits}f}"
    return text if half < 0.03 * value.median else f"{text} ±{half:.{digits}f}"


def ratio_to_set(times: Times, subject: str, benchmark: str) -> Interval | None:
    """How many times as long as with the built-in set, which had its turns in the same process where it could."""
    beside = BESIDE.get(subject, "")
    return ratio_between(times, subject, beside if benchmark in times.get(beside, {}) else BASE, benchmark)


def _is_measured(build: Build, benchmark: str) -> bool:
    return any(benchmark in build.times.get(name, {}) for name in OUR_SETS)


def _table(title: str, first: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def operations_table(build: Build) -> Table:
    """Each operation: the built-in set's time, and the others as multiples of it."""
    table = _table(
        f"CPython {build.facts['release']}, build {build.name}: one thread, times {BASE}'s own time",
        "operation",
        [BASE, *(f"{name}" for name in NAMES[1:]), "ours/RLock"],
    )
    family = ""
    for operation in OPERATIONS:
        if not _is_measured(build, operation.name):
            continue
        if operation.family != family:
            table.add_section()
            family = operation.family
            table.add_row(Text(family, style="italic"))
        base = build.times[BASE].get(operation.name)
        cells = [time_text(seconds(base).median) if base else "-"]
        for name in NAMES[1:]:
            mine = build.times.get(name, {}).get(operation.name)
            if mine and not base:
                cells.append(time_text(seconds(mine).median))
            else:
                cells.append(ratio_text(ratio_to_set(build.times, name, operation.name)))
        cells.append(ratio_text(ratio_between(build.times, OURS, HANDWRITTEN, operation.name)))
        table.add_row(f"  {operation.name}", *cells)
    return table


def _gain_of(build: Build, subject: str, sharing: Sharing, threads: int) -> Interval | None:
    times = build.times.get(subject, {})
    one, several = times.get(threads_name(sharing, 1)), times.get(threads_name(sharing, threads))
    return gain(one, several, threads) if one and several and threads > 1 else None


def machine_was_parallel(build: Build, sharing: Sharing) -> bool:
    """With a GIL there is nothing to know: no threads run at once, whatever the machine."""
    control = _gain_of(build, CONTROL, sharing, THREAD_COUNTS[-1])
    return build.facts["gil"] == "on" or parallel(control)


def threads_table(build: Build) -> Table:
    """Throughput with one thread and with two."""
    table = _table(
        f"Build {build.name}: millions of operations a second, add, in and discard in turn"
        " (and how many times that of one thread)",
        "threads share",
        ["threads", *NAMES, CONTROL],
    )
    for sharing in SHARINGS:
        title = sharing.name
        for threads in THREAD_COUNTS:
            name = threads_name(sharing, threads)
            if not _is_measured(build, name):
                continue
            cells = []
            for subject in (*NAMES, CONTROL):
                mine = build.times.get(subject, {})
                if name not in mine:
                    cells.append("-")
                    continue
                text = f"{threads / seconds(mine[name]).median / 1e6:.2f}"
                more = _gain_of(build, subject, sharing, threads)
                told = subject == CONTROL or machine_was_parallel(build, sharing)
                cells.append(text if more is None else f"{text} ({more.median:.2f})" if told else f"{text} (?)")
            table.add_row(title, str(threads), *cells)
            title = ""
        table.add_section()
    return table


def memory_table(build: Build) -> Table:
    """Bytes by two witnesses."""
    table = _table(f"Build {build.name}: bytes, by tracemalloc / by growth of resident memory", "what", [*NAMES])
    if not build.memory:
        return table
    for what, title in (("empty", "an empty one, with its lock"), ("element", "an element more, of 100,000")):
        cells = []
        for name in NAMES:
            found = build.memory.get(name, {}).get(what, {})
            words = [f"{found[key]:.0f}" if found.get(key) is not None else "?" for key in ("tracemalloc", "resident")]
            cells.append(" / ".join(words) if found else "-")
        table.add_row(title, *cells)
    return table


def judged_goals(build: Build) -> list[Judged]:
    """The goals whose figures were measured. No thread is judged by a machine that runs one at a time."""
    figures = Figures(build.name, build.facts["gil"] == "on", build.times, build.memory)
    serial = {sharing.name for sharing in SHARINGS if not machine_was_parallel(build, sharing)}
    return [
        dataclasses.replace(judged, verdict=UNDECIDED) if goal.sharing in serial else judged
        for goal in GOALS
        if (judged := judge(goal, figures)) is not None
    ]


def goals_table(build: Build) -> Table:
    table = _table(f"Build {build.name}: goals of {OURS}", "goal", ["measured", "middle half of rounds", "verdict"])
    for judged in judged_goals(build):
        measured = judged.measured
        table.add_row(
            judged.goal.describe(build.name),
            f"{measured.median:.3f}",
            f"{measured.low:.3f} to {measured.high:.3f}",
            Text(judged.verdict, style=STYLES.get(judged.verdict, "yellow")),
        )
    return table


def notes(build: Build) -> list[str]:
    """What a reader must know beside the numbers."""
    lines = [f"ours/RLock: {OURS} beside {HANDWRITTEN}"] if OURS in build.times else []
    if any(name in build.times for name in BESIDE.values()):
        lines.append(
            f"the multiples of {' and '.join(BESIDE)} are of the {BASE} that had its turns in the same process"
        )
    lines += [f"{name}: not measured on build {build.name}: {reason}" for name, reason in build.missing().items()]
    for name, facts in build.facts["subjects"].items():
        lines += [f"{name} on build {build.name}: {benchmark}: {why}" for benchmark, why in facts["cannot"].items()]
        if facts["version"]:
            lines.append(f"{name} is of version {facts['version']} on build {build.name}")
        if build.facts["gil"] == "off" and facts["gil_after_import"] == "on":
            lines.append(f"{name} turns the GIL back on when it is imported: its times on {build.name} have a GIL")
    if not all(machine_was_parallel(build, sharing) for sharing in SHARINGS) and threads_table(build).row_count:
        lines.append(
            f"build {build.name}: '?' where nothing is known about two threads: in that part of the run even two that"
            f" share nothing ({CONTROL}) did not run at once, since the machine was busy; run again on an idle one"
        )
    return lines


def summary(run: dict[str, Any], builds: Sequence[Build]) -> dict[str, Any]:
    """The whole of the tables as data."""

    def plain(value: Interval | None) -> dict[str, Any] | None:
        return None if value is None else dataclasses.asdict(value)

    return {
        "run": run,
        "builds": {
            build.name: {
                "facts": dict(build.facts),
                "memory": dict(build.memory),
                "seconds": {
                    subject: {name: plain(seconds(rounds)) for name, rounds in times.items()}
                    for subject, times in build.times.items()
                },
                "ratio_to_set": {
                    subject: {name: plain(ratio_to_set(build.times, subject, name)) for name in times}
                    for subject, times in build.times.items()
                },
                "ratio_to_handwritten": {
                    name: plain(ratio_between(build.times, OURS, HANDWRITTEN, name))
                    for name in build.times.get(OURS, {})
                },
                "goals": [
                    {
                        "goal": judged.goal.describe(build.name),
                        "limit": judged.goal.limit_on(build.name),
                        "measured": plain(judged.measured),
                        "verdict": judged.verdict,
                    }
                    for judged in judged_goals(build)
                ],
            }
            for build in builds
        },
    }


def plotted(builds: Sequence[Build], path: Path) -> str:
    """Draw the ratios; "" when done, else why there is no plot."""
    try:
        import matplotlib as mpl
    except ImportError:
        return "no plot: matplotlib is not installed where the report runs"
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lockedset"  # the same numbers give the same file
    from matplotlib import pyplot

    rows = [
        operation.name
        for operation in OPERATIONS
        if any(ratio_to_set(build.times, name, operation.name) for build in builds for name in OUR_SETS)
    ]
    if not rows:
        return "no plot: nothing was measured"
    figure, panels = pyplot.subplots(
        1, len(builds), figsize=(6.5 * len(builds) + 2, 0.24 * len(rows) + 2), sharey=True, squeeze=False
    )
    markers = dict(zip(NAMES[1:], "soXdv", strict=True))
    for build, panel in zip(builds, panels[0], strict=True):
        for name, marker in markers.items():
            points = [
                (found.median, place)
                for place, row in enumerate(rows)
                if (found := ratio_to_set(build.times, name, row)) is not None
            ]
            if points:
                panel.plot(*zip(*points, strict=True), marker, label=name, markersize=6 if name == OURS else 4)
        panel.axvline(1.0, color="grey", linewidth=1)
        panel.set_xscale("log")
        panel.set_title(f"CPython {build.facts['release']}, build {build.name} (GIL {build.facts['gil']})")
        panel.set_xlabel("time as a multiple of the built-in set's (less is faster)")
        panel.grid(axis="both", linewidth=0.3)
    panels[0][0].set_yticks(range(len(rows)), rows)
    panels[0][0].invert_yaxis()
    panels[0][0].legend(loc="upper right")
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the directory of a run")
    options = parser.parse_args()
    try:
        run, builds = read_run(options.run)
    except (OSError, ValueError, KeyError) as problem:
        print(f"error: {options.run} is not the whole of a run: {problem}", file=sys.stderr)
        return 2
    if not builds:
        print(f"error: {options.run} has no results of any build", file=sys.stderr)
        return 2
    parts: list[Any] = []
    remarks: list[str] = []
    for build in builds:
        tables = (operations_table(build), threads_table(build), memory_table(build), goals_table(build))
        parts += [table for table in tables if table.row_count]
        remarks += notes(build)
    remarks.append(plotted(builds, options.run / "ratios.svg"))
    remarks.append(f"plan {run['plan']}, {run['rounds']} rounds, seed {run['seed']}, source {run['source']}")
    parts += [Text(remark) for remark in dict.fromkeys(remarks) if remark]
    (options.run / "summary.json").write_text(json.dumps(summary(run, builds), indent=1) + "\n", encoding="utf-8")
    with open(options.run / "table.txt", "w", encoding="utf-8") as stream:
        Console(file=stream, width=WIDTH).print(Group(*parts))
    terminal = Console()
    (terminal if terminal.is_terminal else Console(width=WIDTH)).print(Group(*parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
