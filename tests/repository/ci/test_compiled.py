"""Is CPython compiled as it should be, and is a build taken as good only when it is finished and complete?"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ci import compiled, prefixes
from ci.builds import Build, Interpreter
from ci.console import CiError, Reporter
from ci.prefixes import executable_of, finished, prefix_of
from tests.repository.ci.fakes import fake_python, posix_only

pytestmark = pytest.mark.one_build

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")
RELEASE = (3, 13, 15)


def test_packages_that_are_not_wholly_installed_are_unmet() -> None:
    shown = "gcc installed\nlibssl-dev config-files\nlibffi-dev installed\n"
    assert compiled.unmet(["gcc", "libssl-dev", "libffi-dev", "uuid-dev"], shown) == ["libssl-dev", "uuid-dev"]
    assert compiled.unmet(["gcc"], shown) == []


def test_only_the_free_threaded_build_is_configured_without_the_gil() -> None:
    assert "--disable-gil" in compiled.configure_command(Path("/s"), Path("/p"), FREE)
    assert "--disable-gil" not in compiled.configure_command(Path("/s"), Path("/p"), STANDARD)


def test_what_takes_long_and_serves_nothing_is_left_out() -> None:
    command = compiled.configure_command(Path("/s"), Path("/p"), FREE)
    assert "--disable-test-modules" in command
    assert not [word for word in command if "-g" in word.split() or word == "--enable-optimizations"]


def compile_build(cache: Path, said: io.StringIO | None = None) -> Interpreter:
    report = Reporter(said or io.StringIO())
    return compiled.compile_build(cache, FREE, RELEASE, Path("a.tar.xz"), report)


Child = Callable[..., int]


def fake_child(install: Callable[[], None], fail_at: str = "", interrupt_at: str = "") -> Child:
    """A stand-in for the child processes of a build, by what their command does."""

    def run_child(command: Sequence[str], **_options: object) -> int:
        step = Path(command[0]).name
        if step == "make" and "altinstall" in command:
            step = "install"
            install()
        if step == interrupt_at:
            raise KeyboardInterrupt
        return int(step == fail_at)

    return run_child


@posix_only
def test_a_good_build_is_marked_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = executable_of(prefix_of(tmp_path, FREE, RELEASE), FREE)
    monkeypatch.setattr(prefixes, "run_child", fake_child(lambda: void(fake_python(target, FREE, RELEASE))))
    said = io.StringIO()
    built = compile_build(tmp_path, said)
    assert built.path == target
    assert finished(tmp_path, [FREE]) == [built]
    assert not list((tmp_path / "work").iterdir())
    assert "CPython 3.13.15t: compile" in said.getvalue()


@posix_only
@pytest.mark.parametrize(
    ("build", "lacking", "venv", "word"),
    [
        (FREE, ("ssl",), True, "lacks ssl"),
        (FREE, (), False, "cannot make a virtual environment"),
        (STANDARD, (), True, "it says that it is 3.13 of 3.13.15"),
    ],
)
def test_a_bad_build_is_refused_and_not_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: Build, lacking: tuple[str, ...], venv: bool, word: str
) -> None:
    target = executable_of(prefix_of(tmp_path, FREE, RELEASE), FREE)
    install = fake_child(lambda: void(fake_python(target, build, RELEASE, lacking=lacking, venv=venv)))
    monkeypatch.setattr(prefixes, "run_child", install)
    with pytest.raises(CiError, match=word):
        compile_build(tmp_path)
    assert finished(tmp_path, [FREE]) == []


@posix_only
def test_a_failed_step_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "run_child", fake_child(lambda: None, fail_at="configure"))
    with pytest.raises(CiError, match="configure failed with status 1") as caught:
        compile_build(tmp_path)
    assert str(tmp_path / "logs" / "build-3.13.15t.log") in str(caught.value)


@posix_only
@pytest.mark.parametrize("step", ["tar", "configure", "install", "cp", "python3.13t"])
def test_an_interrupted_build_is_not_taken_as_good_and_is_redone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    prefix = prefix_of(tmp_path, FREE, RELEASE)
    target = executable_of(prefix, FREE)
    monkeypatch.setattr(prefixes, "run_child", fake_child(lambda: None, interrupt_at=step))
    with pytest.raises(KeyboardInterrupt):
        compile_build(tmp_path)
    rest = prefix / "half" / "installed"
    rest.mkdir(parents=True)
    fake_python(target, FREE, RELEASE)
    assert finished(tmp_path, [FREE]) == []
    monkeypatch.setattr(prefixes, "run_child", fake_child(lambda: void(fake_python(target, FREE, RELEASE))))
    compile_build(tmp_path)
    assert len(finished(tmp_path, [FREE])) == 1
    assert not rest.exists()


def void(_value: object) -> None:
    """Make a statement of an expression."""


def test_missing_headers_are_named_when_they_cannot_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "missing_packages", lambda _: ["libssl-dev", "uuid-dev"])
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    with pytest.raises(CiError, match="libssl-dev, uuid-dev") as caught:
        compiled.install_headers(Reporter(io.StringIO()), tmp_path / "log")
    assert "sudo apt-get install" in caught.value.next_step


def test_nothing_is_installed_when_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "missing_packages", lambda _: [])
    monkeypatch.setattr(compiled, "run_child", lambda *_a, **_k: pytest.fail("nothing is to be run"))
    compiled.install_headers(Reporter(io.StringIO()), tmp_path / "log")
