"""Does a tox environment run what it should, and is no failure summed away?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ci import suite, summary
from ci.gil_plugin import gil_problem
from ci.reports import Counts, EnvironmentReport, Phase, Row, closing_line, load, markdown_table, read_junit, text_table

JUNIT = '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1"/></testsuites>'


def test_the_counts_of_pytest_s_report() -> None:
    assert read_junit(JUNIT) == Counts(passed=4, failed=3, skipped=3)
    assert read_junit('<testsuite errors="0" failures="0" skipped="0" tests="2"/>') == Counts(passed=2)
    assert read_junit("cut off in the mid") is None
    assert read_junit("<other/>") is None


def phase(status: int, counts: Counts, name: str = "one thread") -> Phase:
    return Phase(name, status, 1.0, counts)


@pytest.mark.parametrize(
    ("ran", "status"),
    [
        ([phase(0, Counts(3)), phase(5, Counts()), phase(0, Counts(2))], 0),
        ([phase(0, Counts(3)), phase(1, Counts(2, 1))], 1),
        ([phase(0, Counts(3)), phase(-11, Counts(failed=1))], 1),
        ([phase(5, Counts()), phase(5, Counts())], 5),
        ([phase(0, Counts(skipped=4))], 5),
    ],
)
def test_one_failure_fails_and_so_does_a_run_of_no_test(ran: list[Phase], status: int) -> None:
    assert suite.verdict(ran) == status


def test_the_phases() -> None:
    by_name = dict(suite.phases(["-k", "pickle"]))
    assert list(by_name) == ["one thread", "alone", "coverage", "threads"]
    for command in by_name.values():
        assert command[-2:] == ["-k", "pickle"]
        assert "ci.gil_plugin" in command
    assert by_name["coverage"][:3] == ["-m", "coverage", "run"]
    assert "--numprocesses=2" in by_name["one thread"] and "--numprocesses=2" not in by_name["alone"]
    marked = {name: command[command.index("-m", 1) + 1] for name, command in by_name.items() if "all_" in str(command)}
    assert marked == {
        "one thread": "not all_processors",
        "alone": "all_processors",
    }
    assert "coverage" not in by_name["one thread"] + by_name["threads"]
    assert any(part.startswith("--parallel-threads=") for part in by_name["threads"])


@pytest.mark.parametrize(
    ("environment", "free", "wrong"),
    [
        ("py313", False, False),
        ("py313t", True, False),
        ("py313", True, True),
        ("py313t", False, True),
        ("x", True, False),
    ],
)
def test_an_environment_runs_on_the_build_of_its_name(environment: str, free: bool, wrong: bool) -> None:
    assert bool(suite.expected_build(environment, (3, 13), free)) == wrong


@pytest.mark.parametrize(
    ("free", "gil", "wrong"), [(True, False, False), (False, True, False), (True, True, True), (False, False, True)]
)
def test_the_state_of_the_gil(free: bool, gil: bool, wrong: bool) -> None:
    assert bool(gil_problem(free, gil)) == wrong


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize("processes", [0, 1])
@pytest.mark.parametrize("switched", [False, True])
def test_a_gil_that_a_test_switches_fails_the_run(tmp_path: Path, processes: int, switched: bool) -> None:
    test = tmp_path / "test_it.py"
    change = "not " if switched else ""
    test.write_text(f"""\
import sys

def test_it():
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    sys._is_gil_enabled = lambda: {change}enabled
""")
    command = [sys.executable, "-m", "pytest", "-p", "ci.gil_plugin", "-p", "no:cacheprovider", str(test)]
    ran = subprocess.run(
        [*command, f"--numprocesses={processes}", f"--rootdir={tmp_path}"], capture_output=True, text=True, check=False,
        timeout=100,
    )  # fmt: skip
    assert ran.returncode == (1 if switched else 0), ran.stdout + ran.stderr
    assert ("after the tests: the GIL is o" in ran.stdout) == switched
    assert "1 passed" in ran.stdout


def test_a_phase_that_dies_without_a_report_counts_as_a_failure(tmp_path: Path) -> None:
    died = suite.run_phase("x", ["-c", "import os; os._exit(3)"], tmp_path / "sub" / "x.xml", {})
    assert (died.status, died.counts) == (3, Counts(failed=1))


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    report = EnvironmentReport("py313", "3.13.15", (phase(0, Counts(1, 2, 3)), phase(1, Counts(4))))
    path = tmp_path / "py313.json"
    path.write_text(report.to_json())
    assert load(path) == report
    assert report.counts == Counts(5, 2, 3)
    path.write_text("{}")
    assert load(path) is None
    assert load(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([Row("py313", "passed", counts=Counts(10, 0, 2)), Row("lint", "passed")], "11 passed, 0 failed, 2 skipped"),
        ([Row("py313", "failed", counts=Counts(10, 3, 2)), Row("lint", "failed")], "10 passed, 4 failed, 2 skipped"),
        ([Row("py313", "failed", counts=Counts(10)), Row("py314", "not run")], "10 passed, 1 failed, 0 skipped"),
    ],
)
def test_the_closing_line_sums_no_failure_away(rows: list[Row], line: str) -> None:
    assert closing_line(rows) == line


def test_tables() -> None:
    assert text_table(["a", "long"], [["xyz", "1"]]) == "a    long\n---  ----\nxyz  1"
    assert markdown_table(["a", "b"], [["x|y", "1"]]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 |"


def test_the_summary_of_a_workflow(tmp_path: Path) -> None:
    folder = tmp_path / "report-macos-latest-py313t" / "reports"
    folder.mkdir(parents=True)
    report = EnvironmentReport("py313t", "3.13.15", (phase(0, Counts(5)), phase(1, Counts(4, 0, 1), "threads")))
    (folder / "py313t.json").write_text(report.to_json())
    (folder / "other.json").write_text("[]")
    table = summary.tests_table(summary.collect(tmp_path))
    assert "| macos-latest | py313t | 3.13.15 | failed: threads | 9 | 0 | 1 |" in table
    assert "| test | failure |" in summary.jobs_table('{"test": {"result": "failure"}}')
    assert summary.jobs_table("") == ""
