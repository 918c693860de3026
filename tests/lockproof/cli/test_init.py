"""Does `lockproof init` add what a check needs, keep each byte that was there, and write all or nothing?"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lockproof.audit.modules import modules_of
from lockproof.cli import commands as cli
from lockproof.cli.configuration import read_configuration
from lockproof.cli.starter import file_plan
from lockproof.core.import_path import import_from_here
from tests.lockproof.cli.projects import LOCKED, PROJECTS, written
from tests.repository.documents.blocks import ROOT

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="catches what is printed, changes the directory")]

TESTS = {"flat and tool.tox": "test/test_lockproof.py"}
WORKFLOW = ".github/workflows/lockproof.yml"

type Started = Callable[..., tuple[int, str, str]]


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Started:
    """Return a function that runs `lockproof init` in the directory of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["init", *arguments])
        return status, *capsys.readouterr()

    return run


def contents(place: Path) -> dict[str, bytes]:
    return {each.relative_to(place).as_posix(): each.read_bytes() for each in place.rglob("*") if each.is_file()}


def environment(place: Path) -> dict[str, Any]:
    """Return the environment of tox, from the file that has it."""
    tool = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    if "tox" in tool and "env" in tool["tox"]:
        return dict(tool["tox"]["env"]["lockproof"])
    parser = configparser.ConfigParser(interpolation=None)
    if "tox" in tool:
        parser.read_string(tool["tox"]["legacy_tox_ini"])
    else:
        parser.read([place / "tox.ini", place / "setup.cfg"])
    return dict(parser["testenv:lockproof"])


@pytest.mark.parametrize("kind", PROJECTS)
def test_everything_is_added_and_what_was_there_stays(tmp_path: Path, started: Started, kind: str) -> None:
    before = contents(written(tmp_path, PROJECTS[kind]))
    status, out, err = started()
    assert (status, err) == (0, "")
    after, test = contents(tmp_path), TESTS.get(kind, "tests/test_lockproof.py")
    assert {*after} - {*before} == {WORKFLOW, test} | (
        {"pyproject.toml", "tox.ini"} - {*before} if "tox.ini" in after else set()
    )
    for name, data in before.items():
        assert after[name].startswith(data) and (after[name] == data) is (name not in ("pyproject.toml", "tox.ini"))
    for profile, budget in (("dev", 10.0), ("ci", 60.0)):
        (target,) = read_configuration(tmp_path, profile, {})
        assert (target.target, target.options.budget) == ("thing", budget)
    assert cli.main(["config", "--profile", "ci"]) == 0
    assert "import Counter" in after[test].decode() and "lockproof.check(Counter)" in after[test].decode()
    rows = [line.split()[0] for line in out.splitlines() if line.endswith(("made", "extended"))]
    assert {*rows} == {name for name in after if after[name] != before.get(name)}
    assert out.endswith("\nnext: tox -e lockproof\n")


@pytest.mark.parametrize("kind", PROJECTS)
def test_the_second_time_nothing_changes(tmp_path: Path, started: Started, kind: str) -> None:
    written(tmp_path, PROJECTS[kind])
    assert started()[0] == 0
    before = contents(tmp_path)
    status, out, err = started()
    assert (status, err, contents(tmp_path)) == (0, "", before)
    assert out.count("there already: left alone") == 4


@pytest.mark.parametrize("kind", PROJECTS)
def test_a_dry_run_shows_all_and_writes_nothing(tmp_path: Path, started: Started, kind: str) -> None:
    before = contents(written(tmp_path, PROJECTS[kind]))
    status, shown, _ = started("--dry-run")
    assert (status, contents(tmp_path)) == (0, before)
    assert shown.count("would be ") == 4 and shown.endswith("next: lockproof init\n")
    started()
    flat = " ".join(shown.split())
    for name, data in contents(tmp_path).items():
        added = data.removeprefix(before.get(name, b"")).decode()
        assert " ".join(added.partition("[tool.tox.env")[0].split()) in flat


