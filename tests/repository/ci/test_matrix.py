"""Do the environments of tox, the workflows and the classifiers agree, and is *not run* never a pass?"""

from __future__ import annotations

import configparser
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ci import matrix, toolbox, verdicts
from ci.builds import OPTIONAL, REQUIRED, Build, Interpreter
from ci.matrix import (
    Plan,
    build_of,
    exit_status,
    plan,
    read_results,
    split_arguments,
    table_rows,
    tox_environment_variables,
    tox_environments,
)
from ci.reports import Counts, EnvironmentReport, Phase, Row
from ci.validation import COLUMNS

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FAMILIES = {"3.13", "3.14"}
"""The versions that the runners have: a later one has its tox environment first and joins when it is released."""


def workflow(name: str) -> dict[str, Any]:
    loaded = YAML(typ="safe", pure=True).load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def environments() -> list[str]:
    return tox_environments((ROOT / "tox.ini").read_text(encoding="utf-8"))


def steps() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in WORKFLOWS:
        for name, job in workflow(path.name)["jobs"].items():
            found += [(f"{path.name}: {name}", step) for step in job["steps"]]
    return found


def test_tox_has_an_environment_for_every_required_build() -> None:
    builds = [build for name in environments() if (build := build_of(name)) is not None]
    assert set(REQUIRED) <= set(builds)
    assert set(builds) <= {*REQUIRED, *OPTIONAL}
    assert set(builds) <= set(COLUMNS)


