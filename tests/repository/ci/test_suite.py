"""Does a tox environment run what it should, and is no failure summed away?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci import covered, suite, summary
from ci.covered import Covered, by_package, report
from ci.gil_plugin import gil_problem
from ci.reports import (
    Counts,
    EnvironmentReport,
    Phase,
    Row,
    closing_line,
    load,
    markdown_table,
    read_junit,
    seconds_by_folder,
    seconds_table,
    text_table,
)
from ci.suite import Selection

pytestmark = pytest.mark.one_build

JUNIT = '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1"/></testsuites>'


def test_the_counts_of_pytest_s_report() -> None:
    assert read_junit(JUNIT) == Counts(passed=4, failed=3, skipped=3)
    assert read_junit('<testsuite errors="0" failures="0" skipped="0" tests="2"/>') == Counts(passed=2)
    assert read_junit("cut off in the mid") is None
    assert read_junit("<other/>") is None


def test_the_seconds_of_a_folder() -> None:
    cases = [
        ("tests.judge.test_dual", "1.25"),
        ("tests.judge.deep.test_keys.TestX", "0.5"),
        ("tests.api.test_x", "2"),
    ]
    text = "".join(f'<testcase classname="{name}" name="test_it" time="{time}"/>' for name, time in cases)
    assert seconds_by_folder(f"<testsuites><testsuite>{text}</testsuite></testsuites>") == {
        "judge": 1.2,
        "judge/deep": 0.5,
        "api": 2.0,
    }
    assert seconds_by_folder("cut off in the mid") == {}


def test_the_table_of_seconds_has_phases_first_and_then_the_slowest_folder() -> None:
    first = EnvironmentReport("py313", "3.13.15", (Phase("tests", 0, 9.0, Counts(5), {"api": 2.0, "judge": 7.0}),
                                                   Phase("alone", 0, 1.0, Counts(5), {"judge": 1.0})))  # fmt: skip
    second = EnvironmentReport("py313t", "3.13.15", (Phase("tests", 0, 4.0, Counts(5), {"api": 3.0}),))
    assert [line.split() for line in seconds_table([first, second]).splitlines()[2:]] == [
        ["tests", "9", "4"],
        ["alone", "1"],
        ["tests/judge", "8"],
        ["tests/api", "2", "3"],
    ]


def file(lines: int, ran: int, branches: int = 0, taken: int = 0) -> dict[str, dict[str, int]]:
    return {"summary": {"num_statements": lines, "covered_lines": ran, "num_branches": branches,
                        "covered_branches": taken}}  # fmt: skip


@pytest.mark.parametrize(
    ("measured", "goal", "enough"),
    [
        ({"src/lockedset/a.py": file(10, 10, 4, 4)}, 100, True),
        ({"src/lockedset/a.py": file(10, 10, 4, 3)}, 100, False),
        ({"src/lockedset/a.py": file(10, 9)}, 100, False),
        ({"src/lockedset/a.py": file(10, 10), "src/lockedset/b.py": file(10, 9)}, 95, True),
        ({"src/lockedset/a.py": file(100, 94)}, 95, False),
        ({"src/other/a.py": file(10, 10)}, 95, False),
        ({}, 95, False),
    ],
)
def test_the_gate_of_coverage(measured: dict[str, dict[str, dict[str, int]]], goal: float, enough: bool) -> None:
    text, reached = report(by_package(measured), {"lockedset": goal})
    assert reached is enough
    assert ("MISSED" in text) is not enough


def test_the_package_is_what_comes_after_the_last_folder_of_packages() -> None:
    found = by_package({"x/src/y/site-packages/lockproof/judge/wgl.py": file(3, 2)})
    assert found == {"lockproof": {"lockproof/judge/wgl.py": Covered(3, 2)}}


def phase(status: int, counts: Counts, name: str = "tests") -> Phase:
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


def selected(command: list[str]) -> str:
    """The expression that selects tests by their marks; the first -m is the interpreter's."""
    return command[command.index("-m", command.index("pytest")) + 1] if command.count("-m") > 1 else ""


def planned(selection: Selection, *extra: str) -> dict[str, list[str]]:
    return {each.name: each.command for each in suite.phases(selection, extra)}


