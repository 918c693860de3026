"""Does a build of lockedset make the compiled core where it can, and say why where it cannot?

Each test builds from an unpacked source archive, as pip does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import lockedset

ROOT = Path(__file__).resolve().parents[3]
NATIVE = ROOT / "src" / "lockedset" / "native"
FILE = f"lockedset/_core{sysconfig.get_config_var('EXT_SUFFIX')}"
PURE = f"lockedset-{lockedset.__version__}-py3-none-any.whl"
LONGEST = 100

BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


def build(tree: Path, place: Path, kind: str = "wheel", **variables: str) -> tuple[int, str]:
    """Build from a tree into a directory, and return the status and the log."""
    environment = {name: value for name, value in os.environ.items() if name not in ("LOCKEDSET_PURE", "CC")}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{kind}", str(place)], cwd=tree, env=environment | variables,
        capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def inside(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("archive")
    status, said = build(ROOT, place, "sdist")
    assert status == 0, said
    (made,) = place.iterdir()
    return made


@pytest.fixture
def tree(archive: Path, tmp_path: Path) -> Path:
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.name.startswith("lockedset"))
    return unpacked


def only(place: Path) -> Path:
    (made,) = place.iterdir()
    return made


def test_the_source_archive_has_the_sources_of_the_core_and_its_hook(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    sources = {path.relative_to(ROOT).as_posix() for path in NATIVE.iterdir() if path.suffix in (".c", ".h", ".py")}
    assert len(sources) > 5 and sources <= names


def test_a_core_that_was_built_in_the_tree_is_in_no_archive_and_in_no_wheel(tree: Path, tmp_path: Path) -> None:
    (tree / ".gitignore").unlink()  # hatchling would leave out what it names
    for name in ("_core.cpython-39-x86_64-linux-gnu.so", "_core.cp39-win_amd64.pyd"):
        (tree / "src" / "lockedset" / name).touch()
    for kind in ("sdist", "wheel"):
        status, said = build(tree, tmp_path / kind, kind, LOCKEDSET_PURE="1")
        assert status == 0, said
    with tarfile.open(only(tmp_path / "sdist")) as opened:
        names = {*opened.getnames(), *inside(only(tmp_path / "wheel"))}
    assert not [name for name in names if name.endswith((".so", ".pyd"))]


def test_a_wheel_with_the_core_has_it_beside_the_package_and_works(tree: Path, tmp_path: Path) -> None:
    status, said = build(tree, tmp_path / "with", LOCKEDSET_PURE="0")
    assert status == 0 and "lockedset: the wheel has the compiled core." in said, said
    assert build(tree, tmp_path / "without", LOCKEDSET_PURE="1")[0] == 0
    wheel = only(tmp_path / "with")
    assert wheel.name.split("-")[2].startswith("cp3") and not wheel.name.endswith("-any.whl")
    assert inside(wheel) == inside(only(tmp_path / "without")) | {FILE}
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "installed")
        (about,) = (name for name in opened.namelist() if name.endswith(".dist-info/WHEEL"))
        assert "Root-Is-Purelib: false" in opened.read(about).decode()
    program = f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); import lockedset._choice as choice"
    program += "; print(choice.implementation, choice._core.version)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=os.environ | {"LOCKEDSET_PURE": "0"}, capture_output=True,
        text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (f"compiled {lockedset.__version__}\n", "")


@pytest.mark.nightly(reason="it builds twice; a push builds once")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a linker writes the time, or a name of its own making")
def test_a_wheel_with_the_core_is_the_same_wherever_it_is_built(tree: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tree, tmp_path / "another" / "directory")
    for place, source in ((tmp_path / "one", tree), (tmp_path / "two", moved)):
        assert build(source, place, LOCKEDSET_PURE="0")[0] == 0
    one, two = only(tmp_path / "one"), only(tmp_path / "two")
    assert one.name == two.name and one.read_bytes() == two.read_bytes()


def test_with_1_the_wheel_is_pure_without_a_word_of_the_compiler(tree: Path, tmp_path: Path) -> None:
    status, said = build(tree, tmp_path / "made", LOCKEDSET_PURE="1", CC="no-such-compiler")
    assert status == 0 and only(tmp_path / "made").name == PURE
    assert "lockedset: the wheel is pure Python, as LOCKEDSET_PURE=1 asks." in said and "compiler" not in said


def broken(tree: Path) -> None:
    core = tree / "src" / "lockedset" / "native" / "core.c"
    core.write_text("#error planted\n", encoding="utf-8")


def without_setuptools(tree: Path) -> None:
    # The build runs in the tree, and so finds this one first.
    (tree / "setuptools.py").write_text("raise ImportError('No module named setuptools')\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("planted", "fact", "cause"),
    [
        (broken, "planted", "no C compiler"),
        (without_setuptools, "built: No module named setuptools.", "--no-build-isolation without what pyproject.toml"),
    ],
)
def test_a_core_that_does_not_compile_leaves_the_wheel_pure_and_the_log_says_why(
    tree: Path, tmp_path: Path, planted: Callable[[Path], None], fact: str, cause: str
) -> None:
    planted(tree)
    is_explained(tree, tmp_path / "made", fact, cause)


@pytest.mark.skipif(os.name != "posix", reason="Windows finds its compiler without CC")
def test_where_there_is_no_compiler_the_wheel_is_pure_and_the_log_says_why(tree: Path, tmp_path: Path) -> None:
    is_explained(tree, tmp_path / "made", "no-such-compiler", "no C compiler", CC="no-such-compiler")


def is_explained(tree: Path, place: Path, fact: str, cause: str, **variables: str) -> None:
    status, said = build(tree, place, **variables)
    assert status == 0 and only(place).name == PURE
    assert "lockedset: the compiled core was not built: " in said and fact in said
    assert f"  Likely cause: {cause}" in said
    assert (
        "  The wheel is pure Python, which does the same and is slower. For the core, install what is missing" in said
    )
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("value", "problem"),
    [("0", "LOCKEDSET_PURE=0 asks for the core, so there is no wheel. Install"), ("yes", "LOCKEDSET_PURE is 'yes': 1")],
)
def test_a_build_that_cannot_give_what_is_asked_for_ends_with_the_reason(
    tree: Path, tmp_path: Path, value: str, problem: str
) -> None:
    broken(tree)
    status, said = build(tree, tmp_path / "made", LOCKEDSET_PURE=value)
    assert status != 0 and problem in said
    assert "Traceback" not in said and not list((tmp_path / "made").glob("*"))


def test_an_editable_installation_has_the_core_in_its_sources_until_it_is_made_pure(tree: Path, tmp_path: Path) -> None:
    core = tree / "src" / FILE
    for asked, there in (("0", True), ("1", False)):
        status, said = build(tree, tmp_path / asked, "editable", LOCKEDSET_PURE=asked)
        assert status == 0, said
        assert core.exists() is there
        assert inside(only(tmp_path / asked)) == {"_lockedset.pth"}