def test_the_workflow_s_matrix_is_tox_s() -> None:
    entries = workflow("ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    wanted = {build for name in environments() if (build := build_of(name)) is not None and build.minor in FAMILIES}
    assert {entry["tox"] for entry in entries["build"]} == {build.tox_env for build in wanted}
    assert {entry["python"] for entry in entries["build"]} == {build.name for build in wanted}
    for entry in entries["build"]:
        assert Build.parse(entry["python"]).tox_env == entry["tox"]
    assert {name.split("-")[0] for name in entries["os"]} == {"ubuntu", "macos", "windows"}


def test_the_workflow_leaves_out_no_environment_of_tox() -> None:
    jobs = workflow("ci.yml")["jobs"]
    asked = {entry["tox"] for entry in jobs["test"]["strategy"]["matrix"]["build"]}
    asked |= set(jobs["checks"]["strategy"]["matrix"]["tox"])
    for _, step in steps():
        asked |= set(re.findall(r"tox run -e ([\w-]+)", step.get("run", "")))
    later = {name for name in environments() if (build := build_of(name)) and build.minor not in FAMILIES}
    assert set(environments()) - asked == later


@pytest.mark.parametrize("folder", [".", "src/lockproof"])
def test_the_classifiers_name_the_versions_of_the_matrix(folder: str) -> None:
    described = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: "
    named = {
        text.removeprefix(prefix)
        for text in described["classifiers"]
        if re.fullmatch(re.escape(prefix) + r"3\.\d+", text)
    }
    tested = {build.minor for name in environments() if (build := build_of(name)) is not None}
    assert named <= tested, "a classifier claims a version that no environment tests"
    assert named >= FAMILIES
    assert any(text.startswith(prefix + "Free Threading") for text in described["classifiers"])
    assert described["requires-python"] == f">={min(REQUIRED).minor}"


def test_the_jobs_are_thin_and_pin_what_ci_pins() -> None:
    allowed = re.compile(
        r'python -m pip install "tox>=[\d.]+,<\d+"'
        r'|(DISTRIBUTIONS="\$\(echo dist/(\*\.whl|lockedset-\*\.tar\.gz dist/lockproof-\*\.whl)\)" )?'
        r'python -m tox run -e ("\$ENVIRONMENT"|[a-z]+)'
        r'( -- reports| -- --budget \d+s --min-score \d+| -- --dist dist( --tag "\$TAG")?)?'
        r"|\./ci/validate .*|\./ci/test --all"
        r"|sudo apt-get update && sudo apt-get install --yes --no-install-recommends [a-z0-9 -]+"
    )
    for where, step in steps():
        if "run" in step:
            assert allowed.fullmatch(step["run"].strip()), f"{where}: {step['run']}"
            if "pip install" in step["run"]:
                assert f'"{toolbox.TOX[0]}"' in step["run"]


PUBLISHING = ("release.yml", "publish")


def test_the_jobs_have_the_least_permissions() -> None:
    for path in WORKFLOWS:
        data = workflow(path.name)
        assert data["permissions"] == {}
        for name, job in data["jobs"].items():
            needed = {"contents": "read"}
            if (path.name, name) == PUBLISHING:
                needed = {"id-token": "write", "attestations": "write"}
            assert job["permissions"] == needed, name
            assert job["timeout-minutes"] <= (180 if path.name == "nightly.yml" else 60)
    pinned = re.compile(r"actions/[\w-]+@v\d+|pypa/[\w-]+@[0-9a-f]{40}|lockedset/lockedset@main")
    for where, step in steps():
        uses = step.get("uses", "")
        if uses:
            assert pinned.fullmatch(uses), f"{where}: {uses}"
        if uses.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_what_is_published_is_what_was_built_once_and_installed() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert [name for name, job in jobs.items() if "run -e dist" in str(job["steps"])] == ["dist"]
    assert jobs["install"]["needs"] == ["dist", "wheels"] and jobs["publish"]["needs"] == "install"
    assert jobs["publish"]["environment"] == "pypi"
    assert [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")


def test_a_release_has_a_wheel_with_the_core_for_each_build_and_makes_it_once() -> None:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((ROOT / "tox.ini").read_text(encoding="utf-8"))
    (alone,) = re.findall(r"^CIBW_BUILD = (.+)$", parser["testenv:wheels-313t"]["set_env"], re.MULTILINE)
    wanted = {f"cp{build.name.replace('.', '')}-*" for build in (*REQUIRED, *OPTIONAL)}
    assert sorted([alone, *described["tool"]["cibuildwheel"]["build"]]) == sorted(wanted)
    matrix_of_wheels = workflow("release.yml")["jobs"]["wheels"]["strategy"]["matrix"]
    assert matrix_of_wheels["tox"] == ["wheels", "wheels-313t"]
    assert {name.split("-")[0] for name in matrix_of_wheels["os"]} == {"ubuntu", "macos", "windows"}
    assert "CIBW_BUILD" not in parser["testenv:wheels"].get("set_env", "")
    assert described["tool"]["cibuildwheel"]["environment"] == {"LOCKEDSET_PURE": "0"}


def test_the_lint_environment_checks_every_workflow() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((ROOT / "tox.ini").read_text(encoding="utf-8"))
    commands = parser["testenv:lint"]["commands"]
    for path in WORKFLOWS:
        assert f".github/workflows/{path.name}" in commands
    assert re.search("zizmor --offline .* action.yml", commands) and "vendor.github-actions action.yml" in commands


def test_tox_and_the_private_environment_agree_on_tox_s_version() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((ROOT / "tox.ini").read_text(encoding="utf-8"))
    assert toolbox.TOX[0].startswith(f"tox>={parser['tox']['min_version']},")


@pytest.mark.parametrize(
    ("name", "build"), [("py313t", Build((3, 13), True)), ("py315", Build((3, 15))), ("lint", None), ("py", None)]
)
def test_the_build_of_an_environment(name: str, build: Build | None) -> None:
    assert build_of(name) == build


ALL = ["py313", "py313t", "py314", "lint", "coverage", "mutants", "install"]


def test_what_cannot_run_is_left_out_with_the_reason() -> None:
    chosen = plan(ALL, ["3.13", "3.13t"], {"3.14": ("uv: no", "source: 404")}, selection=False)
    assert chosen.run == ("py313", "py313t", "lint", "mutants", "install")
    assert chosen.left_out == {
        "py314": "no CPython 3.14: uv: no; source: 404",
        "coverage": "it needs py314 in the same run",
    }


def test_coverage_needs_the_build_that_measures_it_and_a_selection_has_neither_coverage_nor_mutants() -> None:
    have = ["3.13", "3.13t", "3.14"]
    assert plan(ALL, have, {}, selection=True).run == ("py313", "py313t", "py314", "lint")
    assert "coverage" in plan(["py313", "coverage"], have, {}, selection=False).left_out
    assert "coverage" in plan(["py314", "coverage"], have, {}, selection=False).run


def test_some_build_always_runs_the_tests_that_need_only_one() -> None:
    assert Plan(("lint", "py313", "py314"), {}).whole == "py314"
    assert Plan(("lint", "py313t", "py313"), {}).whole == "py313t"
    assert Plan(("lint",), {}).whole == "py314"


def test_rows_of_the_final_table(tmp_path: Path) -> None:
    ran = EnvironmentReport("py313", "3.13.15", (Phase("one thread", 0, 1.0, Counts(5, 0, 1)),))
    (tmp_path / "py313.json").write_text(ran.to_json())
    chosen = Plan(("py313", "py313t", "lint", "types"), {"py314": "no CPython 3.14: source: 404"})
    results = {"py313": (True, 2.0), "py313t": (True, 1.0), "lint": (False, 1.0)}
    rows = table_rows(chosen, ["py313", "py313t", "py314", "lint", "types"], results, tmp_path)
    assert [(row.environment, row.outcome) for row in rows] == [
        ("py313", "passed"),
        ("py313t", "failed"),
        ("py314", "not run"),
        ("lint", "failed"),
        ("types", "failed"),
    ]
    assert rows[0].detail == "5 passed, 0 failed, 1 skipped on 3.13.15"
    assert rows[1].detail == "left no report of its tests"
    shown = matrix.show(rows).splitlines()
    assert shown[-1] == "not run: py314: source: 404"
    assert any(re.fullmatch(r"py314 +not run +no CPython 3\.14", line) for line in shown)


@pytest.mark.parametrize(
    ("rows", "named", "status"),
    [
        ([Row("py313", "passed"), Row("py314t", "not run")], [], 0),
        ([Row("py313", "passed"), Row("py314t", "not run")], ["py314t"], 1),
        ([Row("py313", "passed"), Row("py315", "not run")], [], 1),
        ([Row("py313", "passed"), Row("py313t", "not run")], [], 1),
        ([Row("py313", "passed"), Row("lint", "failed")], [], 1),
        ([Row("py314", "not run")], [], 1),
        ([], [], 1),
    ],
)
def test_exit_status(rows: list[Row], named: list[str], status: int) -> None:
    assert exit_status(rows, named) == status


def test_tox_s_own_results() -> None:
    text = json.dumps({"testenvs": {"py313": {"result": {"success": True, "duration": 3.5}}, ".pkg": {}}})
    assert read_results(text) == {"py313": (True, 3.5)}


def test_tox_finds_the_chosen_interpreters_first_and_uv_chooses_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PATH": "/bin", "UV_PYTHON": "3.9", "TOX_OVERRIDE": "x", "PYTEST_ADDOPTS": "-x"}.items():
        monkeypatch.setenv(name, value)
    system = Interpreter(Build((3, 13)), (3, 13, 15), Path("/usr/bin/python3.13"), "PATH")
    ours = Interpreter(Build((3, 13), True), (3, 13, 15), tmp_path / "builds" / "3.13.15t" / "bin" / "python3.13t", "x")
    env = tox_environment_variables([system, ours], tmp_path)
    assert env["PATH"].split(os.pathsep) == [str(ours.path.parent), str(system.path.parent), "/bin"]
    assert env["UV_PYTHON_DOWNLOADS"] == "never"
    assert not {"UV_PYTHON", "TOX_OVERRIDE", "PYTEST_ADDOPTS"} & env.keys()


def test_arguments_after_the_dashes_are_pytest_s() -> None:
    assert split_arguments(["py313t", "--", "-k", "x", "--", "y"]) == (["py313t"], ["-k", "x", "--", "y"])
    assert split_arguments(["py313t"]) == (["py313t"], [])


def test_the_table_of_validation_has_every_build_of_tox() -> None:
    columns = verdicts.merge(verdicts.PYTHON, [verdicts.BuildReport(build, not_run="x") for build in COLUMNS]).columns
    assert {build.name for name in environments() if (build := build_of(name))} <= set(columns)
