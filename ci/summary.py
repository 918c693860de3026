"""A table of what the jobs of a workflow reported, for the workflow's page and for a terminal.

A job that left no report shows by its result: the table of jobs comes from the workflow itself, by the variable
NEEDS, so that a job that broke down before its tests is not merely absent.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ci.reports import EnvironmentReport, load, markdown_table


def collect(folder: Path) -> list[tuple[str, EnvironmentReport]]:
    """The reports under a directory, each with the platform that its artifact's name tells."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        report = load(path)
        if report is not None:
            artifact = path.relative_to(folder).parts[0]
            platform = artifact.removeprefix("report-").removesuffix(f"-{report.environment}")
            found.append((platform, report))
    return found


def tests_table(reports: Sequence[tuple[str, EnvironmentReport]]) -> str:
    rows = []
    for platform, report in reports:
        counts = report.counts
        # Status 5 is a phase that selects no test; any other is a failure even when no test is to blame.
        broken = [phase.name for phase in report.phases if phase.status not in (0, 5)]
        outcome = "failed: " + ", ".join(broken) if broken else "passed" if counts.ran else "ran no test"
        numbers = [str(counts.passed), str(counts.failed), str(counts.skipped)]
        rows.append([platform, report.environment, report.release, outcome, *numbers])
    return markdown_table(["platform", "environment", "release", "outcome", "passed", "failed", "skipped"], rows)


def jobs_table(needs: str) -> str:
    """The workflow's own word on its jobs, from the JSON of its context `needs`."""
    try:
        data = json.loads(needs)
        rows = [[str(name), str(entry["result"])] for name, entry in data.items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return markdown_table(["job", "result"], rows)


def main(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0] if arguments else "reports")
    reports = collect(folder) if folder.is_dir() else []
    parts = [jobs_table(os.environ.get("NEEDS", ""))]
    parts.append(tests_table(reports) if reports else "No job left a report of its tests.")
    page = "\n\n".join(part for part in parts if part) + "\n"
    print(page)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with open(target, "a", encoding="utf-8") as stream:
            stream.write(page)
    return 0 if reports else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