@pytest.mark.parametrize("kind", PROJECTS)
def test_pytest_collects_the_test_and_skips_it_without_lockproof(tmp_path: Path, started: Started, kind: str) -> None:
    written(tmp_path, PROJECTS[kind])
    started()
    test = TESTS.get(kind, "tests/test_lockproof.py")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "src"), str(tmp_path), *sys.path])}
    for more, status, says in (([], 0, "1 test collected"), (["-p", "no_lockproof"], 5, "no tests collected")):
        (tmp_path / "no_lockproof.py").write_text("import sys\nsys.modules['lockproof'] = None\n", encoding="utf-8")
        without = ["-p", "no:lockproof", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", *without, *more, test],
            cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == status and says in done.stdout, done.stdout + done.stderr


LEGACY = "[tool.tox]\nlegacy_tox_ini = {0}\n[tox]\nenv_list = py\n{0} # the end\n[tool.other]\nx = 'ü'\n"
PLACES: dict[str, tuple[dict[str, str], str]] = {
    "setup.cfg": ({"setup.cfg": "[tox:tox]\nenv_list = py\n"}, "setup.cfg"),
    "tox.toml": ({"tox.toml": 'env_list = ["py"]\n[env_run_base]\ndeps = "-r more.txt"\n'}, "tox.toml"),
    "legacy, basic": ({"pyproject.toml": LEGACY.format('"""')}, "pyproject.toml"),
    "legacy, literal": ({"pyproject.toml": LEGACY.format("'''")}, "pyproject.toml"),
    "legacy, CRLF": ({"pyproject.toml": LEGACY.format('"""').replace("\n", "\r\n")}, "pyproject.toml"),
    "tox.ini before others": ({"tox.ini": "[tox]\n", "tox.toml": ""}, "tox.ini"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_the_environment_goes_where_tox_looks(tmp_path: Path, started: Started, kind: str) -> None:
    files, file = PLACES[kind]
    before = contents(written(tmp_path, files | {"thing.py": LOCKED}))
    status, _, err = started()
    assert (status, err) == (0, "")
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} - {file} == {
        WORKFLOW, "tests/test_lockproof.py", *({"pyproject.toml"} - {file}),
    }  # fmt: skip
    text = after[file].decode()
    if file == "tox.toml":
        found = tomllib.loads(text)["env"]["lockproof"]
        assert found["deps"] == ["-r more.txt", "lockproof", "pytest"] and found["skip_install"] is True
    else:
        assert environment(tmp_path)["commands"].split()[:2] == ["lockproof", "check"]
    start, _, end = before[file].partition(b" # the end")
    assert after[file].startswith(start.rstrip(b"\"'")) and end in after[file]
    assert not re.search(rb"[^\r]\n", after[file]) if kind.endswith("CRLF") else b"\r" not in after[file]
    assert started()[1].count("left alone") == 4 and contents(tmp_path) == after


@pytest.mark.parametrize("kind", PROJECTS)
def test_the_command_of_the_environment_is_understood(tmp_path: Path, started: Started, kind: str) -> None:
    written(tmp_path, PROJECTS[kind])
    started()
    found = environment(tmp_path)
    if kind == "flat and tool.tox":
        words = [*found["commands"][0][:2], *found["commands"][0][2]["default"]]
        reference, *deps = found["deps"]
        assert reference["of"] == ["tool", "tox", "env_run_base", "deps"]
    else:
        words = shlex.split(re.sub(r"\{posargs:(.*)\}", r"\1", found["commands"].strip().splitlines()[0]))
        deps = found["deps"].split()[-2:]
        assert ("{[testenv]deps}" in found["deps"]) is ("tox.ini" in PROJECTS[kind])
    assert deps == ["lockproof", "pytest"]
    assert ("skip_install" in found) is (kind == "one module and nothing")
    context = cli.cli.commands[words[1]].make_context(words[1], words[2:])
    assert context.params["profile"] == "dev" and context.params["target"] is None


@pytest.mark.parametrize("kind", PROJECTS)
def test_the_workflow_calls_the_reusable_one_with_what_it_takes(tmp_path: Path, started: Started, kind: str) -> None:
    written(tmp_path, PROJECTS[kind])
    started()
    yaml = YAML(typ="safe", pure=True)
    workflow = yaml.load((tmp_path / WORKFLOW).read_text(encoding="utf-8"))
    assert workflow["permissions"] == {} and workflow["jobs"]["check"]["permissions"] == {"contents": "read"}
    used = yaml.load((ROOT / WORKFLOW).read_text(encoding="utf-8"))
    (trigger,) = (used[key] for key in ("on", True) if key in used)
    job = workflow["jobs"]["check"]
    assert job["uses"] == f"lockedset/lockedset/{WORKFLOW}@main"
    assert job["with"].keys() <= trigger["workflow_call"]["inputs"].keys()
    assert job["with"].get("requirements") == ("." if "pyproject.toml" in PROJECTS[kind] else None)


NAMED = '[project]\nname = "company.thing"\n'
LAYOUTS: dict[str, tuple[dict[str, str], str]] = {
    "namespace": ({"src/company/group/thing/__init__.py": ""}, "company.group.thing"),
    "namespace by name": (
        {"pyproject.toml": NAMED, "src/company/thing/__init__.py": "", "src/company/other/__init__.py": ""},
        "company.thing",
    ),
    "namespace without any init": (
        {"pyproject.toml": NAMED, "company/thing/a.py": "", "company/thing/b.py": ""}, "company.thing",
    ),
    "beside tests and docs": (
        {"thing/__init__.py": "", "tests/__init__.py": "", "docs/conf.py": "", "setup.py": ""}, "thing",
    ),
    "package before modules": ({"thing/__init__.py": "", "run.py": "", "helper.py": ""}, "thing"),
    "name of the project": ({"pyproject.toml": '[project]\nname = "b"\n', "a.py": "", "b.py": ""}, "b"),
    "flit": ({"pyproject.toml": '[tool.flit.module]\nname = "b"\n', "a.py": "", "b.py": ""}, "b"),
    "hatch": (
        {"pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["lib/b"]\n', "a.py": "", "lib/b/x.py": ""},
        "b",
    ),
    "poetry": (
        {"pyproject.toml": '[tool.poetry]\npackages = [{ include = "b", from = "lib" }]\n', "a.py": "", "lib/b.py": ""},
        "b",
    ),
    "setuptools": ({"pyproject.toml": '[tool.setuptools]\npy-modules = ["b"]\n', "a.py": "", "b.py": ""}, "b"),
    "setuptools, where": (
        {"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["lib"]\n', "a.py": "", "lib/b/__init__.py": ""},
        "b",
    ),
    "setup.cfg": ({"setup.cfg": "[options]\npackage_dir =\n    =lib\n", "a.py": "", "lib/b/__init__.py": ""}, "b"),
    "setup.py": ({"setup.py": "import x\nx.setup(name='b', y=1 + x)\n", "a.py": "", "b.py": ""}, "b"),
    "uv": (
        {"pyproject.toml": '[tool.uv.build-backend]\nmodule-name = "b"\nmodule-root = ""', "src/a.py": "", "b.py": ""},
        "b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LAYOUTS)
def test_the_package_is_found(tmp_path: Path, started: Started, kind: str) -> None:
    files, name = LAYOUTS[kind]
    written(tmp_path, files)
    assert started()[0] == 0
    text = (tmp_path / "tests" / "test_lockproof.py").read_text(encoding="utf-8")
    assert f"Does {name} stay correct" in text
    (target,) = read_configuration(tmp_path, "dev", {})
    assert target.target in (name, f"src/{name.replace('.', '/')}", f"lib/{name}")


@pytest.mark.parametrize("kind", LAYOUTS)
def test_the_target_is_found_before_anything_is_installed(
    tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    files, _ = LAYOUTS[kind]
    code = "class Counter:\n    def add(self): pass\n"
    written(tmp_path, {name: text or code for name, text in files.items()})
    assert started()[0] == 0
    monkeypatch.setattr(sys, "path", [*sys.path])
    import_from_here()
    (target,) = read_configuration(tmp_path, None, {})
    found = modules_of(target.target)
    assert found is not None
    assert {each.resolve().is_relative_to(tmp_path.resolve()) for each in found.files} == {True}


@pytest.mark.parametrize("given", ["b", "src/b.py", "src/b"])
def test_several_packages_are_listed_and_one_can_be_named(tmp_path: Path, started: Started, given: str) -> None:
    before = contents(written(tmp_path, {"src/a.py": "", "src/b.py": "", "pyproject.toml": "[project]\nname = 'x'\n"}))
    status, out, err = started()
    assert (status, out, contents(tmp_path)) == (2, "", before)
    assert (
        f"several packages or modules in {tmp_path}: a, b\n" in err and "next step: name one: lockproof init a" in err
    )
    assert started("c")[2].endswith("next step: choose from a, b\n")
    assert started(given)[0] == 0
    assert read_configuration(tmp_path, None, {})[0].target == "b"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "there is no Python package and no module in"),
        ({"tests/test_a.py": ""}, "there is no Python package and no module in"),
        ({"a.py": "", "pyproject.toml": "[project\n"}, "pyproject.toml is no TOML"),
        ({"a.py": "", "pyproject.toml": "tool = {}\n"}, "pyproject.toml has no place for [tool.lockproof] at its end"),
        ({"a.py": "", "tox.ini": "env_list = py\n"}, "tox.ini is no INI file"),
        ({"a.py": "", "tox.toml": "x =\n"}, "tox.toml is no TOML"),
        ({"a.py": "", "tox.toml": "env = { a = {} }\n"}, "tox.toml has no place for [env.lockproof] at its end"),
        ({"a.py": "", "pyproject.toml": "[tool.tox]\nlegacy_tox_ini = '[tox]'\n"}, "no place for [testenv:lockproof]"),
        ({"a.py": "", ".github": ""}, f"{WORKFLOW} cannot be written: .github is no directory"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    tmp_path: Path, started: Started, files: dict[str, str], says: str
) -> None:
    before = contents(written(tmp_path, files))
    status, out, err = started()
    assert (status, out, contents(tmp_path)) == (2, "", before)
    assert says in err and "next step: " in err and "Traceback" not in err
    assert not (tmp_path / "tests" / "test_lockproof.py").exists()


def test_a_directory_that_is_read_only_is_refused(
    tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(written(tmp_path, {"thing.py": LOCKED}))
    monkeypatch.setattr(
        file_plan.os, "access", lambda place, mode: place != tmp_path.resolve()
    )  # root may write everywhere
    status, _, err = started()
    assert (status, contents(tmp_path)) == (2, before)
    assert "pyproject.toml cannot be written: the directory is read-only" in err


@pytest.mark.parametrize("last", ["pyproject.toml", "tox.ini", "lockproof.yml", "test_lockproof.py"])
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_write_that_fails_undoes_those_before_it(
    tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch, last: str, step: str
) -> None:
    before = contents(written(tmp_path, PROJECTS["src and tox.ini"]))
    folders = {*tmp_path.rglob("*")}
    real = getattr(Path, step)

    def failing(path: Path, given: Any) -> Any:
        if path.name.startswith(f".{last}."):
            raise OSError(28, "No space left on device")
        return real(path, given)

    monkeypatch.setattr(Path, step, failing)
    status, _, err = started()
    assert (status, contents(tmp_path)) == (2, before)
    assert {*tmp_path.rglob("*")} == folders
    assert f"{last} cannot be written: No space left on device" in err


def test_a_link_and_the_mode_of_a_file_stay(tmp_path: Path, started: Started) -> None:
    written(tmp_path, {"thing.py": LOCKED, "elsewhere/real.toml": "[tool.other]\n"})
    (tmp_path / "elsewhere" / "real.toml").chmod(0o640)
    (tmp_path / "pyproject.toml").symlink_to("elsewhere/real.toml")
    assert started()[0] == 0
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert (tmp_path / "elsewhere" / "real.toml").stat().st_mode & 0o777 == 0o640
    assert read_configuration(tmp_path, None, {})[0].target == "thing"


def test_what_is_there_under_the_same_names_is_left_alone(tmp_path: Path, started: Started) -> None:
    files = {
        "thing.py": LOCKED, "pyproject.toml": "[tool.lockproof]\nbudget = '1s'\n", WORKFLOW: "mine\n",
        "tox.ini": "[testenv:{lint,lockproof}]\ncommands = mine\n", "tests/test_lockproof.py": "mine\n",
    }  # fmt: skip
    before = contents(written(tmp_path, files))
    status, out, _ = started()
    assert (status, contents(tmp_path)) == (0, before)
    assert out.count("there already: left alone") == 4


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        ('[tool.pytest.ini_options]\ntestpaths = ["missing", "checks"]\n', "checks/test_lockproof.py"),
        ('[tool.pytest]\ntestpaths = ["checks"]\npython_files = ["*_test.py"]\n', "checks/lockproof_test.py"),
        ("", "tests/test_lockproof.py"),
    ],
)
def test_the_test_goes_where_pytest_looks(tmp_path: Path, started: Started, settings: str, file: str) -> None:
    written(tmp_path, {"thing.py": LOCKED, "pyproject.toml": settings, "checks/x.txt": ""})
    assert started()[0] == 0
    assert (tmp_path / file).is_file() and file in environment(tmp_path)["commands"]


def test_what_the_tests_of_the_project_need_is_installed(tmp_path: Path, started: Started) -> None:
    written(
        tmp_path, {"thing.py": LOCKED, "pyproject.toml": "[dependency-groups]\ntest = ['x']\n", "requirements.txt": ""}
    )
    assert started()[0] == 0
    found = environment(tmp_path)
    assert found["dependency_groups"] == "test" and found["deps"].split() == [
        "-r",
        "requirements.txt",
        "lockproof",
        "pytest",
    ]
    assert "requirements: -r requirements.txt" in (tmp_path / WORKFLOW).read_text(encoding="utf-8")


FIT = "class B:\n  def b(self): self.x = 1\n"
CLASSES = {
    "a lock before none": (
        "class A:\n  def a(self): self.x = 1\nclass B:\n  def b(self):\n    with self._lock: self.x = 1\n", "B",
    ),
    "threading by another name": (
        "from threading import RLock as R\nclass A:\n  def a(self): self.x = 1\nclass B:\n  def b(self): R()\n", "B",
    ),
    "what changes before what does not": (f"class A:\n  def a(self): return 1\n{FIT}", "B"),
    "no arguments before some": (
        f"class A:\n  def __init__(self, x): pass\n  def a(self): self.x = 1\n{FIT}", "B",
    ),
    "no exception": (f"class A(ValueError, Exception):\n  def a(self): self.x = 1\n{FIT}", "B"),
    "no protocol": (f"class A(typing.Protocol[int]):\n  def a(self): self.x = 1\n{FIT}", "B"),
    "nothing private": (f"class _A:\n  def a(self): self.x = 1\n{FIT}", "B"),
    "nothing abstract": (f"class A:\n  @abc.abstractmethod\n  def a(self): self.x = 1\n{FIT}", "B"),
    "none": ("class A:\n  def _a(self): pass\ndef f(): pass\n", None),
    "no Python": ("class A(:\n", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLASSES)
def test_the_class_that_fits_best_is_tested(tmp_path: Path, started: Started, kind: str) -> None:
    source, name = CLASSES[kind]
    written(tmp_path, {"thing.py": f"{source}"})
    assert started()[0] == 0
    text = (tmp_path / "tests" / "test_lockproof.py").read_text(encoding="utf-8")
    assert f"lockproof.check({name or chr(34) + 'thing' + chr(34)})" in text
    assert (f"from thing import {name}\n" in text) is (name is not None)


def test_a_class_is_imported_from_where_the_package_exports_it(tmp_path: Path, started: Started) -> None:
    written(tmp_path, {"thing/__init__.py": "from thing._inner import Counter\n", "thing/_inner.py": LOCKED})
    assert started()[0] == 0
    assert "from thing import Counter\n" in (tmp_path / "tests" / "test_lockproof.py").read_text(encoding="utf-8")


def test_nothing_of_the_project_is_run(tmp_path: Path, started: Started) -> None:
    bad = f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(7)\n"
    written(tmp_path, {"thing/__init__.py": bad + LOCKED, "setup.py": bad, "tests/conftest.py": bad})
    assert started()[0] == 0
    assert not (tmp_path / "ran").exists()


def ran(place: Path, *words: str | Path, **variables: str) -> str:
    """Run a command without the variables of tox and pytest that this process has, and return its output."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith(("TOX", "PYTHONPATH", "PYTEST"))}
    done = subprocess.run(
        [*map(str, words)],
        cwd=place,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tox_and_wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the interpreter of an environment with tox, and a directory with a wheel of lockproof."""
    place = tmp_path_factory.mktemp("tox")
    python = place / "venv" / "bin" / "python"
    ran(place, sys.executable, "-m", "venv", place / "venv")
    ran(place, python, "-m", "pip", "install", "tox>=4.30")
    ran(place, python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", place / "wheels", ROOT / "src" / "lockproof")
    return python, place / "wheels"


@pytest.mark.nightly(reason="it installs tox and a project from the network; a push reads the environment instead")
@pytest.mark.parametrize("kind", PROJECTS)
def test_tox_runs_the_environment(
    tmp_path: Path, started: Started, tox_and_wheels: tuple[Path, Path], kind: str
) -> None:
    written(tmp_path, PROJECTS[kind])
    assert started()[0] == 0
    python, wheels = tox_and_wheels
    output = ran(tmp_path, python, "-m", "tox", "run", "-e", "lockproof", PIP_FIND_LINKS=str(wheels))
    assert re.search(r"^(\d) targets: HELD \1;", output, re.MULTILINE) and "1 held" in output
