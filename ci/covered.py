"""The gate of coverage: for each package the share of lines and branches that tests ran, and what they did not run.

Reads the JSON report of coverage.py. A package with the goal 100 needs every line and every branch; another goal is
the least percentage of lines, since a branch of code that reports a failure may need a machine that fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.reports import text_table

COMPLETE = 100.0

NIGHTLY = "--nightly"
"""Asks for a goal of the nightly tier: on a push nothing of lockproof is measured."""


@dataclass(frozen=True)
class Covered:
    """How many lines and branches of a package, or of one file, there are, and how many were run."""

    lines: int = 0
    ran: int = 0
    branches: int = 0
    taken: int = 0

    def __add__(self, other: Covered) -> Covered:
        return Covered(
            self.lines + other.lines, self.ran + other.ran, self.branches + other.branches, self.taken + other.taken
        )

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Covered:
        """Read the summary of one file."""
        return cls(
            summary["num_statements"],
            summary["covered_lines"],
            summary.get("num_branches", 0),
            summary.get("covered_branches", 0),
        )

    @property
    def percent(self) -> float:
        """The percentage of lines."""
        return 100.0 * self.ran / self.lines if self.lines else 0.0

    def reaches(self, goal: float) -> bool:
        """Whether this is enough. Nothing measured is never enough."""
        if goal >= COMPLETE:
            return self.lines > 0 and (self.ran, self.taken) == (self.lines, self.branches)
        return self.lines > 0 and self.percent >= goal


def by_package(files: Mapping[str, Any]) -> dict[str, dict[str, Covered]]:
    """Each package's files with what was covered; the package is the directory after src or site-packages."""
    found: dict[str, dict[str, Covered]] = {}
    for name, data in files.items():
        parts = Path(name).parts
        start = max((at for at, part in enumerate(parts) if part in ("src", "site-packages")), default=-1)
        found.setdefault(parts[start + 1], {})["/".join(parts[start + 1 :])] = Covered.of(data["summary"])
    return found


def report(packages: Mapping[str, Mapping[str, Covered]], goals: Mapping[str, float]) -> tuple[str, bool]:
    """The table, and whether every package reaches its goal."""
    rows, enough = [], True
    for package, goal in goals.items():
        files = packages.get(package, {})
        total = sum(files.values(), Covered())
        reached = total.reaches(goal)
        enough = enough and reached
        branches = f"{total.taken} of {total.branches}"
        wanted = f"{goal:g} %" + (" and all branches" if goal >= COMPLETE else "")
        rows.append([package, f"{total.ran} of {total.lines} ({total.percent:.1f} %)", branches, wanted,
                     "reached" if reached else "MISSED"])  # fmt: skip
        rest = {name: each for name, each in files.items() if not each.reaches(goal)}
        for name, each in sorted(rest.items(), key=lambda item: item[1].ran - item[1].lines):
            rows.append([f"  {name}", f"{each.ran} of {each.lines}", f"{each.taken} of {each.branches}", "", ""])
    return text_table(["package", "lines run", "branches taken", "goal", ""], rows), enough


def combine(file: Path) -> None:
    """Write the JSON report of the data that runs have left beside it."""
    data = f"--data-file={file.with_name('.coverage')}"
    for words in (["combine", "--quiet", "--keep", data, str(file.parent)], ["json", "--quiet", data, "-o", str(file)]):
        subprocess.run([sys.executable, "-m", "coverage", *words], check=True)


def main(arguments: Sequence[str]) -> int:
    if arguments[0] == NIGHTLY:
        arguments = arguments[1:]
        if os.environ.get("SUITE_ALL") != "1":
            print(f"{' '.join(arguments[1:])}: measured by the nightly tier alone")
            return 0
        combine(Path(arguments[0]))
    file, *words = arguments
    goals = {name: float(goal) for name, _, goal in (word.partition("=") for word in words)}
    data = json.loads(Path(file).read_text(encoding="utf-8"))
    text, enough = report(by_package(data["files"]), goals)
    print(text)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