UNMARKED = "not nightly and not one_build and not two_builds"


def test_a_push_on_an_ordinary_build_runs_no_test_for_other_builds_and_no_nightly_one() -> None:
    by_name = planned(Selection(False, False, False, False))
    assert list(by_name) == ["tests", "alone", "compiled", "compiled-alone"]
    for command in by_name.values():
        assert "ci.gil_plugin" in command and "coverage" not in command
    for name, beside in (("tests", "alone"), ("compiled", "compiled-alone")):
        assert selected(by_name[name]) == f"not all_processors and not untraced and {UNMARKED}"
        assert selected(by_name[beside]) == f"(all_processors or untraced) and {UNMARKED}"
        processes = 3 if name == "tests" else 2
        assert f"--numprocesses={processes}" in by_name[name] and "--numprocesses" not in str(by_name[beside])


def test_each_phase_says_which_implementation_it_is_about() -> None:
    for selection in (Selection(True, True, True, True), Selection(False, False, False, False)):
        for each in suite.phases(selection, []):
            compiled = each.name in ("compiled", "compiled-alone", "threads")
            assert each.environment["LOCKEDSET_PURE"] == ("0" if compiled else "1"), each.name


def test_a_push_on_an_ordinary_build_tries_few_examples_and_the_others_many() -> None:
    ordinary = suite.phases(Selection(False, False, False, False), [])
    assert ["HYPOTHESIS_PROFILE" in each.environment for each in ordinary] == [False, False, True, True]
    for selection in (Selection(True, False, False, False), Selection(False, True, False, False)):
        assert not any("HYPOTHESIS_PROFILE" in each.environment for each in suite.phases(selection, []))


def test_without_the_gil_the_phase_with_threads_has_what_another_one_leaves_out() -> None:
    by_name = planned(Selection(False, False, False, True))
    assert [f"--ignore={each}" for each in suite.LOCKEDSET] == by_name["compiled"][-5:-1]
    assert "--skip-thread-unsafe=True" not in by_name["threads"]


def test_a_selection_runs_on_both_implementations_where_it_is_about_lockedset() -> None:
    selection = Selection(False, True, True, False)
    by_name = planned(selection, "-k", "pickle")
    assert list(by_name) == ["tests", "alone", "compiled", "compiled-alone"]
    assert by_name["tests"][-2:] == ["-k", "pickle"]
    assert by_name["compiled"][-3:] == ["-k", "pickle", "tests/lockedset"]
    assert list(planned(selection, "tests/lockproof/judge")) == ["tests", "alone"]
    assert planned(selection, "tests/lockedset/api")["compiled"][-1] == "tests/lockedset/api"


def test_one_build_runs_the_tests_that_need_only_one() -> None:
    by_name = planned(Selection(False, True, False, False))
    assert "one_build" not in str(by_name) and "coverage" not in str(by_name)


def test_a_build_with_the_gil_and_one_without_run_the_tests_that_need_two() -> None:
    for selection in (Selection(False, True, False, False), Selection(False, False, False, True)):
        assert "two_builds" not in str(planned(selection))


def test_coverage_is_measured_of_the_tests_that_a_tracer_does_not_disturb() -> None:
    by_name = planned(Selection(False, True, True, False))
    assert by_name["coverage"][:3] == ["-m", "coverage", "run"]
    assert by_name["coverage"][-len(suite.LOCKEDSET) :] == list(suite.LOCKEDSET)
    assert "not untraced" in selected(by_name["coverage"][3:])
    assert "coverage" not in by_name["tests"] + by_name["alone"]
    assert "coverage" not in planned(Selection(False, True, False, False))


def test_the_implementation_in_python_is_tested_with_and_without_the_gil_and_on_all_builds_at_night() -> None:
    assert planned(Selection(False, True, True, False))["python"][-2:] == list(suite.IN_PYTHON[False])
    assert planned(Selection(False, False, False, True))["python"][-2:] == list(suite.IN_PYTHON[True])
    assert planned(Selection(True, False, False, False))["python"][-1] == suite.OF_LOCKEDSET


