"""Is each of the two distributions what it says: its files, its version, what it needs, and what it brings along?

The wheels are those in pure Python. `test_core_build.py` asks about the compiled core.
"""

from __future__ import annotations

import doctest
import importlib.metadata
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import lockedset
import lockproof
from ci.documents import blocks, examples

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = {"lockedset": ROOT, "lockproof": ROOT / "src" / "lockproof"}
MODULES = {"lockedset": lockedset, "lockproof": lockproof}
LONGEST = 100

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def described(name: str) -> dict[str, Any]:
    return tomllib.loads((PROJECTS[name] / "pyproject.toml").read_text(encoding="utf-8"))


class Built:
    """A source archive, the wheel of the same tree, and the wheel of the source archive."""

    def __init__(self, name: str, place: Path) -> None:
        self.name = name
        self.archive = self._archive(place / "archive")
        self.wheel = self._wheel(PROJECTS[name], place / "wheel")
        self.wheel_of_archive = self._wheel(self.archive, place / "again")

    def _archive(self, place: Path) -> Path:
        code = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
        self._python("-c", code, place)
        (made,) = place.iterdir()
        return made

    def _wheel(self, source: Path, place: Path) -> Path:
        self._python("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place, source)
        (made,) = place.iterdir()
        return made

    def _python(self, *words: str | Path) -> None:
        done = subprocess.run(
            [sys.executable, *words], cwd=PROJECTS[self.name], env=os.environ | {"LOCKEDSET_PURE": "1"},
            capture_output=True, text=True, timeout=LONGEST, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def files(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as opened:
            return {name for name in opened.namelist() if ".dist-info/" not in name}

    def metadata(self) -> Message:
        with zipfile.ZipFile(self.wheel) as opened:
            return message_from_bytes(opened.read(f"{self.wheel.name.split('-py3')[0]}.dist-info/METADATA"))

    def entry_points(self) -> str:
        name = f"{self.wheel.name.split('-py3')[0]}.dist-info/entry_points.txt"
        with zipfile.ZipFile(self.wheel) as opened:
            return opened.read(name).decode() if name in opened.namelist() else ""

    def in_archive(self) -> set[str]:
        with tarfile.open(self.archive) as opened:
            return {name.partition("/")[2] for name in opened.getnames()}


@pytest.fixture(scope="module", params=PROJECTS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(request.param, tmp_path_factory.mktemp(request.param))


def test_a_wheel_is_the_same_from_the_tree_and_from_the_source_archive(built: Built) -> None:
    assert built.wheel.name == built.wheel_of_archive.name == f"{built.name}-{lockedset.__version__}-py3-none-any.whl"
    assert built.wheel.read_bytes() == built.wheel_of_archive.read_bytes()


def test_a_wheel_holds_the_files_of_its_package_alone(built: Built) -> None:
    package = ROOT / "src" / built.name
    sources = {path.relative_to(package.parent).as_posix() for path in package.rglob("*.py*") if path.suffix != ".pyc"}
    page = package / "report" / "html"
    starter = package / "cli" / "starter" / "templates"
    files = [*page.glob("page.*"), *page.glob("templates/*.html"), *starter.glob("*.template")]
    assert bool(files) is (built.name == "lockproof")
    sources |= {path.relative_to(package.parent).as_posix() for path in files}
    assert built.files() == sources - {"lockedset/native/build_hook.py"} | {f"{built.name}/py.typed"}


def test_the_source_archive_holds_the_licence_and_what_the_wheel_is_made_of(built: Built) -> None:
    inside = built.in_archive()
    prefix = "" if built.name == "lockproof" else "src/"
    assert {"LICENSE", "pyproject.toml"} <= inside
    assert {name.removeprefix("lockproof/") for name in built.files()} <= {name.removeprefix(prefix) for name in inside}
    assert not [name for name in inside if name.startswith(("tests", "ci", "benchmarks", "docs"))]


@pytest.mark.parametrize("built", ["lockedset"], indirect=True)
def test_the_set_needs_nothing_and_brings_only_itself(built: Built) -> None:
    assert built.metadata().get_all("Requires-Dist") is None
    assert built.metadata().get_all("Provides-Extra") is None
    assert built.entry_points() == ""


@pytest.mark.parametrize("built", ["lockproof"], indirect=True)
def test_the_harness_brings_its_command_and_its_plugin_and_does_not_need_the_set(built: Built) -> None:
    lines = built.metadata().get_all("Requires-Dist", [])
    needed = {re.split(r"[<>=~!; ]", each)[0] for each in lines if "extra ==" not in each}
    assert needed == {"click", "cloudpickle", "rich"}
    assert [each.partition(";")[0].strip() for each in lines if "extra ==" in each] == [
        "distributed>=2026.1",
        "jinja2>=3.1",
    ]
    assert built.metadata().get_all("Provides-Extra") == ["dask", "html"]
    assert built.entry_points().split("\n\n") == [
        "[console_scripts]\nlockproof = lockproof.__main__:main",
        "[pytest11]\nlockproof = lockproof.testing.pytest_plugin\n",
    ]


def test_both_have_one_version_and_it_is_the_installed_one() -> None:
    assert lockedset.__version__ == lockproof.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|(a|b|rc)\d+)?", lockedset.__version__)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_version_stands_in_the_package(name: str) -> None:
    project = described(name)
    assert "version" in project["project"]["dynamic"]
    source = (PROJECTS[name] / project["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "([^"]+)"$', source, re.MULTILINE) == [MODULES[name].__version__]


@pytest.mark.parametrize("name", PROJECTS)
def test_the_installed_version_is_that_of_the_package(name: str) -> None:
    assert importlib.metadata.version(name) == MODULES[name].__version__


@pytest.mark.parametrize("name", PROJECTS)
def test_a_package_is_typed_and_says_so(name: str) -> None:
    assert (ROOT / "src" / name / "py.typed").is_file()
    assert "Typing :: Typed" in described(name)["project"]["classifiers"]


URL = "https://github.com/lockedset/lockedset"


@pytest.mark.parametrize("name", PROJECTS)
def test_what_an_index_shows_does_not_depend_on_where_it_stands(name: str) -> None:
    text = (PROJECTS[name] / described(name)["project"]["readme"]).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert f"{URL}#readme" in links
    inside = {link.removeprefix(f"{URL}/blob/main/") for link in {*links, *described(name)["project"]["urls"].values()}}
    for each in inside:
        assert each.startswith(URL) or (ROOT / each).is_file(), each
    assert f"pip install {name}" in text


@pytest.mark.parametrize("name", PROJECTS)
def test_what_an_index_shows_runs(name: str) -> None:
    text = (PROJECTS[name] / described(name)["project"]["readme"]).read_text(encoding="utf-8")
    for block in blocks(text, "python"):
        if ">>> " not in block:
            compile(block, name, "exec")
    test = doctest.DocTestParser().get_doctest(examples(text), {}, name, name, 0)
    assert (name == "lockedset") is bool(test.examples)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_both_have_one_licence() -> None:
    assert (ROOT / "LICENSE").read_text() == (PROJECTS["lockproof"] / "LICENSE").read_text()