def test_every_night_lockproof_is_measured_too_with_the_processes_that_it_starts() -> None:
    by_name = planned(Selection(True, True, True, False))
    assert "--rcfile=ci/coverage_lockproof.toml" in by_name["coverage-lockproof"]
    assert "not nightly" in selected(by_name["coverage-lockproof"][3:])
    assert "coverage-lockproof" not in planned(Selection(False, True, True, False))


@pytest.mark.parametrize(("everything", "ran", "status"), [("1", 9, 1), ("1", 10, 0), ("0", 9, 0)])
def test_every_night_lockproof_has_a_goal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: str, ran: int, status: int
) -> None:
    monkeypatch.setenv("SUITE_ALL", everything)
    monkeypatch.setattr(covered, "combine", lambda file: None)
    lines_alone = {"summary": {"num_statements": 10, "covered_lines": ran}}
    told = tmp_path / "coverage.json"
    told.write_text(json.dumps({"files": {"src/lockproof/cli/commands.py": lines_alone}}), encoding="utf-8")
    assert covered.main(["--nightly", str(told), "lockproof=95"]) == status


def test_threads_of_one_test_meet_on_free_threaded_builds_and_every_night() -> None:
    push = planned(Selection(False, False, False, True))
    assert any(part.startswith("--parallel-threads=") for part in push["threads"])
    assert push["threads"][-len(suite.LOCKEDSET) :] == list(suite.LOCKEDSET)
    assert "threads" in planned(Selection(True, False, False, False))


def test_everything_is_all_marks() -> None:
    by_name = planned(Selection(True, True, False, True))
    assert not any(mark in str(by_name) for mark in ("nightly", "one_build", "two_builds"))


FILES_ALONE = [
    "tests/corpus/test_found.py",
    "tests/lockproof/campaign/test_check.py",
    "tests/outside/test_standard_library.py",
    "tests/repository/documents/test_crawler.py",
]
MARKS = "all_processors|untraced"
NAMED = re.compile(rf"\.({MARKS})\b|\bimport\b.*\b({MARKS})\b")
"""A use of the marks of the phase `alone`, as an attribute of whatever object or by an import."""


def test_the_files_of_the_phase_alone_are_all_that_name_its_marks() -> None:
    """A mark in a module that is no test, or by another name, would keep its test out of every phase."""
    named = {str(each) for each in Path("tests").rglob("*.py") if NAMED.search(each.read_text(encoding="utf-8"))}
    found = suite.marked_alone("tests")
    assert named == {*found}
    assert [each for each in found if not each.startswith(suite.OF_LOCKEDSET)] == FILES_ALONE


def test_every_test_is_in_one_phase_of_those_on_one_thread() -> None:
    for everything, whole in ((False, False), (True, True)):
        by_name = planned(Selection(everything, whole, False, False))
        assert f"--ignore={suite.OF_LOCKEDSET}" in by_name["tests"]
        assert by_name["alone"][-len(FILES_ALONE) :] == FILES_ALONE
        assert by_name["compiled"][-1] == by_name["compiled-alone"][-1] == suite.OF_LOCKEDSET
        rests = {name: selected(command).partition(" and not nightly")[0] for name, command in by_name.items()}
        for name, beside in (("tests", "alone"), ("compiled", "compiled-alone")):
            assert rests[name].startswith("not all_processors and not untraced")
            assert rests[beside].startswith("(all_processors or untraced)")


def test_what_would_change_what_pytest_does_is_taken_out_of_the_environment() -> None:
    given = {"COVERAGE_FILE": "x", "PYTHON_GIL": "1", "PYTEST_ADDOPTS": "-x", "HOME": "y"}
    assert suite.environment_of_the_tests(given) == {"COVERAGE_FILE": "x", "HOME": "y", "PYTHONFAULTHANDLER": "1"}


def test_coverage_of_an_earlier_run_is_not_counted(tmp_path: Path) -> None:
    data = tmp_path / "sub" / ".coverage"
    suite.clear_coverage(data)
    for name in (".coverage", ".coverage.host.pid1.x", ".coveragerc"):
        (tmp_path / "sub" / name).touch()
    suite.clear_coverage(data)
    assert [each.name for each in (tmp_path / "sub").iterdir()] == [".coveragerc"]


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
